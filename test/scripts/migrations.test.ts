// A database that was in use before the money controls: what is in it counts, has its customer, its
// asker, its endpoint's first day and its rule's id, as if it had come after them.

import * as fs from 'node:fs'
import * as path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { beforeAll, describe, expect, it } from 'vitest'
import { ROOT } from '../../scripts/project.ts'

const FOLDER = path.join(ROOT, 'migrations')
const FILES = fs
  .readdirSync(FOLDER)
  .filter((name) => name.endsWith('.sql'))
  .toSorted()

// 2026-10-25T23:30:00Z and an hour later, which is another day.
const [LATE, NEXT_DAY] = [1_792_971_000_000, 1_792_974_600_000]

const db = new DatabaseSync(':memory:')
const apply = (names: readonly string[]) => {
  for (const name of names) db.exec(fs.readFileSync(path.join(FOLDER, name), 'utf8'))
}

type Row = Readonly<Record<string, string | number | null>>

const insert = (table: string, row: Row) => {
  const columns = Object.keys(row)
  db.prepare(
    `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`,
  ).run(...Object.values(row))
}

const event = (id: string, endpoint: string, receivedAt: number) =>
  insert('events', {
    id,
    delivery_id: `delivery-${id}`,
    endpoint,
    account: endpoint,
    source: 'zendesk',
    type: 'makegood.ticket',
    mode: 'live',
    received_at: receivedAt,
    body_sha256: 'hash',
    fate: 'adjusted',
    decision: '{}',
  })

/** Due at first, as the door writes it; then as `after` says. */
function adjustment(id: string, fields: Row, after: Row) {
  insert('adjustments', {
    id,
    event_id: 'evt_1',
    rule_id: 'ticket-credit',
    account: 'zendesk',
    endpoint: 'zendesk',
    source: 'zendesk',
    subject: `ticket:${id}`,
    part: '',
    mode: 'live',
    settlement: 'owed',
    reason: 'goodwill',
    caused_by: 'agent',
    amount: -1_000,
    currency: 'usd',
    customer_reference: 'acme-42',
    description: 'Credit',
    created_at: LATE,
    state: 'due',
    version: 1,
    wake_at: LATE,
    attempts: 0,
    generation: 0,
    ...fields,
  })
  const set = Object.keys(after).map((column) => `${column} = ?`)
  if (set.length === 0) return
  db.prepare(`UPDATE adjustments SET version = 2, ${set.join(', ')} WHERE id = ?`).run(
    ...Object.values(after),
    id,
  )
}

const request = (customerId: string) => JSON.stringify({ customerId, amount: -1_000 })
const attempted = (at: number) => ({ attempts: 1, attempted_at: at, first_attempted_at: at })

beforeAll(() => {
  apply(FILES.slice(0, 2))
  event('evt_1', 'zendesk', LATE)
  event('evt_2', 'zendesk', NEXT_DAY)
  event('evt_3', 'stripe', NEXT_DAY)
  const invoiced = { state: 'invoiced', wake_at: null, ...attempted(NEXT_DAY) }
  adjustment(
    'adj_invoiced',
    { asker: 'Agent@Saas.Example' },
    { ...invoiced, request: request('cus_a'), invoice_id: 'inv_1' },
  )
  adjustment(
    'adj_second',
    { rule_id: 'refund-record', settlement: 'already_paid', created_at: NEXT_DAY },
    { ...invoiced, request: request('cus_b'), invoice_id: 'inv_2' },
  )
  adjustment(
    'adj_issuing',
    {},
    { state: 'issuing', lease_until: LATE, request: request('cus_a'), ...attempted(LATE) },
  )
  adjustment('adj_unknown', {}, { request: request('cus_c'), ...attempted(LATE) })
  adjustment('adj_held', {}, { state: 'held', hold_reasons: '["customer_unresolved"]' })
  adjustment('adj_due', { asker: 'agent@saas.example' }, {})
  adjustment('adj_failed', {}, { state: 'failed', wake_at: null, request: request('cus_a') })
  insert('links', {
    id: 'lnk_of_the_invoice',
    slug_hash: 'h'.repeat(52),
    invoice_id: 'inv_1',
    created_at: LATE,
    expires_at: NEXT_DAY,
    revoked_at: null,
  })
  apply(FILES.slice(2))
})

const rows = (sql: string) =>
  db
    .prepare(sql)
    .all()
    .map((row) => ({ ...row }))

describe('after the migrations', () => {
  it('what was issued, or may have been, counts against its customer', () => {
    const counted = rows(
      `SELECT id, customer_id AS customer, counted_at AS at, counted_day AS day FROM adjustments
       WHERE counted_at IS NOT NULL ORDER BY id`,
    )
    const [before, after] = ['2026-10-25', '2026-10-26']
    expect(counted).toEqual([
      { id: 'adj_invoiced', customer: 'cus_a', at: NEXT_DAY, day: after },
      { id: 'adj_issuing', customer: 'cus_a', at: LATE, day: before },
      { id: 'adj_second', customer: 'cus_b', at: NEXT_DAY, day: after },
      { id: 'adj_unknown', customer: 'cus_c', at: LATE, day: before },
    ])
  })

  it('nothing else counts or has a customer', () => {
    const others = rows(
      `SELECT id FROM adjustments WHERE counted_at IS NULL AND customer_id IS NULL ORDER BY id`,
    )
    expect(others).toEqual([{ id: 'adj_due' }, { id: 'adj_failed' }, { id: 'adj_held' }])
  })

  it('the sums of the days are those of the rows', () => {
    const sums = rows(
      `SELECT bucket, settlement, total, adjustments FROM limit_sums WHERE kind = 'day'
       ORDER BY bucket, settlement`,
    )
    expect(sums).toEqual([
      { bucket: '2026-10-25', settlement: 'owed', total: 2_000, adjustments: 2 },
      { bucket: '2026-10-26', settlement: 'already_paid', total: 1_000, adjustments: 1 },
      { bucket: '2026-10-26', settlement: 'owed', total: 1_000, adjustments: 1 },
    ])
  })

  it('one asker has one spelling', () => {
    expect(rows('SELECT DISTINCT asker FROM adjustments WHERE asker IS NOT NULL')).toEqual([
      { asker: 'agent@saas.example' },
    ])
  })

  it('an endpoint began with its first event', () => {
    expect(rows('SELECT endpoint, at FROM endpoint_starts ORDER BY endpoint')).toEqual([
      { endpoint: 'stripe', at: NEXT_DAY },
      { endpoint: 'zendesk', at: LATE },
    ])
  })

  it('every rule that has made something is known', () => {
    expect(rows('SELECT id, at FROM rule_ids ORDER BY id')).toEqual([
      { id: 'refund-record', at: NEXT_DAY },
      { id: 'ticket-credit', at: LATE },
    ])
  })

  it('what was held waits as one hold, and is reminded of', () => {
    const [held] = rows(`SELECT holds, held_at, wake_at FROM adjustments WHERE id = 'adj_held'`)
    expect(held).toMatchObject({ holds: 1 })
    expect(Number(held!['wake_at']) - Number(held!['held_at'])).toBeCloseTo(14_400_000, -2)
  })

  it('a link is known by the hash of its slug, and is the first of its invoice', () => {
    expect(rows('SELECT * FROM links')).toEqual([
      {
        seq: 1,
        id: `lnk_${'h'.repeat(32)}`,
        invoice_id: 'inv_1',
        nth: 0,
        label: null,
        created_at: LATE,
        expires_at: NEXT_DAY,
        revoked_at: null,
        opened: 0,
        first_opened_at: null,
        last_opened_at: null,
        sealed_address: null,
        sealed_until: null,
      },
    ])
  })
})
