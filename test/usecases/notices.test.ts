// What became of a request, told in its ticket: exactly one comment for each fact that is told, whatever
// crashes; at least one message in the chat. The ticket and the chat are the sandbox's.

import { env } from 'cloudflare:workers'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { HOLD_EXPIRE_SECONDS } from '../../src/domain/limits.ts'
import { usd } from '../../src/domain/money.ts'
import { err, ok } from '../../src/domain/result.ts'
import { zendeskComment } from '../../src/notices/zendesk-comment.ts'
import { approveAdjustment } from '../../src/usecases/approve-adjustment.ts'
import { rejectAdjustment } from '../../src/usecases/reject-adjustment.ts'
import { sendNotices, type SendResult } from '../../src/usecases/send-notices.ts'
import { sandboxControl, ticket } from '../harness.ts'
import {
  dyingBehindSending,
  internal,
  messages,
  newTicket,
  notesWith,
  noticeWorld,
  SECRETS,
  ticketAt,
} from '../notice-world.ts'
import { createWorld, entriesOf, setFaults } from '../world.ts'

beforeAll(async () => {
  await sandboxControl('POST', '/reset')
})
beforeEach(async () => {
  await setFaults()
  await env.DB.prepare('DELETE FROM notices').run()
})

describe('a ticket', () => {
  it('has the outcome, the link and a sentence for the customer in one internal comment', async () => {
    const world = await noticeWorld()
    const id = await newTicket()
    const event = await world.request({ ticket_id: id })
    expect(await world.tell()).toEqual(['told'])
    const [comment, ...others] = await internal(id)
    expect(others).toEqual([])
    const { invoiceNumber } = await world.adjustment(event)
    expect(comment?.split('\n')).toEqual([
      `Credit of 25.00 USD for acme-42 is issued as invoice ${invoiceNumber}.`,
      expect.stringMatching(/^PDF: https:\/\/makegood\.example\/i\/\w+$/),
      expect.stringMatching(
        /^To the customer: We have issued a credit of 25\.00 USD\. The document is here: https:/,
      ),
    ])
    const { tags } = await ticketAt(id)
    expect(tags).not.toContain('credit_requested')
    expect(tags).toContain('makegood_status_issued')
    expect(tags).toContain('credit_25')
  })

  it('is told that it waits, then that it was rejected and why; the chat hears what waits', async () => {
    const world = await noticeWorld()
    const id = await newTicket()
    const event = await world.request({ ticket_id: id, customer_external_id: 'nobody' })
    await world.tell()
    const held = await world.adjustment(event)
    const operator = { name: 'lena', identity: 'lead@saas.example', scopes: ['approve'] } as const
    const answer = { version: held.version, note: 'Not our fault' }
    expect(await rejectAdjustment(world.deps, operator, held.id, answer)).toMatchObject({
      ok: true,
    })
    await world.tell()
    const comments = await internal(id)
    expect(comments.map((text) => text.split('\n')[0])).toEqual([
      'Credit of 25.00 USD for nobody waits for a person: the customer was not found at billing.',
      'Credit of 25.00 USD for nobody was rejected: Not our fault.',
    ])
    expect((await ticketAt(id)).tags).toContain('makegood_status_rejected')
    const heard = (await messages()).filter((text) => text.includes(`ticket:${id}`))
    expect(heard).toHaveLength(1)
    expect(heard[0]).toContain('waits for a person')
  })

  it('is told after the first of two yeses that one more is needed, and whose was the first', async () => {
    const limits = { holdAbove: usd(20), twoApproversAbove: usd(20) }
    const world = await noticeWorld([zendeskComment()], SECRETS, limits)
    const id = await newTicket()
    const event = await world.request({ ticket_id: id })
    await world.tell()
    for (const [name, identity] of [
      ['lena', 'lead@saas.example'],
      ['omar', 'omar@saas.example'],
    ] as const) {
      const held = await world.adjustment(event)
      const operator = { name, identity, scopes: ['approve'] } as const
      expect(await approveAdjustment(world.deps, operator, held.id, held)).toMatchObject({
        ok: true,
      })
      await world.tell()
    }
    const why = 'it is above the amount that goes out without a person.'
    expect((await internal(id)).map((text) => text.split('\n')[0])).toEqual([
      `Credit of 25.00 USD for acme-42 waits for 2 people who may approve it: ${why}`,
      `Credit of 25.00 USD for acme-42 waits for one more person to approve it, after lena: ${why}`,
      'Credit of 25.00 USD for acme-42 is on its way.',
    ])
  })

  it('is told that it has expired, since nobody answered in time', async () => {
    const world = await noticeWorld([zendeskComment()])
    const id = await newTicket()
    const event = await world.request({ ticket_id: id, customer_external_id: 'nobody' })
    await world.advance(HOLD_EXPIRE_SECONDS)
    await world.sweep()
    await world.work()
    await world.tell()
    expect(await world.adjustment(event)).toMatchObject({ state: 'rejected' })
    const expired = 'Credit of 25.00 USD for nobody has expired: nobody answered in time.'
    expect((await internal(id)).map((text) => text.split('\n')[0])).toEqual([expired])
    expect((await ticketAt(id)).tags).toContain('makegood_status_expired')
  })

  it('is told when the same is asked for again, when it asks for more, and when nothing can be read', async () => {
    const world = await noticeWorld()
    const id = await newTicket()
    await world.request({ ticket_id: id })
    await world.tell()
    for (const fields of [
      { updated_at: '2026-10-26T08:00:00Z' },
      { tags: 'credit_requested credit_10' },
      { tags: 'credit_requested', amount: 'ten' },
    ]) {
      await world.request({ ticket_id: id, ...fields })
      await world.tell()
    }
    expect((await internal(id)).map((text) => text.split('\n')[0])).toEqual([
      expect.stringMatching(/is issued as invoice/),
      expect.stringMatching(/^Nothing was added, this was asked for before\. Credit of 25\.00 USD/),
      'This asks for something else than before, and a person decides. There is a credit of 25.00 USD already.',
      expect.stringMatching(/^Nothing was made of this: amount_not_a_number/),
    ])
  })

  it('that is closed gets a tag, and the chat is told in its place', async () => {
    const world = await noticeWorld()
    const id = await newTicket()
    await sandboxControl('POST', `/zendesk/tickets/${id}/act`, {
      agent: 'agent@saas.example',
      status: 'closed',
    })
    await world.request({ ticket_id: id })
    expect(await world.tell()).toEqual(['told'])
    expect(await internal(id)).toEqual([])
    expect((await ticketAt(id)).tags).toContain('makegood_status_issued')
    const heard = (await messages()).filter((text) => text.includes(`ticket:${id}`))
    expect(heard).toEqual([expect.stringContaining('is issued as invoice')])
  })
})

describe('exactly one comment', () => {
  it('is there after a crash between the update and its commit', async () => {
    const world = await noticeWorld()
    const id = await newTicket()
    const event = await world.request({ ticket_id: id })
    const dead = world.tell(dyingBehindSending(world.deps))
    await expect(dead).rejects.toThrow('the process died here')
    expect(await internal(id)).toHaveLength(1)
    await world.advance(180)
    expect(await world.tell()).toEqual(['told'])
    expect(await internal(id)).toHaveLength(1)
    const { id: adjustment } = await world.adjustment(event)
    const told = (await entriesOf(adjustment)).filter(({ action }) => action === 'notice.sent')
    expect(told.map(({ data }) => data)).toMatchObject([
      { channel: 'zendesk', result: 'found_there', attempts: 2 },
    ])
  })

  it.each([
    { kind: 'server_error', applied: true },
    { kind: 'server_error', applied: false },
    { kind: 'reset_body' },
    { kind: 'rate_limited' },
    { kind: 'truncated_json' },
    { kind: 'html', status: 200, applied: false },
    { kind: 'html', status: 200, applied: true },
    { kind: 'wrong_shape' },
  ])('is there after $kind (applied: $applied)', async (fault) => {
    const world = await noticeWorld([zendeskComment()])
    const id = await newTicket()
    await world.request({ ticket_id: id })
    await setFaults({ ...fault, times: 1, method: 'PUT', path: '/zendesk/**' })
    expect(await world.tell()).toEqual(['postponed'])
    await world.advance(600)
    await world.tell()
    await world.advance(600)
    await world.tell()
    expect(await internal(id)).toHaveLength(1)
  })

  it('is there when two consumers are woken at once', async () => {
    const world = await noticeWorld([zendeskComment()])
    const id = await newTicket()
    const event = await world.request({ ticket_id: id })
    const { id: about } = await world.adjustment(event)
    const results = await Promise.all([
      sendNotices(world.deps, about),
      sendNotices(world.deps, about),
      sendNotices(world.deps, about),
    ])
    expect(results.toSorted()).toEqual(['stale', 'stale', 'told'])
    expect(await internal(id)).toHaveLength(1)
  })

  it('is there when another wake-up comes while the first one still looks, and after its trouble', async () => {
    const notes: string[] = []
    const results: SendResult[] = []
    const trouble = { meaning: 'transient', code: 'http_503', status: 503 } as const
    const slow = notesWith({
      async has() {
        results.push(await sendNotices(world.deps, about))
        return ok(false)
      },
      async write(lines) {
        results.push(await sendNotices(world.deps, about))
        if (notes.push(lines.join(' ')) > 1) return ok({ id: 1 })
        return err({ ...trouble, retryAfterSeconds: 3_000 })
      },
    })
    const world = await noticeWorld([slow])
    const event = await world.request({ ticket_id: '770001' })
    const { id: about } = await world.adjustment(event)
    expect(await sendNotices(world.deps, about)).toBe('postponed')
    expect(results).toEqual(['stale', 'stale'])
    expect(notes).toHaveLength(1)
    await world.advance(2_900)
    expect(await world.tell()).toEqual([])
    expect(await sendNotices(world.deps, about)).toBe('stale')
    await world.advance(100)
    expect(await world.tell()).toEqual(['told'])
    expect(notes).toHaveLength(2)
  })

  it('stays due, sweep after sweep, until somebody has taken it', async () => {
    const world = await noticeWorld([zendeskComment()])
    const id = await newTicket()
    await world.request({ ticket_id: id })
    await world.sweep()
    expect(await world.tell()).toEqual(['told', 'stale'])
    expect(await internal(id)).toHaveLength(1)
  })

  it('is the newest when several facts wait: who is told late is told what is true now', async () => {
    const world = await noticeWorld([zendeskComment()])
    const id = await newTicket()
    const event = await world.request({ ticket_id: id, customer_external_id: 'nobody' })
    const { id: about, version } = await world.adjustment(event)
    const operator = { name: 'lena', identity: 'lead@saas.example', scopes: ['approve'] } as const
    await rejectAdjustment(world.deps, operator, about, { version, note: null })
    await world.tell()
    await world.tell()
    expect((await internal(id)).map((text) => text.split('\n')[0])).toEqual([
      'Credit of 25.00 USD for nobody was rejected.',
    ])
  })

  it('keeps an agent’s own change of the ticket', async () => {
    const world = await noticeWorld([zendeskComment()])
    const id = await newTicket()
    await world.request({ ticket_id: id })
    await sandboxControl('POST', `/zendesk/tickets/${id}/act`, {
      agent: 'agent@saas.example',
      addTags: ['vip'],
    })
    await world.tell()
    expect((await ticketAt(id)).tags).toContain('vip')
  })
})

describe('trouble', () => {
  it('waits while the key is refused, and gives up only after many attempts', async () => {
    const values = { ...SECRETS, ZENDESK_API_TOKEN: 'revoked' }
    const world = await noticeWorld([zendeskComment()], values)
    const id = await newTicket()
    await world.request({ ticket_id: id })
    for (let round = 0; round < 3; round++) {
      expect(await world.tell()).toEqual(['postponed'])
      await world.advance(3_600)
    }
    expect(await internal(id)).toEqual([])
    const again = await noticeWorld([zendeskComment()])
    await again.advance(3_600)
    expect(await again.tell()).toEqual(['told'])
    expect(await internal(id)).toHaveLength(1)
  })

  it('gives up on a ticket that is not there, once, with an alarm', async () => {
    const world = await noticeWorld([zendeskComment()])
    const event = await world.request({ ticket_id: '99999999' })
    expect(await world.tell()).toEqual(['told'])
    expect(await world.tell()).toEqual([])
    const { id } = await world.adjustment(event)
    expect((await entriesOf(id)).at(-1)).toMatchObject({
      action: 'notice.given_up',
      data: { channel: 'zendesk', result: 'given_up' },
    })
    expect(world.lines.filter(({ event: line }) => line === 'alarm.notice_given_up')).toHaveLength(
      1,
    )
  })

  it('writes no notice where nobody is told', async () => {
    const world = await createWorld()
    const before = await env.DB.prepare('SELECT count(*) AS n FROM notices').first<{ n: number }>()
    await world.receive('zendesk', ticket())
    await world.work()
    expect(await env.DB.prepare('SELECT count(*) AS n FROM notices').first()).toEqual(before)
  })
})
