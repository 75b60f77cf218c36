// Brings a local D1 database up to date, in the way of `wrangler d1 migrations apply`: both keep
// their list in the same table, so either can go on where the other one stopped.
import * as fs from 'node:fs'
import * as path from 'node:path'
import type { D1Database } from '@cloudflare/workers-types'
import { unstable_splitSqlQuery } from 'wrangler'
import { Trouble } from './trouble.ts'

/** Wrangler's own table (cli.js, `getCreateMigrationsTableQuery`). */
const TABLE_DDL = (table: string) => `CREATE TABLE IF NOT EXISTS ${table}(
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  name       TEXT UNIQUE,
  applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL
)`

/**
 * Applies what is missing, oldest first, each file and its entry in the table as one transaction.
 * @returns the names of the files that were applied
 * @throws Trouble naming the file that the database refused
 */
export async function applyMigrations(
  database: D1Database,
  folder: string,
  table = 'd1_migrations',
): Promise<string[]> {
  await database.prepare(TABLE_DDL(table)).run()
  const listed = await database.prepare(`SELECT name FROM ${table}`).all<{ name: string }>()
  const applied = new Set(listed.results.map(({ name }) => name))
  const missing = migrationFiles(folder).filter((name) => !applied.has(name))
  for (const name of missing) {
    const statements = unstable_splitSqlQuery(fs.readFileSync(path.join(folder, name), 'utf8'))
    const record = database.prepare(`INSERT INTO ${table} (name) VALUES (?)`).bind(name)
    try {
      await database.batch([...statements.map((sql) => database.prepare(sql)), record])
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      throw new Trouble(`migration ${name} was refused by the local database: ${why}`)
    }
  }
  return missing
}

/** In the order in which they are applied. */
export function migrationFiles(folder: string): string[] {
  if (!fs.existsSync(folder)) return []
  const names = fs.readdirSync(folder).filter((name) => name.endsWith('.sql'))
  return names.toSorted((left, right) => left.localeCompare(right, 'en', { numeric: true }))
}
