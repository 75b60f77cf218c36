// How a notice goes out over several channels: each has its own clock and its own trouble, and none of
// them keeps another one, or a newer fact, from being told.

import { env } from 'cloudflare:workers'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { ATTEMPTS_MAX, NOTICE_WAIT_SECONDS_MAX } from '../../src/domain/limits.ts'
import { err, ok } from '../../src/domain/result.ts'
import type { Channel, SendTrouble } from '../../src/notices/channel.ts'
import { signedWebhook } from '../../src/notices/signed-webhook.ts'
import { slack } from '../../src/notices/slack.ts'
import { zendeskComment } from '../../src/notices/zendesk-comment.ts'
import { rejectAdjustment } from '../../src/usecases/reject-adjustment.ts'
import { sendNotices } from '../../src/usecases/send-notices.ts'
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
import { dyingAfterPost, entriesOf, setFaults } from '../world.ts'

const OPERATOR = { name: 'lena', identity: 'lead@saas.example', scopes: ['approve'] } as const
const UNAVAILABLE: SendTrouble = {
  meaning: 'transient',
  code: 'http_503',
  status: 503,
  retryAfterSeconds: null,
}

/** A channel for people that wants everything. */
const chat = (name: string, send: Channel['send']): Channel => ({
  ...slack(),
  name,
  secrets: [],
  wants: () => true,
  send,
})

const firstLines = async (id: string) => (await internal(id)).map((text) => text.split('\n')[0])

beforeAll(async () => {
  await sandboxControl('POST', '/reset')
})
beforeEach(async () => {
  await setFaults()
  await env.DB.prepare('DELETE FROM notices').run()
  await env.DB.prepare('DELETE FROM alarms').run()
})

describe('a newer fact', () => {
  it('is the last that is told, also when an older one was on its way and comes back', async () => {
    const base = zendeskComment()
    const toldToChat: string[] = []
    let isFirst = true
    const slow: Channel = {
      ...base,
      async send(...call) {
        if (!isFirst) return base.send(...call)
        isFirst = false
        const { version } = await world.adjustment(event)
        await rejectAdjustment(world.deps, OPERATOR, about, { version, note: null })
        expect(await sendNotices(world.deps, about)).toBe('told')
        // What safe_update answers to the older one.
        return err({ ...UNAVAILABLE, code: 'http_409', status: 409 })
      },
    }
    const talk = chat('chat', async (_, { lines }) => {
      toldToChat.push(lines[0] ?? '')
      return ok('sent')
    })
    const world = await noticeWorld([slow, talk])
    const id = await newTicket()
    const event = await world.request({ ticket_id: id, customer_external_id: 'nobody' })
    const { id: about } = await world.adjustment(event)
    expect(await sendNotices(world.deps, about)).toBe('stale')
    // The rejection woke it, and found it told.
    expect(world.wakeUps.splice(0)).toEqual([{ about }])
    await world.advance(600)
    expect(await world.tell()).toEqual([])
    const rejected = 'Credit of 25.00 USD for nobody was rejected.'
    expect(await firstLines(id)).toEqual([rejected])
    expect(toldToChat).toEqual([rejected])
  })
})

describe('a channel in trouble', () => {
  it('waits on its own clock: another one does not wait with it', async () => {
    let isFirst = true
    let asked = 0
    const base = zendeskComment()
    const once: Channel = {
      ...base,
      async send(...call) {
        const isNow = isFirst
        isFirst = false
        return isNow ? err(UNAVAILABLE) : base.send(...call)
      },
    }
    const far = chat('far', async () => {
      asked += 1
      return asked === 1
        ? err({ ...UNAVAILABLE, status: 429, retryAfterSeconds: 86_400 })
        : ok('sent')
    })
    const world = await noticeWorld([far, once])
    const id = await newTicket()
    await world.request({ ticket_id: id })
    expect(await world.tell()).toEqual(['postponed'])
    await world.advance(60)
    expect(await world.tell()).toEqual(['postponed'])
    expect(await internal(id)).toHaveLength(1)
    expect(asked).toBe(1)
    await world.advance(86_400 - 61)
    expect(await world.tell()).toEqual([])
    await world.advance(1)
    expect(await world.tell()).toEqual(['told'])
    expect(asked).toBe(2)
    expect(await internal(id)).toHaveLength(1)
  })

  it('that throws silences no other, and is given up with an alarm after as many attempts as any', async () => {
    const broken = chat('broken', async () => {
      throw new Error('broken')
    })
    const world = await noticeWorld([broken, zendeskComment()])
    const id = await newTicket()
    const event = await world.request({ ticket_id: id })
    expect(await world.tell()).toEqual(['postponed'])
    expect(await internal(id)).toHaveLength(1)
    for (let round = 0; round < 38; round += 1) {
      await world.advance(5_000)
      expect(await world.tell()).toEqual(['postponed'])
    }
    await world.advance(5_000)
    expect(await world.tell()).toEqual(['told'])
    const { id: about } = await world.adjustment(event)
    expect((await entriesOf(about)).at(-1)).toMatchObject({
      action: 'notice.given_up',
      data: { channel: 'broken', attempts: 40 },
    })
    expect(world.lines).toContainEqual(
      expect.objectContaining({ event: 'alarm.notice_given_up', channel: 'broken', code: 'threw' }),
    )
  }, 60_000)

  it.each(['whsec_', 'whsec_?'])(
    'whose signing secret is %s waits for another one',
    async (secret) => {
      const values = {
        NOTICE_WEBHOOK_URL: 'http://sandbox.localhost/x',
        NOTICE_WEBHOOK_SECRET: secret,
      }
      const world = await noticeWorld([signedWebhook(), zendeskComment()], {
        ...SECRETS,
        ...values,
      })
      const id = await newTicket()
      await world.request({ ticket_id: id })
      expect(await world.tell()).toEqual(['postponed'])
      expect(await internal(id)).toHaveLength(1)
      expect(world.lines).toContainEqual(
        expect.objectContaining({ event: 'alarm.channel_refused', code: 'secret_unusable' }),
      )
    },
  )

  it('whose status field is no number writes nothing, and says so', async () => {
    const channels = [zendeskComment({ statusField: 'ZENDESK_STATUS_FIELD' })]
    const world = await noticeWorld(channels, { ...SECRETS, ZENDESK_STATUS_FIELD: '12a' })
    const id = await newTicket()
    await world.request({ ticket_id: id })
    expect(await world.tell()).toEqual(['postponed'])
    expect(await internal(id)).toEqual([])
    expect(world.lines).toContainEqual(
      expect.objectContaining({ event: 'alarm.channel_refused', code: 'secret_unusable' }),
    )
  })
})

describe('a key that is refused', () => {
  it('uses up no attempts: a long weekend later the ticket is told, and people heard at once', async () => {
    const values = { ...SECRETS, ZENDESK_API_TOKEN: 'revoked' }
    const world = await noticeWorld([zendeskComment()], values)
    const id = await newTicket()
    const event = await world.request({ ticket_id: id })
    expect(await world.tell()).toEqual(['postponed'])
    expect(world.lines).toContainEqual(
      expect.objectContaining({ event: 'alarm.channel_refused', channel: 'zendesk', status: 401 }),
    )
    for (let round = 0; round < 50; round += 1) {
      await world.advance(5_000)
      expect(await world.tell()).toEqual(['postponed'])
    }
    const mended = await noticeWorld([zendeskComment()])
    await mended.advance(5_000)
    expect(await mended.tell()).toEqual(['told'])
    expect(await internal(id)).toHaveLength(1)
    const { id: about } = await world.adjustment(event)
    expect((await entriesOf(about)).map(({ action }) => action)).not.toContain('notice.given_up')
  }, 60_000)

  it('is waited for only so long: then the notice is given up, with an alarm', async () => {
    const values = { ...SECRETS, ZENDESK_API_TOKEN: 'revoked' }
    const world = await noticeWorld([zendeskComment()], values)
    const event = await world.request({ ticket_id: await newTicket() })
    expect(await world.tell()).toEqual(['postponed'])
    await world.advance(NOTICE_WAIT_SECONDS_MAX)
    expect(await world.tell()).toEqual(['told'])
    const { id: about } = await world.adjustment(event)
    expect((await entriesOf(about)).at(-1)?.action).toBe('notice.given_up')
    expect(world.lines.at(-1)).toMatchObject({
      event: 'alarm.notice_given_up',
      code: 'waited_too_long',
    })
  })
})

describe('a lease that is nearly over', () => {
  it('writes nothing any more: the rest is told under the next one', async () => {
    const notes: string[] = []
    let isSlow = true
    const channel = notesWith({
      async has() {
        if (isSlow) await world.advance(100)
        isSlow = false
        return ok(false)
      },
      async write(lines) {
        return ok({ id: notes.push(lines.join(' ')) })
      },
    })
    const world = await noticeWorld([channel])
    await world.request({ ticket_id: '770002' })
    expect(await world.tell()).toEqual(['postponed'])
    expect(notes).toEqual([])
    await world.advance(60)
    expect(await world.tell()).toEqual(['told'])
    expect(notes).toHaveLength(1)
  })

  it('is not begun on another channel, which is told next, without an attempt used up', async () => {
    let heard = 0
    const slow = chat('slow', async () => {
      await world.advance(100)
      return ok('sent')
    })
    const late = chat('late', async () => {
      heard += 1
      return ok('sent')
    })
    const world = await noticeWorld([slow, late])
    const event = await world.request({ ticket_id: '770003' })
    expect(await world.tell()).toEqual(['postponed'])
    expect(heard).toBe(0)
    expect(await world.tell()).toEqual(['told'])
    expect(heard).toBe(1)
    const { id } = await world.adjustment(event)
    const told = (await entriesOf(id)).filter(({ action }) => action === 'notice.sent')
    expect(told.map(({ data }) => data.channel)).toEqual(['slow', 'late'])
  })
})

describe('a closed ticket', () => {
  const close = (id: string) =>
    sandboxControl('POST', `/zendesk/tickets/${id}/act`, {
      agent: 'agent@saas.example',
      status: 'closed',
    })

  it('is told to the chat, in whatever order the channels are configured', async () => {
    const world = await noticeWorld([slack(), zendeskComment()])
    const id = await newTicket()
    await close(id)
    await world.request({ ticket_id: id })
    expect(await world.tell()).toEqual(['told'])
    const heard = (await messages()).filter((text) => text.includes(`ticket:${id}`))
    expect(heard).toEqual([expect.stringContaining('is issued as invoice')])
  })

  it('is an alarm where there is no channel for people', async () => {
    const world = await noticeWorld([zendeskComment()])
    const id = await newTicket()
    await close(id)
    await world.request({ ticket_id: id })
    expect(await world.tell()).toEqual(['told'])
    expect(world.lines).toContainEqual(
      expect.objectContaining({
        event: 'alarm.notice_given_up',
        channel: 'zendesk',
        code: 'closed',
      }),
    )
  })
})

describe('the marker of a ticket', () => {
  it('outlives notices about other things of the same ticket', async () => {
    const world = await noticeWorld([zendeskComment()])
    const id = await newTicket()
    await world.request({ ticket_id: id })
    const dead = world.tell(dyingBehindSending(world.deps))
    await expect(dead).rejects.toThrow('the process died here')
    for (const hour of ['08', '09', '10']) {
      await world.request({ ticket_id: id, updated_at: `2026-10-26T${hour}:00:00Z` })
      expect(await world.tell()).toEqual(['told'])
    }
    await world.advance(180)
    expect(await world.tell()).toEqual(['told'])
    const issued = (await firstLines(id)).filter((text) =>
      /^Credit of .* is issued/.test(text ?? ''),
    )
    expect(issued).toHaveLength(1)
  })

  it('is one of ten at most', async () => {
    const world = await noticeWorld([zendeskComment()])
    const id = await newTicket()
    for (let minute = 10; minute < 24; minute += 1) {
      await world.advance(60)
      await world.request({ ticket_id: id, updated_at: `2026-10-26T08:${minute}:00Z` })
      expect(await world.tell()).toEqual(['told'])
    }
    const { tags } = await ticketAt(id)
    expect(tags.filter((tag: string) => tag.startsWith('makegood_ntc_'))).toHaveLength(10)
    expect(await internal(id)).toHaveLength(14)
  })
})

describe('a notice', () => {
  it('has the same id when its row was lost and its fact is told again', async () => {
    const world = await noticeWorld([zendeskComment()])
    const id = await newTicket()
    const event = await world.request({ ticket_id: id })
    await world.tell()
    const { id: about } = await world.adjustment(event)
    // The database is restored, and what came since comes again, behind another fact.
    await env.DB.batch([
      env.DB.prepare('UPDATE notices SET seq = seq + 100, wake_at = at WHERE about = ?').bind(
        about,
      ),
      env.DB.prepare(`UPDATE notices SET channels = '{}'`),
    ])
    expect(await world.tell()).toEqual(['told'])
    expect(await internal(id)).toHaveLength(1)
  })

  it('of the same kind of fact that happens again has another id', async () => {
    const ids: string[] = []
    const hear = chat('chat', async (_, notice) => {
      ids.push(notice.id)
      return ok('sent')
    })
    const world = await noticeWorld([hear])
    await world.request({ ticket_id: '770004' })
    await world.tell()
    await env.DB.prepare(
      `INSERT INTO notices SELECT NULL, about, action, at, at, 0, '{}' FROM notices`,
    ).run()
    await world.tell()
    expect(new Set(ids).size).toBe(2)
  })

  it('tells of a hold that the sweep has made, after attempts that all ended in a crash', async () => {
    const world = await noticeWorld([zendeskComment()])
    const id = await newTicket()
    const [event] = await world.receive(
      'zendesk',
      ticket({ customer_external_id: 'acme-42', ticket_id: id }),
    )
    const { id: about } = await world.adjustment(event!)
    await expect(world.work(dyingAfterPost(world.deps.billing))).rejects.toThrow('died')
    await env.DB.prepare('UPDATE adjustments SET attempts = ? WHERE id = ?')
      .bind(ATTEMPTS_MAX, about)
      .run()
    await world.advance(300)
    await world.sweep()
    expect(await world.adjustment(event!)).toMatchObject({ state: 'held' })
    await world.tell()
    expect(await firstLines(id)).toEqual([expect.stringContaining('waits for a person')])
  })
})
