// A release may be taken back: the code of before then runs on the database of the next one, which has more columns
// and tables (docs/upgrading.md). So what is here has to work on a database in which each table has a column more.
// What these files test on the database as it is, they test on such a one; test/scripts/inserts.test.ts reads the rest.

import { env } from 'cloudflare:workers'
import { beforeAll, expect, it } from 'vitest'

const COLUMN = 'of_the_next_release'

const tables = async (): Promise<string[]> => {
  const { results } = await env.DB.prepare(
    "SELECT name FROM sqlite_master WHERE type = 'table' AND NOT (name GLOB 'sqlite*' OR name GLOB '_cf*' OR name GLOB 'd1*')",
  ).all<{ name: string }>()
  return results.map(({ name }) => name)
}

/** Each file has a database of its own. */
export function onLaterSchema(): void {
  beforeAll(async () => {
    const names = await tables()
    await env.DB.batch([
      ...names.map((name) => env.DB.prepare(`ALTER TABLE ${name} ADD COLUMN ${COLUMN} TEXT`)),
      env.DB.prepare(`CREATE TABLE ${COLUMN} (id TEXT PRIMARY KEY) STRICT`),
    ])
  })

  it('has a column more in every table, and a table more', async () => {
    const names = await tables()
    expect(names).toContain(COLUMN)
    expect(names.length).toBeGreaterThan(20)
    for (const name of names.filter((each) => each !== COLUMN)) {
      await env.DB.prepare(`SELECT ${COLUMN} FROM ${name} LIMIT 1`).all()
    }
  })
}
