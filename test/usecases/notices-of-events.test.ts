// What a ticket is told of a request that made no adjustment of its own, and what its views show then.

import { env } from 'cloudflare:workers'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { zendeskComment } from '../../src/notices/zendesk-comment.ts'
import { zendeskApproval } from '../../src/rules/zendesk-approval.ts'
import { zendeskCreditUndo } from '../../src/rules/zendesk-credit-undo.ts'
import { dismissEvent } from '../../src/usecases/dismiss-event.ts'
import { makeAdjustment } from '../../src/usecases/make-adjustment.ts'
import { rejectAdjustment } from '../../src/usecases/reject-adjustment.ts'
import { sandboxControl } from '../harness.ts'
import { internal, newTicket, noticeWorld, ticketAt, zendesk } from '../notice-world.ts'
import { setFaults } from '../world.ts'

const LENA = { name: 'lena', identity: 'lead@saas.example', scopes: ['approve', 'write'] } as const
const OPTIONS = [zendeskCreditUndo(), zendeskApproval()]
const world = () => noticeWorld([zendeskComment()], undefined, {}, OPTIONS)

const firstLines = async (id: string) => (await internal(id)).map((text) => text.split('\n')[0])
const tagsOf = async (id: string): Promise<string[]> => (await ticketAt(id)).tags
const statusOf = async (id: string) =>
  (await tagsOf(id)).filter((tag) => tag.startsWith('makegood_status_'))
const setTags = (id: string, tags: readonly string[]) =>
  zendesk('PUT', `/tickets/${id}.json`, { ticket: { tags } })

let minute = 0
/** Another update of the ticket, so another event. */
const later = () => ({
  updated_at: `2026-10-26T08:${String((minute += 1) % 60).padStart(2, '0')}:00Z`,
})

beforeAll(async () => {
  await sandboxControl('POST', '/reset')
})
beforeEach(async () => {
  await setFaults()
  await env.DB.prepare('DELETE FROM notices').run()
})

describe('what waits for a person', () => {
  it('is told its answer at once, without a sweep', async () => {
    const its = await world()
    const { request, deps, wakeUps } = its
    const event = await request({ ticket_id: await newTicket(), customer_external_id: 'nobody' })
    const { id: about, version } = await its.adjustment(event)
    wakeUps.splice(0)
    await rejectAdjustment(deps, LENA, about, { version, note: null })
    expect(wakeUps).toEqual([{ about }])
  })

  it('stays in the view when it is asked for again, the same or otherwise, or unreadably', async () => {
    const { request, tell } = await world()
    const id = await newTicket()
    await request({ ticket_id: id, customer_external_id: 'nobody' })
    await tell()
    for (const fields of [
      { customer_external_id: 'nobody' },
      { customer_external_id: 'nobody', tags: 'credit_requested credit_10' },
      { customer_external_id: 'nobody', tags: 'credit_requested', amount: 'ten' },
    ]) {
      await request({ ticket_id: id, ...fields, ...later() })
      await tell()
      expect(await statusOf(id)).toEqual(['makegood_status_waiting'])
    }
    expect(await firstLines(id)).toHaveLength(4)
  })

  it('stays in the view when an approval of it is refused', async () => {
    const { request, tell } = await world()
    const id = await newTicket()
    await request({ ticket_id: id, tags: 'credit_requested', amount: '300.00' })
    await tell()
    const approval = { tags: 'credit_approved credit_requested', amount: '300.00', ...later() }
    await request({ ticket_id: id, ...approval })
    await tell()
    expect(await firstLines(id)).toEqual([
      expect.stringContaining('waits for an approval'),
      expect.stringMatching(/^Nothing was approved: /),
    ])
    expect(await statusOf(id)).toEqual(['makegood_status_waiting'])
  })
})

describe('what is issued', () => {
  it('stays so in the view when the same is asked for again, and is in conflict when more is', async () => {
    const { request, tell } = await world()
    const id = await newTicket()
    await request({ ticket_id: id })
    await tell()
    await request({ ticket_id: id, ...later() })
    await tell()
    expect(await statusOf(id)).toEqual(['makegood_status_issued'])
    await request({ ticket_id: id, tags: 'credit_requested credit_10' })
    await tell()
    expect(await statusOf(id)).toEqual(['makegood_status_conflict'])
  })
})

describe('a text of the configuration', () => {
  it('is what the ticket is told', async () => {
    const { request, tell, deps } = await world()
    const id = await newTicket()
    await request({ ticket_id: id })
    const texts = { issued: ['{word}: {amount}', 'See {link}', 'For {customer}'] } as const
    await tell({ config: { ...deps.config, texts } })
    expect((await internal(id)).map((text) => text.split('\n'))).toEqual([
      ['Credit: 25.00 USD', expect.stringMatching(/^See https:\S+$/), 'For acme-42'],
    ])
  })
})

describe('a request to undo', () => {
  it('is answered where nothing is to be undone, each time, and its tag is taken off', async () => {
    const its = await world()
    const { request, tell } = its
    const id = await newTicket('credit_undo')
    const undoing = { ticket_id: id, tags: 'credit_undo' }
    expect(await its.fate(await request(undoing))).toBe('adjusted')
    await tell()
    expect(await tagsOf(id)).toEqual(['makegood_status_nothing_to_undo', expect.any(String)])
    await setTags(id, ['credit_undo'])
    expect(await its.fate(await request({ ...undoing, ...later() }))).toBe('duplicate')
    await tell()
    const nothing = 'There is nothing to undo here, and what is asked for here later is cancelled.'
    expect(await firstLines(id)).toEqual([nothing, nothing])
    expect(await tagsOf(id)).not.toContain('credit_undo')
  })

  it('says the truth: what is asked for afterwards is cancelled', async () => {
    const { request, tell } = await world()
    const id = await newTicket('credit_undo')
    await request({ ticket_id: id, tags: 'credit_undo' })
    await request({ ticket_id: id, ...later() })
    await tell()
    expect(await firstLines(id)).toContain(
      'Credit of 25.00 USD for acme-42 was cancelled before it was issued.',
    )
  })

  it('is answered where its credit was rejected', async () => {
    const its = await world()
    const { request, tell, deps } = its
    const id = await newTicket()
    const event = await request({ ticket_id: id, customer_external_id: 'nobody' })
    const { id: about, version } = await its.adjustment(event)
    await rejectAdjustment(deps, LENA, about, { version, note: null })
    await tell()
    await setTags(id, ['credit_undo'])
    await request({ ticket_id: id, tags: 'credit_undo', ...later() })
    await tell()
    expect((await firstLines(id)).at(-1)).toBe(
      'There is nothing more to undo here. Credit of 25.00 USD for nobody was rejected.',
    )
    expect(await tagsOf(id)).not.toContain('credit_undo')
    expect(await statusOf(id)).toEqual(['makegood_status_rejected'])
  })

  it('is answered by what it moves, and by nothing besides', async () => {
    const { request, tell, sweep, work } = await world()
    const id = await newTicket()
    await request({ ticket_id: id })
    await tell()
    await request({ ticket_id: id, tags: 'credit_undo', ...later() })
    await sweep()
    await work()
    await tell()
    expect(await firstLines(id)).toEqual([
      expect.stringMatching(/is issued as invoice/),
      expect.stringMatching(/is to be undone: a reversal of it was made\.$/),
    ])
  })
})

describe('a conflict', () => {
  async function inConflict() {
    const its = await world()
    const id = await newTicket()
    await its.request({ ticket_id: id })
    await its.tell()
    const event = await its.request({ ticket_id: id, tags: 'credit_requested credit_10' })
    await its.tell()
    expect(await statusOf(id)).toEqual(['makegood_status_conflict'])
    return { ...its, id, event }
  }

  it('that is dismissed is told in its ticket, and its view shows what is there', async () => {
    const { deps, tell, id, event } = await inConflict()
    expect(await dismissEvent(deps, LENA, event)).toMatchObject({ ok: true })
    await tell()
    expect((await firstLines(id)).at(-1)).toMatch(
      /^Somebody has looked, and nothing is made of this\. Credit of 25\.00 USD for acme-42 is issued/,
    )
    expect(await statusOf(id)).toEqual(['makegood_status_issued'])
  })

  it('that is answered by hand has the answer in its ticket', async () => {
    const { deps, tell, work, id, event, sweep } = await inConflict()
    const made = await makeAdjustment(
      deps,
      LENA,
      {
        customer: { kind: 'external_id', value: 'acme-42' },
        direction: 'credit',
        amount: 1_000,
        currency: 'usd',
        reason: 'goodwill',
        settlement: 'owed',
        originalInvoice: null,
        conflict: event,
        again: false,
      },
      null,
    )
    expect(made).toMatchObject({ ok: true })
    await sweep()
    await work()
    await tell()
    expect((await firstLines(id)).at(-1)).toMatch(
      /^Credit of 10\.00 USD for acme-42 is issued as invoice/,
    )
    expect(await statusOf(id)).toEqual(['makegood_status_issued'])
  })
})
