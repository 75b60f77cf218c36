// Where a person's text may hide from an erasure: in notes about others, labels, other letters, deep or escaped
// JSON, and in what is sent through again meanwhile.

import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { findErasure } from '../../src/db/read-erasures.ts'
import { findEvent } from '../../src/db/read-events.ts'
import type { ErasureId, EventId } from '../../src/domain/ids.ts'
import { ERASURE_AGAIN_SECONDS } from '../../src/domain/limits.ts'
import { usd } from '../../src/domain/money.ts'
import { BOOTSTRAP } from '../../src/domain/operator.ts'
import { zendeskTicketCredit } from '../../src/rules/zendesk-ticket-credit.ts'
import { dismissEvent } from '../../src/usecases/dismiss-event.ts'
import { eraseByClock } from '../../src/usecases/erase.ts'
import { rejectAdjustment } from '../../src/usecases/reject-adjustment.ts'
import { requestErasure } from '../../src/usecases/request-erasure.ts'
import { requeueEvent } from '../../src/usecases/requeue-event.ts'
import { sandboxControl, ticket } from '../harness.ts'
import config from '../makegood.config.ts'
import { createWorld, entriesOf } from '../world.ts'

const NAME = 'Zebulon Quagmire'

let world: Awaited<ReturnType<typeof createWorld>>
beforeEach(async () => {
  await env.DB.prepare(`UPDATE erasures SET wake_at = 9e15 WHERE wake_at IS NOT NULL`).run()
  await sandboxControl('POST', '/reset')
  world = await createWorld()
})

async function ask(texts: readonly string[], customerId: string | null = null): Promise<ErasureId> {
  const customer = { id: customerId, externalId: null, texts }
  const requested = await requestErasure(world.deps, BOOTSTRAP, { customer, reason: 'other' })
  if (!requested.ok) throw new Error(requested.error.reason)
  return requested.value.id
}

const erasure = async (id: ErasureId) => (await findErasure(world.deps.db, id))!

async function eraseToTheEnd(id: ErasureId): Promise<void> {
  await eraseByClock(world.deps)
  expect((await erasure(id)).finishedAt).not.toBeNull()
}

const isKept = async (id: EventId): Promise<boolean> =>
  (await findEvent(world.deps.db, id))?.payload !== null

const drawn = (name: string): string => `${name}-${crypto.randomUUID()}`

async function held(): Promise<EventId> {
  const [event] = await world.receive('zendesk', ticket({ customer_external_id: drawn('nobody') }))
  expect(await world.work()).toEqual(['held'])
  return event!
}

async function reject(event: EventId, note: string | null): Promise<void> {
  const { id, version } = await world.adjustment(event)
  const rejected = await rejectAdjustment(world.deps, BOOTSTRAP, id, { version, note })
  expect(rejected.ok).toBe(true)
}

describe('what people wrote', () => {
  it('of him when they rejected somebody else’s adjustment is emptied, and nothing else of that', async () => {
    const [named, other] = [await held(), await held()]
    await reject(named, `belongs to ${NAME.toUpperCase()}s wife`)
    await reject(other, 'belongs to Jo')
    await eraseToTheEnd(await ask([NAME], 'cus_globex'))
    const { decisionNote, customerReference, id } = await world.adjustment(named)
    expect([decisionNote, customerReference?.slice(0, 6)]).toEqual([null, 'nobody'])
    expect((await entriesOf(id)).at(-1)).toMatchObject({ data: { fields: ['decisionNote'] } })
    expect((await world.adjustment(other)).decisionNote).toBe('belongs to Jo')
  })

  it('about his adjustments and their links goes, also where nobody gave his id', async () => {
    const receive = async (reference: string) => {
      const [event] = await world.receive('zendesk', ticket({ customer_external_id: reference }))
      expect(await world.work()).toEqual(['issued'])
      return world.adjustment(event!)
    }
    const [his, other] = [await receive('bolt-7'), await receive('acme-42')]
    const run = (statement: string, ...values: (string | null)[]) =>
      env.DB.prepare(statement).bind(...values)
    const link = `INSERT INTO links (id, invoice_id, nth, label, created_at, expires_at)
      VALUES (?, ?, 9, 'for Jo Doe', 1, 2)`
    const note = `INSERT INTO discrepancies (id, reason, mode, adjustment_id, expected, found, fields,
      first_seen_at, last_seen_at, note) VALUES (?, 'differs', 'test', ?, 1, 2, '[]', 1, 1, 'Jo has called')`
    await env.DB.batch([
      run(link, 'lnk_his', his.invoiceId),
      run(link, 'lnk_other', other.invoiceId),
      run(note, 'dsc_his', his.id),
      run(note, 'dsc_other', other.id),
    ])
    const id = await ask(['bolt-7'])
    await eraseToTheEnd(id)
    const { results: labels } = await env.DB.prepare(
      `SELECT id, label AS text FROM links WHERE nth = 9
       UNION ALL SELECT id, note FROM discrepancies ORDER BY id`,
    ).all()
    expect(labels).toEqual([
      { id: 'dsc_his', text: null },
      { id: 'dsc_other', text: 'Jo has called' },
      { id: 'lnk_his', text: '' },
      { id: 'lnk_other', text: 'for Jo Doe' },
    ])
    expect((await erasure(id)).counts.notes).toBe(2)
  })
})

describe('an event that was there at the request', () => {
  it('and is sent through again while the erasure waits, leaves nothing of him either', async () => {
    // Too short to be looked for in payloads.
    const reference = `q${Math.random().toString(36).slice(2, 5)}`
    const body = (fields: object) => ticket({ customer_external_id: reference, ...fields })
    const [waiting] = await world.receive('zendesk', body({}))
    expect(await world.work()).toEqual(['held'])
    const [ignored] = await world.receive('zendesk', body({ tags: 'none' }))
    const id = await ask([reference])
    await eraseByClock(world.deps)
    expect((await erasure(id)).waiting).toBeGreaterThan(0)
    // Rules of a later deployment.
    const known = zendeskTicketCredit({ requestTag: 'none', amounts: { none: usd(5) } })
    const rules = [known, ...config.rules.slice(1)]
    const later = { ...world.deps, config: { ...world.deps.config, rules } }
    expect(await requeueEvent(later, BOOTSTRAP, ignored!)).toMatchObject({ ok: true })
    const [after] = await world.receive('zendesk', body({}))
    expect(await world.work()).toEqual(['held', 'held'])
    for (const event of [waiting!, ignored!, after!]) await reject(event, null)
    await world.advance(ERASURE_AGAIN_SECONDS + 60)
    await eraseToTheEnd(id)
    const { results } = await env.DB.prepare(
      `SELECT id FROM adjustments WHERE customer_reference = ?`,
    )
      .bind(reference)
      .all()
    // What came after the request is not part of it.
    expect(results).toEqual([{ id: (await world.adjustment(after!)).id }])
    expect([await isKept(ignored!), await isKept(after!)]).toEqual([false, true])
  })
})

describe('a payload', () => {
  it('that is nested deep, and written by numbers, is searched as any other', async () => {
    const deep = (text: string) => {
      const depth = 200_000
      const body = JSON.stringify(ticket({ tags: 'x', note: 'caf\u00e9' }))
      const escaped = [...text].map(
        (each) => `\\u${each.charCodeAt(0).toString(16).padStart(4, '0')}`,
      )
      const nested = `${'['.repeat(depth)}"${escaped.join('')}"${']'.repeat(depth)}`
      return `${body.slice(0, -1)},"deep":${nested}}`
    }
    const text = `${drawn('jo')}@quagmire.example`
    const [his] = await world.receive('zendesk', deep(text))
    const [other] = await world.receive('zendesk', deep('somebody@else.example'))
    await eraseToTheEnd(await ask([text]))
    expect([await isKept(his!), await isKept(other!)]).toEqual([false, true])
    await env.DB.prepare(`DELETE FROM payloads`).run()
  })

  it('that is no JSON, and names him at the beginning of a line, is found', async () => {
    const text = `${drawn('jo')}@quagmire.example`
    const body = (mail: string) =>
      `${JSON.stringify(ticket({ tags: 'none', comment: `Hi,\n${mail}\tregards` })).slice(0, -1)},"x":"a"b"}`
    const [his] = await world.receive('zendesk', body(text))
    const [other] = await world.receive('zendesk', body(`n${text}`))
    for (const event of [his!, other!]) await dismissEvent(world.deps, BOOTSTRAP, event)
    await eraseToTheEnd(await ask([text]))
    expect([await isKept(his!), await isKept(other!)]).toEqual([false, true])
  })

  it('that names him as XML or HTML writes it is found', async () => {
    const text = `Zo\u00eb O'Quag & ${drawn('co')}`
    const html = text.replace('&', '&amp;').replace("'", '&#39;').replace('\u00eb', '&#xEB;')
    const [his] = await world.receive('zendesk', ticket({ tags: 'none', comment: html }))
    const [xml] = await world.receive('zendesk', `<note>${html}</note>`)
    await dismissEvent(world.deps, BOOTSTRAP, xml!)
    await eraseToTheEnd(await ask([text]))
    expect([await isKept(his!), await isKept(xml!)]).toEqual([false, false])
  })
})

it('an identity in other letters is removed, and nobody’s whose name is only alike', async () => {
  const kept = ['M\u00dcHLE-71', 'STRASSE-7']
  const gone = ['\u00d6LM\u00dcHLE-7', 'o\u0308lmu\u0308hle-7', 'Stra\u00dfe-7']
  await env.DB.batch(
    [...gone, ...kept].map((value) =>
      env.DB.prepare(
        `INSERT INTO identities VALUES (NULL, '', 'external_id', ?, 'cus_bolt', 1, 'operator:anna')`,
      ).bind(value),
    ),
  )
  await eraseToTheEnd(await ask(['\u00f6lm\u00fchle-7', 'stra\u00dfe-7']))
  const { results } = await env.DB.prepare(`SELECT value FROM identities ORDER BY value`).all<any>()
  expect(results.map(({ value }) => String(value)).toSorted()).toEqual(kept.toSorted())
})
