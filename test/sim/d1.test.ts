// The simulator's D1 beside the real one, in workerd: the same statements, the same answers.

import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createD1 } from '../../sim/d1.ts'
import { openSqlite } from '../../sim/sqlite.ts'
import { DatabaseSync } from 'node:sqlite'

type Step = readonly [sql: string, ...params: unknown[]]

const SCHEMA: readonly string[] = [
  `CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT UNIQUE, amount INTEGER NOT NULL,
    CHECK (amount <> 0)) STRICT`,
  'CREATE TABLE log (seq INTEGER PRIMARY KEY, of INTEGER REFERENCES t (id), note ANY) STRICT',
  `CREATE TRIGGER t_log AFTER UPDATE ON t BEGIN
    INSERT INTO log (of, note) VALUES (NEW.id, OLD.amount); END`,
  `CREATE TRIGGER t_keep BEFORE DELETE ON t BEGIN SELECT RAISE(ABORT, 'rows stay'); END`,
]

/** Each is one batch, on what those before it have left. */
const BATCHES: readonly (readonly [what: string, steps: readonly Step[]])[] = [
  ['an insert that returns', [['INSERT INTO t VALUES (?, ?, ?) RETURNING *', 1, 'one', 5]]],
  ['a number binds as a real', [['SELECT typeof(?) AS kind, ? / 2 AS half', 5, 5]]],
  ['a real that is whole fits an INTEGER', [['SELECT typeof(amount) AS kind FROM t']]],
  ['a fraction does not fit', [['INSERT INTO t VALUES (2, ?, ?)', 'two', 1.5]]],
  ['a unique column', [['INSERT INTO t VALUES (3, ?, ?)', 'one', 1]]],
  ['a primary key', [['INSERT INTO t VALUES (1, ?, ?)', 'eins', 1]]],
  ['a check', [['INSERT INTO t VALUES (4, ?, ?)', 'four', 0]]],
  ['a value that must be there', [['INSERT INTO t VALUES (4, ?, ?)', 'four', null]]],
  ['a foreign key', [['INSERT INTO log (of, note) VALUES (99, ?)', 'x']]],
  ['a trigger that refuses', [['DELETE FROM t WHERE id = ?', 1]]],
  ['a table that is not there', [['SELECT * FROM nowhere']]],
  ['changes of triggers count', [['UPDATE t SET amount = amount + 1 WHERE id = 1']]],
  [
    'changes() speaks of the statement before',
    [
      ['UPDATE t SET amount = 7 WHERE id = 1'],
      ['INSERT INTO log (of, note) SELECT 1, ? WHERE changes() = 1', 'written'],
      ['UPDATE t SET amount = 8 WHERE id = 77'],
      ['INSERT INTO log (of, note) SELECT 1, ? WHERE changes() = 1', 'not written'],
      ['SELECT seq, note, typeof(note) AS kind FROM log ORDER BY seq'],
    ],
  ],
  [
    'a batch is all or nothing',
    [
      ['INSERT INTO t VALUES (5, ?, ?)', 'five', 5],
      ['INSERT INTO t VALUES (6, ?, ?)', 'five', 6],
    ],
  ],
  ['and nothing of it is there', [['SELECT count(*) AS n FROM t']]],
  ['two columns of one name', [['SELECT 1 AS a, 2 AS b, 3 AS a']]],
  ['a boolean is a number', [['SELECT ? AS yes, typeof(?) AS kind', true, false]]],
  ['bytes come back as numbers', [['SELECT ? AS bytes, length(?) AS n', bytes(1, 2), bytes(7)]]],
  ['no bytes are bytes', [['SELECT typeof(?) AS kind', bytes()]]],
  ['JSON', [["SELECT j.key, j.value ->> 'a' AS a FROM json_each(?) j", '[{"a":1},{"a":"x"}]']]],
  ['a large whole number', [['SELECT ? AS large', Number.MAX_SAFE_INTEGER]]],
  ['ON CONFLICT', [['INSERT INTO t VALUES (1, ?, 1) ON CONFLICT DO NOTHING RETURNING id', 'one']]],
  ['unixepoch', [["SELECT date(? / 1000, 'unixepoch') AS day", 1_792_999_995_000]]],
]

function bytes(...values: number[]): ArrayBuffer {
  return Uint8Array.from(values).buffer
}

let miniflare: Miniflare
let real: D1Database
let simulated: D1Database

beforeAll(async () => {
  miniflare = new Miniflare(
    convertV4MiniflareOptions({
      modules: true,
      script: 'export default { fetch: () => new Response() }',
      compatibilityDate: '2026-10-20',
      d1Databases: { DB: 'compared' },
    }),
  )
  real = await miniflare.getD1Database('DB')
  const empty = new DatabaseSync(':memory:')
  const sqlite = openSqlite(empty.serialize())
  simulated = createD1((statements) => Promise.resolve().then(() => sqlite.execute(statements)))
  for (const sql of SCHEMA) {
    await real.prepare(sql).run()
    await simulated.prepare(sql).run()
  }
})

afterAll(async () => {
  await miniflare.dispose()
})

/** What a batch answers, or the message with which it fails. */
async function answerOf(database: D1Database, steps: readonly Step[]): Promise<unknown> {
  const bound = steps.map(([sql, ...params]) => database.prepare(sql).bind(...params))
  try {
    const answers = await database.batch(bound)
    return answers.map(({ results, meta }) => ({ results, changes: meta.changes }))
  } catch (error) {
    return error instanceof Error ? error.message : error
  }
}

describe('the D1 of the simulator answers as D1 does', () => {
  it.each(BATCHES)('%s', async (_, steps) => {
    expect(await answerOf(simulated, steps)).toEqual(await answerOf(real, steps))
  })

  it('reads rows as lists', async () => {
    const sql = 'SELECT id, name, amount FROM t ORDER BY id'
    const [wanted, found] = [await real.prepare(sql).raw(), await simulated.prepare(sql).raw()]
    expect(found).toEqual(wanted)
    expect(found.length).toBeGreaterThan(0)
  })

  it('refuses what D1 refuses to bind', async () => {
    await expect(simulated.prepare('SELECT ?').bind(undefined).all()).rejects.toThrow(
      'D1_TYPE_ERROR',
    )
  })
})
