// Who asked hears once that it takes longer, whatever the cause is; and that an invoice stands no more.

import { env } from 'cloudflare:workers'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { findCircuit } from '../../src/db/read-circuit.ts'
import { NOTICE_DUE_AFTER_SECONDS } from '../../src/domain/limits.ts'
import { zendeskComment } from '../../src/notices/zendesk-comment.ts'
import { noteSeen } from '../../src/usecases/note-seen.ts'
import { pause } from '../../src/usecases/pause.ts'
import { resume } from '../../src/usecases/resume.ts'
import { sandboxControl } from '../harness.ts'
import { internal, newTicket, noticeWorld, ticketAt } from '../notice-world.ts'
import { setFaults } from '../world.ts'

const LENA = { name: 'lena', identity: 'lead@saas.example', scopes: ['approve', 'write'] } as const
const BILLING = 'Credit of 25.00 USD for acme-42 is asked for, and waits for the billing system.'
const PAUSED =
  'Credit of 25.00 USD for acme-42 is asked for, and waits: it is paused until somebody resumes it.'

const firstLines = async (id: string) => (await internal(id)).map((text) => text.split('\n')[0])

async function asked() {
  const world = await noticeWorld([zendeskComment()])
  const id = await newTicket()
  /** As often as the cron does, for so long. */
  async function pass(minutes: number, deps: Parameters<typeof world.work>[0] = {}) {
    for (let minute = 0; minute < minutes; minute++) {
      await world.advance(60)
      await world.tell(deps)
      await world.work(deps)
      await world.tell(deps)
    }
  }
  return { world, id, pass }
}

beforeAll(async () => {
  await sandboxControl('POST', '/reset')
})
beforeEach(async () => {
  await setFaults()
  await env.DB.prepare('DELETE FROM notices').run()
  await env.DB.prepare('UPDATE adjustments SET wake_at = 9e15 WHERE wake_at IS NOT NULL').run()
})

const MINUTES = NOTICE_DUE_AFTER_SECONDS / 60

describe('what takes longer than ten minutes', () => {
  it('is told once where the billing system refuses the key, and its end is told, too', async () => {
    const { world, id, pass } = await asked()
    await setFaults({ kind: 'html', status: 403, method: 'POST', path: '/invoices' })
    await world.request({ ticket_id: id })
    await pass(MINUTES - 1)
    expect(await firstLines(id)).toEqual([])
    await pass(20)
    expect(await firstLines(id)).toEqual([BILLING])
    expect((await ticketAt(id)).tags).toContain('makegood_status_delayed')
    await setFaults()
    await pass(10)
    expect(await firstLines(id)).toEqual([BILLING, expect.stringMatching(/is issued as invoice/)])
  })

  it('is told where everything is paused, and not where the pause is short', async () => {
    const { world, id, pass } = await asked()
    await pause(world.deps, LENA, { kind: 'all', key: '' })
    await world.request({ ticket_id: id })
    await pass(5)
    await resume(world.deps, LENA, { kind: 'all', key: '' })
    await pass(2)
    expect(await firstLines(id)).toEqual([expect.stringMatching(/is issued as invoice/)])
    await pause(world.deps, LENA, { kind: 'all', key: '' })
    const other = await newTicket()
    await world.request({ ticket_id: other })
    await pass(40)
    expect(await firstLines(other)).toEqual([PAUSED])
    await resume(world.deps, LENA, { kind: 'all', key: '' })
    await pass(2)
    expect((await firstLines(other)).slice(1)).toEqual([
      expect.stringMatching(/is issued as invoice/),
    ])
  })

  it('is told where no billing system is configured', async () => {
    const { world, id, pass } = await asked()
    const none = { billing: null }
    await world.receive('zendesk', {
      kind: 'makegood.ticket',
      ticket_id: id,
      tags: 'credit_requested credit_25',
      currency: 'USD',
      customer_external_id: 'acme-42',
      asker: 'agent@saas.example',
      updated_at: '2026-10-26T07:33:12Z',
    })
    await world.work(none)
    await pass(MINUTES + 5, none)
    expect(await firstLines(id)).toEqual([BILLING])
  })

  it('is told at once where nobody will look for longer', async () => {
    const { world, id, pass } = await asked()
    const fault = { kind: 'rate_limited', method: 'POST', path: '/invoices', times: 1 }
    await setFaults({ ...fault, retryAfterSeconds: 7_200 })
    await world.request({ ticket_id: id })
    await pass(1)
    expect(await firstLines(id)).toEqual([BILLING])
  })

  it('is told once while nobody is called, also of what was never tried, and its end is told', async () => {
    const { world, id, pass } = await asked()
    await setFaults({ kind: 'server_error', status: 503 })
    for (let count = 0; count < 5; count += 1) await world.request({ ticket_id: await newTicket() })
    const event = await world.request({ ticket_id: id })
    expect(await findCircuit(world.deps.db)).toMatchObject({ cause: 'unavailable' })
    expect(await world.adjustment(event)).toMatchObject({
      state: 'due',
      attempts: 0,
      trouble: null,
    })
    await pass(MINUTES - 1)
    expect(await firstLines(id)).toEqual([])
    await pass(30)
    expect(await firstLines(id)).toEqual([BILLING])
    await setFaults()
    await pass(10)
    expect(await firstLines(id)).toEqual([BILLING, expect.stringMatching(/is issued as invoice/)])
  })

  it('is told once while a limiter holds everybody back for an hour', async () => {
    const { world, id, pass } = await asked()
    const fault = { kind: 'rate_limited', method: 'POST', path: '/invoices', times: 1 }
    await setFaults({ ...fault, retryAfterSeconds: 3_600 })
    await world.request({ ticket_id: await newTicket() })
    const event = await world.request({ ticket_id: id })
    const { wakeAt } = await world.adjustment(event)
    expect(wakeAt).toBeGreaterThanOrEqual(world.now() + 3_600_000)
    await pass(MINUTES - 1)
    expect(await firstLines(id)).toEqual([])
    await pass(2)
    expect(await firstLines(id)).toEqual([BILLING])
    await pass(60)
    expect(await firstLines(id)).toEqual([BILLING, expect.stringMatching(/is issued as invoice/)])
  })

  it('is not said of what waits for a person, or is issued', async () => {
    const { world, id, pass } = await asked()
    const held = await newTicket()
    await world.request({ ticket_id: id })
    await world.request({ ticket_id: held, customer_external_id: 'nobody' })
    await pass(MINUTES + 5)
    expect(await firstLines(id)).toHaveLength(1)
    expect(await firstLines(held)).toHaveLength(1)
  })
})

describe('an invoice that the billing system says is void', () => {
  it('is told once in its ticket, and the view shows that it is undone', async () => {
    const { world, id, pass } = await asked()
    const event = await world.request({ ticket_id: id })
    await world.tell()
    const { invoiceId, invoiceNumber, mode } = await world.adjustment(event)
    const fact = { what: 'invoice_status', invoice: invoiceId!, paid: null } as const
    const seeing = { id: event, account: 'commet', mode }
    await noteSeen(world.deps, seeing, { ...fact, status: 'uncollectible' })
    await pass(1)
    expect(await firstLines(id)).toHaveLength(1)
    await noteSeen(world.deps, seeing, { ...fact, status: 'void' })
    await noteSeen(world.deps, seeing, { ...fact, status: 'void' })
    await pass(1)
    expect((await firstLines(id)).slice(1)).toEqual([
      `Credit of 25.00 USD for acme-42 was issued as invoice ${invoiceNumber}, which is void now.`,
    ])
    expect((await ticketAt(id)).tags).toContain('makegood_status_undone')
  })
})
