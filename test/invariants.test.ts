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
let held: string

beforeAll(async () => {
  const [id] = await deliver('zendesk', ticket())
  const adjustment = await adjustmentOf(id!, 'invoiced')
  invoiced = { id: adjustment.id, event: id! }
  const world = await createWorld()
  const [waiting] = await world.receive('stripe', refund())
  due = (await world.adjustment(waiting!)).id
  world.queue.length = 0
  const large = ticket({ tags: 'credit_requested', amount: '300.00' })
  const [asked] = await world.receive('zendesk', large)
  await world.work()
  held = (await world.adjustment(asked!)).id
})

describe('3: one event is one row, one subject one adjustment of a rule', () => {
  it('refuses a second row with the id of an event', () =>
    expectRefused(
      `INSERT INTO events SELECT NULL, id, 'other', endpoint, account, source, own_id, unsigned_id, type, mode,
        occurred_at, received_at, commitment, rule_set, fate, rule_id, reason, decision FROM events LIMIT 1`,
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
    for (const column of ['id', 'account', 'type', 'commitment', 'delivery_id']) {
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

describe('5 and 6: what counts against the limits', () => {
  const set = (id: string, columns: string) =>
    `UPDATE adjustments SET ${columns} WHERE id = '${id}'`
  const sums = async () => (await env.DB.prepare('SELECT * FROM limit_sums').all()).results

  it('is no new adjustment: none is born counted, or in another state than due', async () => {
    const born = (columns: string, values: string) =>
      `INSERT INTO adjustments (id, event_id, rule_id, account, endpoint, source, subject, part, settlement,
        reason, caused_by, amount, currency, description, created_at, version, wake_at, attempts,
        generation, ${columns})
      VALUES ('adj_born', 'evt_1', 'r', 'a', 'e', 's', 'born:1', '', 'owed', 'goodwill', 'agent', 1, 'usd',
        'd', 1, 1, 1, 0, 0, ${values})`
    await expectRefused(
      born('state, counted_at, counted_day', "'due', 1, 'd'"),
      'a new adjustment is due',
    )
    await expectRefused(born('state', "'failed'"), 'a new adjustment is due')
  })

  it('is all that is issued, and nothing that has failed, was rejected or cancelled', async () => {
    const uncounted = 'counted_at = NULL, counted_day = NULL'
    const counted = `counted_at = 1, counted_day = 'd'`
    await expectRefused(set(invoiced.id, uncounted), 'what is issued counts')
    for (const state of ['failed', 'cancelled']) {
      const to = `state = '${state}', version = version + 1, wake_at = NULL`
      await expectRefused(set(due, `${to}, ${counted}`), 'what is issued counts')
    }
    await expectRefused(
      set(held, `state = 'rejected', version = version + 1, hold_reasons = NULL, ${counted}`),
      'what is issued counts',
    )
    const issuing = `state = 'issuing', version = version + 1, lease_until = 1, request = '{}'`
    await expectRefused(set(due, issuing), 'what is issued counts')
  })

  it('counts in one day, which never changes, and always has both its parts', async () => {
    const moved = 'counts in one day only'
    await expectRefused(set(invoiced.id, `counted_day = '1970-01-01'`), moved)
    await expectRefused(set(invoiced.id, 'counted_at = counted_at + 1'), moved)
    await expectRefused(set(due, 'counted_at = 1'), moved)
    await expectRefused(set(due, `counted_day = 'd'`), moved)
    // What was approved moves with the claim that sends it out, and by nothing else.
    await run(set(due, `counted_at = 7200000, counted_day = 'd'`))
    await expectRefused(set(due, `counted_at = 10800000`), moved)
    await run(set(due, 'counted_at = NULL, counted_day = NULL'))
  })

  it('is summed up by the database itself, both ways', async () => {
    const before = await sums()
    await run(set(due, `counted_at = 7200000, counted_day = '1970-01-01'`))
    const added = (await sums()).filter(
      (row) => !JSON.stringify(before).includes(JSON.stringify(row)),
    )
    const sum = { mode: 'test', settlement: 'already_paid', direction: 'credit', currency: 'usd' }
    const total = { total: 2_599, adjustments: 1 }
    expect(added).toEqual([
      { kind: 'day', key: '', bucket: '1970-01-01', ...sum, ...total },
      { kind: 'rule_hour', key: 'stripe-refund-record', bucket: '2', ...sum, ...total },
    ])
    await run(set(due, 'counted_at = NULL, counted_day = NULL'))
    expect((await sums()).filter(({ total: left }) => Number(left) > 0)).toEqual(
      before.filter(({ total: left }) => Number(left) > 0),
    )
    await expectRefused('UPDATE limit_sums SET total = -1', 'CHECK')
    await expectRefused('UPDATE limit_sums SET adjustments = -1', 'CHECK')
  })
})

describe('6: only people clear a hold', () => {
  const approve = (identity: string, hold = 1) =>
    `INSERT INTO approvals VALUES ('${held}', ${hold}, '${identity}', 'name', 1, NULL)`
  const clear = () =>
    `UPDATE adjustments SET cleared_reasons = '["over_limit:holdAbove"]' WHERE id = '${held}'`

  it('refuses to clear reasons without an approval of this very hold', async () => {
    await expectRefused(clear(), 'nothing is cleared without its approvals')
    await expectRefused(approve('boss@saas.example', 7), 'one person approves a hold once')
    await expectRefused(clear(), 'nothing is cleared without its approvals')
    const other = clear().replace(held, due)
    await expectRefused(other, 'nothing is cleared without its approvals')
  })

  it('refuses the approval of the one who asked, a second one, and any change of one', async () => {
    const own = 'one person approves a hold once, and never his own'
    await expectRefused(approve('agent@saas.example'), own)
    await run(approve('boss@saas.example'))
    await expectRefused(approve('boss@saas.example'), own)
    await expectRefused(approve('boss@saas.example').replace('INSERT', 'INSERT OR REPLACE'), own)
    await expectRefused(`INSERT INTO approvals VALUES ('adj_none', 1, 'x', 'x', 1, NULL)`, own)
    await expectRefused(`UPDATE approvals SET identity = 'x'`, 'an approval is never changed')
    await expectRefused('DELETE FROM approvals', 'an approval is never removed')
  })

  it('clears once enough people have said yes, and not before', async () => {
    const few = 'nothing is cleared without its approvals'
    const needing = (people: number) => clear().replace('SET', `SET approvers_needed = ${people},`)
    await expectRefused(needing(2), few)
    await run(`UPDATE adjustments SET approvers_needed = 2 WHERE id = '${held}'`)
    await expectRefused(clear(), few)
    await expectRefused(needing(1), few)
    await run(approve('finance@saas.example'))
    await run(clear())
  })
})

describe('4: what is undone stays undone, and is undone once', () => {
  const columns = `event_id, rule_id, account, endpoint, source, subject, part, mode, settlement, reason,
    caused_by, currency, description, created_at, state, version, wake_at, attempts, generation`
  const reversal = (of: string, amount = '-amount') =>
    `INSERT INTO adjustments (id, reverses, amount, ${columns})
    SELECT 'adj_reversal', id, ${amount}, event_id, 'reversal', account, endpoint, source, 'reversal:1', part,
      mode, settlement, reason, caused_by, currency, description, 1, 'due', 1, 1, 0, 0
    FROM adjustments WHERE id = '${of}'`

  it('refuses a reversal of a part, and of what is not there', async () => {
    const whole = 'a reversal undoes the whole of one adjustment'
    await expectRefused(reversal(invoiced.id, '1'), whole)
    await expectRefused(reversal(invoiced.id, 'amount'), whole)
    await expectRefused(
      reversal(invoiced.id).replace("'adj_reversal', id", "'adj_reversal', 'adj_none'"),
      whole,
    )
  })

  it('refuses to issue a reversal of what is not invoiced, or that is not its one reversal', async () => {
    await run(reversal(invoiced.id))
    const issue = `UPDATE adjustments SET state = 'issuing', version = version + 1, lease_until = 1,
      request = '{}', counted_at = 1, counted_day = 'd' WHERE id = 'adj_reversal'`
    await expectRefused(issue, 'only what is invoiced is reversed')
    await expectRefused(
      reversal(invoiced.id)
        .replaceAll("'adj_reversal'", "'adj_second'")
        .replace('reversal:1', 'reversal:2'),
      'UNIQUE',
    )
    await run(`UPDATE adjustments SET reversed_by = 'adj_reversal' WHERE id = '${invoiced.id}'`)
    await run(issue)
  })

  it('keeps an undo as it was written, and lets nothing that it undoes begin', async () => {
    const undo = (words: string) =>
      `${words} INTO undos SELECT account, subject, rule_id, mode, 'evt_undo', NULL, 1 FROM adjustments WHERE id = '${due}'`
    await run(undo('INSERT'))
    await expectRefused(undo('INSERT'), 'an undo is never replaced')
    await expectRefused(undo('INSERT OR REPLACE'), 'an undo is never replaced')
    await expectRefused('UPDATE undos SET at = 2', 'an undo is never changed')
    await expectRefused('DELETE FROM undos', 'an undo is never removed')
    await expectRefused(
      `UPDATE adjustments SET state = 'issuing', version = version + 1, lease_until = 1, request = '{}',
        counted_at = 1, counted_day = 'd' WHERE id = '${due}'`,
      'what was undone is not issued',
    )
  })
})

describe('keys are revoked, never changed or removed', () => {
  it('by the database itself', async () => {
    await run(
      `INSERT INTO keys (seq, id, name, hash, scopes, created_at, created_by)
        VALUES (1, 'key_1', 'one', 'hash', '["read"]', 1, 'bootstrap')`,
    )
    for (const column of ['name', 'email', 'hash', 'scopes', 'created_by']) {
      await expectRefused(`UPDATE keys SET ${column} = '["admin"]'`, 'what a key is never changes')
    }
    await expectRefused('DELETE FROM keys', 'keys are revoked, never removed')
    await run('UPDATE keys SET revoked_at = 5')
    for (const at of ['NULL', '6']) {
      await expectRefused(`UPDATE keys SET revoked_at = ${at}`, 'a revoked key stays revoked')
    }
  })
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
