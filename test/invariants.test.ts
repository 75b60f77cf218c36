// The invariants of ARCHITECTURE.md as the database holds them: what code that has gone wrong, or a
// person at the database, still can't do.

import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { adjustmentOf, deliver, refund, ticket } from './harness.ts'
import { createWorld } from './world.ts'

const run = (statement: string): Promise<unknown> => env.DB.prepare(statement).run()
const expectRefused = (statement: string, message: RegExp | string) =>
  expect(run(statement)).rejects.toThrow(message)

let invoiced: { id: string; event: string }
let due: string

beforeAll(async () => {
  const [id] = await deliver('zendesk', ticket())
  const adjustment = await adjustmentOf(id!, 'invoiced')
  invoiced = { id: adjustment.id, event: id! }
  const world = await createWorld()
  const [waiting] = await world.receive('stripe', refund())
  due = (await world.adjustment(waiting!)).id
})

describe('3: one event is one row, one subject one adjustment of a rule', () => {
  it('refuses a second row with the id of an event', () =>
    expectRefused(
      `INSERT INTO events SELECT NULL, id, 'other', endpoint, account, source, own_id, unsigned_id, type, mode,
        occurred_at, received_at, body_sha256, rule_set, fate, rule_id, reason, decision FROM events LIMIT 1`,
      'never replaced',
    ))

  it('refuses a second adjustment of one rule, account, subject and part', () =>
    expectRefused(
      `INSERT INTO adjustments (id, event_id, rule_id, account, endpoint, source, subject, part, settlement,
        reason, caused_by, amount, currency, description, created_at, state, version, wake_at, attempts, generation)
      SELECT 'adj_other', event_id, rule_id, account, endpoint, source, subject, part, settlement, reason,
        caused_by, amount, currency, description, created_at, 'due', 1, 1, 0, 0 FROM adjustments LIMIT 1`,
      'never replaced',
    ))

  it('refuses to change what an event is, and to remove it', async () => {
    for (const column of ['id', 'account', 'type', 'body_sha256', 'delivery_id']) {
      await expectRefused(
        `UPDATE events SET ${column} = 'evt_x' WHERE id = '${invoiced.event}'`,
        'never changes',
      )
    }
    await expectRefused(`DELETE FROM events`, 'never removed')
  })
})

describe('4: one adjustment has at most one invoice', () => {
  it('refuses another invoice id, and none, where there is one', async () => {
    await expectRefused(
      `UPDATE adjustments SET invoice_id = 'inv_2' WHERE id = '${invoiced.id}'`,
      'at most one',
    )
    await expectRefused(
      `UPDATE adjustments SET invoice_id = NULL WHERE id = '${invoiced.id}'`,
      /at most one|CHECK/,
    )
  })

  it('refuses one invoice for two adjustments', () =>
    expectRefused(
      `UPDATE adjustments SET state = 'invoiced', version = version + 1, counted_at = 1, counted_day = 'd',
        invoice_id = (SELECT invoice_id FROM adjustments WHERE id = '${invoiced.id}') WHERE id = '${due}'`,
      'one adjustment',
    ))

  it('refuses another request once an attempt was made', () =>
    expectRefused(`UPDATE adjustments SET request = '{}' WHERE id = '${invoiced.id}'`, 'frozen'))

  it('refuses to replace an adjustment or an event, which would remove it without a trigger', async () => {
    for (const [table, row] of [
      ['adjustments', `id = '${due}'`],
      ['events', 'true'],
    ]) {
      await expectRefused(
        `INSERT OR REPLACE INTO ${table} SELECT * FROM ${table} WHERE ${row} LIMIT 1`,
        'never replaced',
      )
    }
    await expectRefused(
      `INSERT OR REPLACE INTO adjustments SELECT * FROM adjustments WHERE id = '${invoiced.id}'`,
      /never replaced|a new adjustment is due/,
    )
  })

  it('refuses to remove an adjustment', () =>
    expectRefused(`DELETE FROM adjustments`, 'never removed'))

  it.each([
    ['invoiced', 'due'],
    ['invoiced', 'failed'],
    ['due', 'rejected'],
  ])('refuses to go from %s to %s', (from, to) =>
    expectRefused(
      `UPDATE adjustments SET state = '${to}', version = version + 1, counted_at = NULL, counted_day = NULL WHERE id = '${from === 'due' ? due : invoiced.id}'`,
      'no such change of state',
    ),
  )

  it('refuses a change of state that leaves the version', () =>
    expectRefused(
      `UPDATE adjustments SET state = 'cancelled', wake_at = NULL WHERE id = '${due}'`,
      'version',
    ))

  it('refuses states that contradict their columns', async () => {
    const change = `UPDATE adjustments SET version = version + 1`
    const where = `WHERE id = '${due}'`
    const issuing = `${change}, counted_at = 1, counted_day = 'd', state = 'issuing'`
    await expectRefused(`${issuing}, request = '{}' ${where}`, 'CHECK')
    await expectRefused(`${issuing}, lease_until = 1 ${where}`, 'CHECK')
    await expectRefused(`${change}, state = 'held', wake_at = NULL ${where}`, 'CHECK')
    await expectRefused(
      `${change}, counted_at = 1, counted_day = 'd', state = 'invoiced' ${where}`,
      'CHECK',
    )
    await expectRefused(`UPDATE adjustments SET wake_at = NULL ${where}`, 'CHECK')
  })
})

describe('5: money is an integer of minor units with a currency, never zero', () => {
  it.each(['amount', 'currency', 'customer_reference', 'subject', 'rule_id', 'settlement', 'mode'])(
    'refuses to change the %s of an adjustment',
    (column) =>
      expectRefused(
        `UPDATE adjustments SET ${column} = ${column === 'amount' ? '5' : `'test'`} WHERE id = '${due}'`,
        'never changes',
      ),
  )

  const insertWith = (amount: string, currency: string) =>
    `INSERT INTO adjustments (id, event_id, rule_id, account, endpoint, source, subject, part, settlement,
      reason, caused_by, amount, currency, description, created_at, state, version, wake_at, attempts, generation)
    VALUES ('adj_money', 'evt_1', 'r', 'a', 'e', 's', 'money:1', '', 'owed', 'goodwill', 'agent', ${amount},
      ${currency}, 'd', 1, 'due', 1, 1, 0, 0)`

  it.each([
    ['0', `'usd'`, 'CHECK'],
    ['1.5', `'usd'`, /datatype|cannot store/],
    [`'ten'`, `'usd'`, /datatype|cannot store/],
    ['1000000000001', `'usd'`, 'CHECK'],
    ['NULL', `'usd'`, 'NOT NULL'],
    ['100', `'USD'`, 'CHECK'],
    ['100', 'NULL', 'NOT NULL'],
  ])('refuses an amount of %s %s', (amount, currency, message) =>
    expectRefused(insertWith(amount, currency), message),
  )
})

describe('7: audit entries are never changed or removed', () => {
  it('refuses UPDATE, DELETE, and INSERT OR REPLACE', async () => {
    const entries = async () => (await env.DB.prepare('SELECT * FROM audit_entries').all()).results
    const before = await entries()
    await expectRefused(`UPDATE audit_entries SET actor = 'nobody'`, 'never changed')
    await expectRefused(`DELETE FROM audit_entries WHERE seq = 1`, 'never removed')
    await expectRefused(
      `INSERT OR REPLACE INTO audit_entries VALUES (1, 1, 'nobody', 'event.received', 'evt_1', '{}')`,
      'never replaced',
    )
    await expectRefused(
      `INSERT INTO audit_entries VALUES (1, 1, 'x', 'y', 'z', '{}') ON CONFLICT DO UPDATE SET actor = 'nobody'`,
      'never',
    )
    expect(await entries()).toEqual(before)
  })

  it('leaves no change without its entry: a batch whose entry is refused changes nothing', async () => {
    const entry = `INSERT INTO audit_entries (at, actor, action, subject, data) VALUES (1, 'a', 'b', 'c', 'not json')`
    const change = `UPDATE adjustments SET state = 'failed', wake_at = NULL, version = version + 1 WHERE id = '${due}'`
    await expect(env.DB.batch([env.DB.prepare(change), env.DB.prepare(entry)])).rejects.toThrow(
      'CHECK',
    )
    const row = await env.DB.prepare(`SELECT state FROM adjustments WHERE id = '${due}'`).first()
    expect(row).toEqual({ state: 'due' })
  })

  it('numbers entries without gaps', async () => {
    const row = await env.DB.prepare(
      'SELECT count(*) AS n, max(seq) AS last FROM audit_entries',
    ).first<any>()
    expect(row.n).toBe(row.last)
  })
})

describe('8: no secret is written down', () => {
  it('keeps no slug, no signed address and no key in any table', async () => {
    const [id] = await deliver('zendesk', ticket())
    const adjustment = await adjustmentOf(id!, 'invoiced')
    const slug: string = adjustment.link.split('/').at(-1)
    const { results } = await env.DB.prepare(
      `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\'`,
    ).all<{ name: string }>()
    expect(results.length).toBeGreaterThan(4)
    for (const { name } of results) {
      const text = JSON.stringify((await env.DB.prepare(`SELECT * FROM ${name}`).all()).results)
      for (const secret of [
        slug,
        'ck_sandbox_test',
        'whsec_',
        env.ZENDESK_WEBHOOK_SECRET,
        'signature=',
      ]) {
        expect(text.includes(secret), `${secret} in ${name}`).toBe(false)
      }
    }
  })
})
