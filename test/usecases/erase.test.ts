// A customer is erased: nothing of what he is called is left in any table, line or answer, the log is the
// same, and nobody else loses anything.

import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { eraseByClock } from '../../src/usecases/erase.ts'
import { rejectAdjustment } from '../../src/usecases/reject-adjustment.ts'
import { sealLog } from '../../src/usecases/seal-log.ts'
import { findErasure } from '../../src/db/read-erasures.ts'
import { commitErasureStep } from '../../src/db/erase-step.ts'
import { findNewestCheckpoint } from '../../src/db/read-seal.ts'
import { insertErasure, takeErasure } from '../../src/db/write-erasures.ts'
import { checkExport } from '../../src/domain/check-export.ts'
import { erasedCustomer, NOTHING_ERASED } from '../../src/domain/erasure.ts'
import type { ErasureId, EventId } from '../../src/domain/ids.ts'
import { BOOTSTRAP } from '../../src/domain/operator.ts'
import { ERASURE_AGAIN_SECONDS, ERASURE_ROWS_PER_STEP } from '../../src/domain/limits.ts'
import { readPublicKey } from '../../src/domain/signed-note.ts'
import { VERIFIER } from '../audit-log.ts'
import { api, creditRequest, fetchApp, OPERATOR, refund, ticket } from '../harness.ts'
import { entriesOf, setFaults } from '../world.ts'
import { noticeWorld } from '../notice-world.ts'
import { findEvent } from '../../src/db/read-events.ts'

const NAME = 'Zebulon Quagmire'
const MAIL = 'zebulon@quagmire.example'
const CARD = '4242 4242 4242 4242'
const CANARY = /zebulon|quagmire|4242 ?4242/i

type World = Awaited<ReturnType<typeof noticeWorld>>

let world: World
beforeEach(async () => {
  world = await noticeWorld()
})
afterEach(() => setFaults())

const get = (path: string): Promise<Response> =>
  fetchApp(`https://makegood.example/api/v1${path}`, { headers: OPERATOR })

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

type Table = readonly [string, readonly string[]]

/** Every table, each row as JSON. */
async function dump(): Promise<readonly Table[]> {
  const { results } = await env.DB.prepare(
    `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT GLOB '_cf_*' AND name NOT GLOB 'sqlite_*'`,
  ).all<{ name: string }>()
  return Promise.all(
    results.map(async ({ name }) => {
      const rows = await env.DB.prepare(`SELECT * FROM ${name}`).all()
      return [name, rows.results.map((row) => JSON.stringify(row))] as const
    }),
  )
}

const tablesWith = (tables: readonly Table[], pattern: RegExp): string[] =>
  tables.filter(([, rows]) => rows.some((row) => pattern.test(row))).map(([name]) => name)

const call = async (method: string, path: string, body?: unknown): Promise<any> => {
  const response = await fetchApp(`https://makegood.example/api/v1${path}`, {
    method,
    headers: { ...OPERATOR, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return { status: response.status, ...(await response.json<any>()) }
}

async function erase(customer: Record<string, unknown>): Promise<ErasureId> {
  const { status, data } = await call('POST', '/erasures', { customer })
  expect(status).toBe(202)
  return data.id
}

const toTheEnd = async (id: ErasureId) => {
  for (let ticks = 0; ticks < 20; ticks++) {
    const erasure = await findErasure(world.deps.db, id)
    if (erasure?.finishedAt) return erasure
    await eraseByClock(world.deps)
    await world.advance(60)
  }
  throw new Error(`it comes to no end: ${JSON.stringify(await call('GET', `/erasures/${id}`))}`)
}

const isKept = async (id: EventId): Promise<boolean> =>
  (await findEvent(world.deps.db, id))?.payload !== null

/** What the main ways do with somebody whose name, mail and card number stand wherever a sender can write. */
async function everywhere(): Promise<{ readonly ids: EventId[]; readonly customerId: string }> {
  const personal = {
    requester_email: MAIL,
    requester_name: NAME,
    subject: `Refund for ${NAME}`,
    comment: `${NAME} <${MAIL}> paid with ${CARD}`,
    [MAIL]: { escaped: NAME },
  }
  const [issued] = await world.receive('zendesk', ticket(personal))
  await world.work()
  const { customerId } = await world.adjustment(issued!)
  if (customerId === null) throw new Error('nobody was found')
  const identity = { kind: 'email', value: MAIL, customerId }
  expect((await call('POST', '/identities', identity)).status).toBe(201)
  const ids = [issued!]
  const receive = async (endpoint: string, body: unknown) => {
    ids.push(...(await world.receive(endpoint, body)))
    await world.work()
  }
  await receive('zendesk', ticket({ ...personal, asker: MAIL }))
  await receive('zendesk', ticket({ ...personal, tags: 'billing' }))
  await receive('zendesk', ticket({ ...personal, amount: NAME, tags: 'credit_requested' }))
  await receive('zendesk', ticket({ ...personal, customer_external_id: MAIL }))
  await receive('stripe', refund({ receipt_email: MAIL, name: NAME, card: { number: CARD } }))
  await receive('stripe', refund({ customer: MAIL, description: `${NAME} ${CARD}` }))
  await receive('standard', creditRequest({ customer: { external_id: MAIL }, note: NAME }))
  await receive('batch', [
    { id: crypto.randomUUID(), type: 'credit', subject: 's:1', amount: NAME, customer: MAIL },
    {
      id: crypto.randomUUID(),
      type: 'credit',
      subject: 's:2',
      amount: 100,
      customer: MAIL,
      note: CARD,
    },
    {
      id: crypto.randomUUID(),
      type: 'credit',
      subject: 's:3',
      amount: 100,
      customer: NAME,
      throws: true,
    },
  ])
  // Not JSON, not UTF-8, and JSON that writes every letter by its number.
  await receive('zendesk', `from ${NAME}, card ${CARD}`)
  const escaped = [...MAIL].map((each) => `\\u${each.charCodeAt(0).toString(16).padStart(4, '0')}`)
  await receive('zendesk', `{"kind":"none","from":"${escaped.join('')}"}`)
  const byHand = {
    customer: { kind: 'email', value: MAIL },
    direction: 'credit',
    amount: 700,
    currency: 'usd',
    reason: 'goodwill',
  }
  const made = await call('POST', '/adjustments', byHand)
  expect(made.status).toBe(201)
  // The Worker's own queue issues it.
  await vi.waitFor(async () => {
    expect((await api(`/adjustments/${made.data.id}`)).data.state).toMatch(/invoiced|held/)
  })
  // A person sends one through again, dismisses it, tries its payload, and the billing API fails.
  const undecided = ids[3]!
  expect(await world.fate(undecided)).toBe('undecided')
  expect((await call('POST', `/events/${undecided}/requeue`, {})).status).toBe(200)
  expect((await call('POST', `/events/${undecided}/dismiss`, {})).status).toBe(200)
  const dry = { endpoint: 'zendesk', payload: ticket({ ...personal, customer_external_id: MAIL }) }
  expect((await call('POST', '/rules/dry-run', dry)).status).toBe(200)
  await setFaults({ kind: 'server_error', status: 503, method: 'POST', times: 1 })
  await receive('zendesk', ticket(personal))
  await setFaults()
  await world.advance(3_600)
  await world.sweep()
  await world.work()
  const { id: adjustmentId } = await world.adjustment(issued!)
  await env.DB.batch([
    env.DB.prepare(
      `INSERT INTO discrepancies (seq, id, reason, mode, adjustment_id, expected, found, fields,
         first_seen_at, last_seen_at, note)
       VALUES (900, 'dsc_1', 'differs', 'test', ?, 1, 2, '[]', 1, 1, ?)`,
    ).bind(adjustmentId, `${NAME} has called`),
    env.DB.prepare(
      `INSERT INTO undos VALUES ('zendesk', 'ticket:none', 'none', '', 'evt_none', ?, 1)`,
    ).bind(MAIL),
    env.DB.prepare(
      `INSERT INTO seen_refunds VALUES ('evt_none', 1, 'test', ?, 1, 'usd', NULL)`,
    ).bind(MAIL),
  ])
  // One link to an invoice of his, and one that names him and leads to somebody else's.
  await env.DB.prepare(
    `INSERT INTO links (id, invoice_id, nth, label, created_at, expires_at)
     SELECT 'lnk_his', invoice_id, 7, 'for Jo', 1, 2 FROM adjustments WHERE id = ?1
     UNION ALL SELECT 'lnk_named', 'inv_other', 0, ?2, 1, 2
     UNION ALL SELECT 'lnk_other', 'inv_other', 1, 'for Bolt', 1, 2`,
  )
    .bind(adjustmentId, `sent to ${NAME.toUpperCase()}`)
    .run()
  return { ids, customerId }
}

/** What nobody could decide about is dismissed. */
async function dismissAll(ids: readonly EventId[]): Promise<number> {
  const fates = await Promise.all(ids.map((id) => world.fate(id)))
  const open = ids.filter((_, nth) => /conflict|undecided/.test(fates[nth] ?? ''))
  for (const id of open) {
    expect((await call('POST', `/events/${id}/dismiss`, {})).status).toBe(200)
  }
  return open.length
}

/** What waits for a person is rejected, with a note that names him. */
async function rejectAll(): Promise<number> {
  const { results } = await env.DB.prepare(
    `SELECT id, version FROM adjustments WHERE state = 'held'`,
  ).all<any>()
  for (const { id, version } of results) {
    const note = `${NAME} (${MAIL}) was told on the phone`
    const rejected = await rejectAdjustment(world.deps, BOOTSTRAP, id, { version, note })
    expect(rejected).toMatchObject({ ok: true })
  }
  return results.length
}

describe('a customer', () => {
  it('leaves no trace in any table, line or answer, and the log is as it was', async () => {
    const { ids, customerId } = await everywhere()
    expect(await rejectAll()).toBeGreaterThan(0)
    expect(await dismissAll(ids)).toBeGreaterThan(0)
    await world.tell()
    const entries = async () =>
      (await env.DB.prepare('SELECT * FROM audit_entries ORDER BY seq').all()).results
    const before = await dump()
    expect(tablesWith(before, CANARY).toSorted()).toEqual([
      'adjustments',
      'discrepancies',
      'identities',
      'links',
      'payloads',
      'seen_refunds',
      'undos',
    ])
    expect(tablesWith(before, /4242 ?4242/)).toEqual([])
    expect(tablesWith(before, /agent@saas/)).not.toContain('audit_entries')
    const log = await entries()
    expect(JSON.stringify([log, world.lines])).not.toMatch(CANARY)
    await sealLog(world.deps)
    const checkpoint = (await findNewestCheckpoint(world.deps.db))!

    const erased = await toTheEnd(await erase({ id: customerId, email: MAIL, also: [NAME] }))
    expect(erased).toMatchObject({ customer: null, waiting: 0, counts: { unchangeable: 0 } })
    expect(tablesWith(await dump(), CANARY)).toEqual([])
    for (const id of ids) expect([id, await isKept(id)]).toEqual([id, false])
    const { results: links } = await env.DB.prepare(
      `SELECT id, label FROM links WHERE label IS NOT NULL ORDER BY id`,
    ).all()
    expect(links).toEqual([
      { id: 'lnk_his', label: '' },
      { id: 'lnk_named', label: '' },
      { id: 'lnk_other', label: 'for Bolt' },
    ])
    expect(JSON.stringify(world.lines)).not.toMatch(CANARY)
    expect((await entries()).slice(0, log.length)).toEqual(log)
    const pages = ['/events', '/adjustments', '/identities', '/erasures', `/erasures/${erased.id}`]
    for (const page of pages) expect(JSON.stringify(await api(page))).not.toMatch(CANARY)
    expect((await entriesOf(erased.id)).map(({ action }) => action)).toEqual([
      'erasure.requested',
      'erasure.finished',
    ])
    expect((await entriesOf(erased.id))[1]?.data).toEqual(erased.counts)
    expect(checkpoint.size).toBeGreaterThan(log.length)
    for (const format of ['ndjson', 'csv']) {
      const exported = await (await get(`/audit/export?format=${format}`)).bytes()
      expect(new TextDecoder().decode(exported)).not.toMatch(CANARY)
      if (format === 'csv') continue
      // Also against the checkpoint of before he was erased.
      const checked = await checkExport(once(exported), [readPublicKey(VERIFIER)!], checkpoint.note)
      expect(checked).toMatchObject({ ok: true, value: { fault: null, unsealed: 0 } })
    }
    const { id: adjustmentId } = await world.adjustment(ids[0]!)
    const evidence = await (await get(`/adjustments/${adjustmentId}/evidence`)).text()
    expect(evidence).not.toMatch(CANARY)
    expect(evidence).toContain('Proven to be in the log')
  })

  it('is found by his id alone: what his adjustments and identities call him is looked for too', async () => {
    const mail = `${crypto.randomUUID()}@quagmire.example`
    const [id] = await world.receive('zendesk', ticket({ customer_external_id: 'bolt-7' }))
    await world.work()
    const { customerId } = await world.adjustment(id!)
    await call('POST', '/identities', { kind: 'email', value: mail, customerId })
    const [ignored] = await world.receive(
      'zendesk',
      ticket({ tags: 'none', requester_email: mail }),
    )
    const [other] = await world.receive(
      'zendesk',
      ticket({ tags: 'none', requester_email: `x${mail}` }),
    )
    await toTheEnd(await erase({ id: customerId }))
    expect([await isKept(id!), await isKept(ignored!), await isKept(other!)]).toEqual([
      false,
      false,
      true,
    ])
    expect(await world.adjustment(id!)).toMatchObject({
      customerReference: null,
      customerId,
      state: 'invoiced',
    })
    const [erased] = (await entriesOf((await world.adjustment(id!)).id)).slice(-1)
    expect(erased).toMatchObject({
      action: 'adjustment.erased',
      data: { fields: ['customerReference'] },
    })
  })

  it('who is known by a short id only is not looked for in the text of others', async () => {
    const [his] = await world.receive('zendesk', ticket({ customer_external_id: '42' }))
    const [other] = await world.receive(
      'zendesk',
      ticket({ note: 'table 42', customer_external_id: 'bolt-7' }),
    )
    await world.work()
    await rejectAll()
    const id = await erase({ externalId: '42' })
    expect((await call('GET', `/erasures/${id}`)).data).toMatchObject({ notSearched: 1 })
    await toTheEnd(id)
    expect(await world.adjustment(his!)).toMatchObject({ customerReference: null })
    expect([await isKept(his!), await isKept(other!)]).toEqual([false, true])
  })

  it('an agent’s e-mail is taken out of what he asked for, and what he asked for stays', async () => {
    const mail = `${crypto.randomUUID()}@saas.example`
    const asked = ticket({ asker: mail, customer_external_id: 'bolt-7' })
    const [id] = await world.receive('zendesk', asked)
    await world.work()
    await toTheEnd(await erase({ email: mail.toUpperCase() }))
    expect(await world.adjustment(id!)).toMatchObject({
      asker: null,
      customerReference: 'bolt-7',
      state: 'invoiced',
    })
    expect(await isKept(id!)).toBe(false)
  })
})

describe('what still goes on', () => {
  it('is left as it is and named, and taken out an hour after it has come to its end', async () => {
    const reference = `quag-${crypto.randomUUID()}`
    const [held] = await world.receive('zendesk', ticket({ customer_external_id: reference }))
    const [ignored] = await world.receive('zendesk', ticket({ tags: 'none', note: reference }))
    await world.work()
    const adjustment = await world.adjustment(held!)
    expect(adjustment.state).toBe('held')
    const id = await erase({ externalId: reference })
    await eraseByClock(world.deps)
    const shown = await call('GET', `/erasures/${id}`)
    expect(shown.data).toMatchObject({ status: 'waiting', waitsFor: [adjustment.id] })
    expect([await isKept(held!), await isKept(ignored!)]).toEqual([true, false])
    expect((await world.adjustment(held!)).customerReference).toBe(reference)

    await rejectAll()
    await world.advance(ERASURE_AGAIN_SECONDS - 60)
    await eraseByClock(world.deps)
    expect((await findErasure(world.deps.db, id))?.finishedAt).toBeNull()
    await world.advance(120)
    await eraseByClock(world.deps)
    expect(await findErasure(world.deps.db, id)).toMatchObject({ customer: null, waiting: 0 })
    expect(await isKept(held!)).toBe(false)
    expect((await world.adjustment(held!)).customerReference).toBeNull()
  })
})

describe('after it', () => {
  it('neither a redelivery nor another request for the same thing makes money, or brings him back', async () => {
    const body = ticket({ customer_external_id: 'bolt-7', requester_name: NAME })
    const [id] = await world.receive('zendesk', body)
    await world.work()
    const { customerId } = await world.adjustment(id!)
    await toTheEnd(await erase({ id: customerId }))
    expect(await world.receive('zendesk', body)).toEqual([id])
    expect(await isKept(id!)).toBe(false)
    const [again] = await world.receive('zendesk', { ...body, updated_at: '2026-10-28T07:33:12Z' })
    expect(await world.fate(again!)).toBe('conflict')
    expect(await dismissAll([again!])).toBe(1)
    expect(world.queue).toEqual([])
  })

  it('a reversal still finds whom it is for', async () => {
    const [id] = await world.receive('zendesk', ticket({ customer_external_id: 'bolt-7' }))
    await world.work()
    const { customerId, id: adjustment, version } = await world.adjustment(id!)
    await toTheEnd(await erase({ id: customerId }))
    const body = { version, how: 'reversal' }
    const reversed = await call('POST', `/adjustments/${adjustment}/reverse`, body)
    expect(reversed.status).toBe(201)
    // The Worker's own queue brings it to its customer; a charge waits for a person.
    const reversal = await vi.waitFor(async () => {
      const { data } = await api(`/adjustments/${reversed.data.id}`)
      expect(data.state).toMatch(/invoiced|held/)
      return data
    })
    expect(reversal.customer).toMatchObject({ reference: null, id: customerId })
    expect(reversal.holdReasons ?? []).not.toContain('customer_unresolved')
    await rejectAll()
  })
})

describe('the database', () => {
  const REFUSED = /never change|emptied|forgotten|removed|frozen/
  const run = (statement: string) => env.DB.prepare(statement).run()

  it('lets nobody change whom an adjustment is about, a payload, or what has ended', async () => {
    const [id] = await world.receive('zendesk', ticket({ customer_external_id: 'bolt-7' }))
    await world.work()
    const { seq } = await world.adjustment(id!)
    await expect(
      run(`UPDATE adjustments SET customer_reference = NULL WHERE seq = ${seq}`),
    ).rejects.toThrow(REFUSED)
    await expect(run(`UPDATE adjustments SET asker = NULL WHERE seq = ${seq}`)).rejects.toThrow(
      REFUSED,
    )
    const open = await erase({ externalId: 'nobody-at-all' })
    await expect(
      run(`UPDATE adjustments SET customer_reference = 'other' WHERE seq = ${seq}`),
    ).rejects.toThrow(REFUSED)
    await expect(run(`UPDATE adjustments SET request = '{}' WHERE seq = ${seq}`)).rejects.toThrow(
      REFUSED,
    )
    await expect(run(`UPDATE payloads SET body = '{}' WHERE event_seq > 0`)).rejects.toThrow(
      REFUSED,
    )
    await expect(run(`DELETE FROM erasures WHERE id = '${open}'`)).rejects.toThrow(REFUSED)
    await toTheEnd(open)
    await expect(run(`UPDATE erasures SET reason = 'other' WHERE id = '${open}'`)).rejects.toThrow(
      REFUSED,
    )
  })

  it('keeps what is due, also while an erasure is open', async () => {
    const [id] = await world.receive('zendesk', ticket({ customer_external_id: 'bolt-7' }))
    const { seq, state } = await world.adjustment(id!)
    expect(state).toBe('due')
    const open = await erase({ externalId: 'nobody-at-all' })
    await expect(
      run(`UPDATE adjustments SET customer_reference = NULL WHERE seq = ${seq}`),
    ).rejects.toThrow(REFUSED)
    await toTheEnd(open)
    await world.work()
  })
})

describe('its steps', () => {
  it('do nothing once the lease is somebody else’s', async () => {
    const [id] = await world.receive('zendesk', ticket({ customer_external_id: 'bolt-7' }))
    await world.work()
    const { db, now } = world.deps
    const { seq } = (await findEvent(db, id!))!.event
    const era = `era_${'0'.repeat(31)}1` as const
    const actor = 'operator:test'
    const customer = erasedCustomer([], ['bolt-7'])
    const { seq: run } = (await insertErasure(
      db,
      { id: era, customer, reason: 'other', actor },
      0,
    ))!
    const late = (await takeErasure(db, run, now()))!
    expect(await takeErasure(db, run, now())).toBeNull()
    const progress = {
      customer,
      phase: 'rest',
      after: 0,
      throughAdjustment: 0,
      waiting: 0,
      counts: NOTHING_ERASED,
    } as const
    const step = { progress, adjustments: [], ended: [], payloads: [seq], words: [seq] }
    const second = (await takeErasure(db, run, now() + 200_000))!
    expect(await commitErasureStep(db, late, step, now())).toBeNull()
    expect(await isKept(id!)).toBe(true)
    expect(await commitErasureStep(db, second, step, now())).not.toBeNull()
    expect(await isKept(id!)).toBe(false)
    await env.DB.prepare('UPDATE erasures SET wake_at = 1 WHERE id = ?').bind(era).run()
    await toTheEnd(era)
  })

  it('go on behind the last row, however many there are, and end', async () => {
    const many = ERASURE_ROWS_PER_STEP * 2 + 5
    const text = `${crypto.randomUUID()}@quagmire.example`
    await env.DB.batch([
      env.DB.prepare(
        `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${many})
         INSERT INTO events (id, delivery_id, endpoint, account, source, type, received_at, commitment,
           fate, decision)
         SELECT 'evt_many' || i, 'd', 'e', 'a', 's', 't', 1, 'c', 'ignored', '{}' FROM n`,
      ),
      env.DB.prepare(
        `INSERT INTO payloads SELECT seq, 'utf8', iif(seq % 2, '{"mail":"${text}"}', '{"mail":"other"}'),
           1, NULL FROM events WHERE id LIKE 'evt_many%'`,
      ),
    ])
    const { counts } = await toTheEnd(await erase({ email: text }))
    expect(Math.abs(counts.payloads - many / 2)).toBeLessThan(1)
    const left = await env.DB.prepare(
      `SELECT count(*) AS n FROM payloads p JOIN events e ON e.seq = p.event_seq
       WHERE e.id LIKE 'evt_many%'`,
    ).first<{ n: number }>()
    expect(left?.n).toBe(many - counts.payloads)
  })
})

describe('the request', () => {
  it.each([
    [{}, 'customer'],
    [{ customer: {} }, 'customer'],
    [{ customer: { also: ['Zebulon'] } }, 'customer'],
    [{ customer: { id: 'a b' } }, 'customer.id'],
    [{ customer: { email: 'nobody' } }, 'customer.email'],
    [{ customer: { externalId: '42', also: ['Zeb'] } }, 'customer.also.0'],
    [{ customer: { externalId: '42' }, reason: 'he is angry' }, 'reason'],
    [{ customer: { externalId: '42', name: 'Zebulon' } }, 'customer.name'],
  ])('%j is refused at %s, and nothing of it is repeated', async (body, param) => {
    const answer = await call('POST', '/erasures', body)
    expect(answer).toMatchObject({ status: 400, error: { param } })
    expect(JSON.stringify(answer)).not.toMatch(/Zeb|angry|nobody/)
  })
})
