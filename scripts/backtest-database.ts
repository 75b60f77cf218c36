// The database of a backtest: the file of the local one, which is only read, also while `npm start`
// runs on it, or the deployed one, asked through Wrangler.

import { createHash, createHmac } from 'node:crypto'
import * as fs from 'node:fs'
import * as path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { accountOf } from './account.ts'
import type { Query } from './backtest-records.ts'
import { readDeployment, writeConfig, type Place } from './deployment.ts'
import { readWranglerConfig } from './project.ts'
import type { Wrangler } from './run-wrangler.ts'
import { Trouble } from './trouble.ts'

export type OpenDatabase = { readonly query: Query; close(): void }

const BUSY_MS = 5_000

/** One snapshot: what is written meanwhile is not seen. Throws Trouble where there is no database. */
export function openLocal(statePath: string): OpenDatabase {
  const file = localFile(statePath)
  if (!fs.existsSync(file)) {
    throw new Trouble(`${statePath} holds no database yet; \`npm start\` makes it`)
  }
  const database = new DatabaseSync(file, { readOnly: true, timeout: BUSY_MS })
  database.exec('BEGIN')
  return {
    query: (sql) => Promise.resolve(database.prepare(sql).all()),
    close: () => database.close(),
  }
}

/** Where Miniflare keeps a D1 database: named by a hash of its id, or of its binding without one. */
export function localFile(statePath: string): string {
  const [database] = readWranglerConfig().d1_databases
  if (!database) throw new Trouble('wrangler.toml names no D1 database')
  const id = database.preview_database_id ?? database.database_id ?? database.binding
  const namespace = 'miniflare-D1DatabaseObject'
  const key = createHash('sha256').update(namespace).digest()
  const half = (text: string | Buffer) =>
    createHmac('sha256', key).update(text).digest().subarray(0, 16)
  const name = Buffer.concat([half(id), half(half(id))]).toString('hex')
  return path.join(statePath, 'v3', 'd1', namespace, `${name}.sqlite`)
}

/** Every page is a call of its own, so events that arrive meanwhile may be among the last ones. */
export function openRemote(root: string, place: Place, wrangler: Wrangler): OpenDatabase {
  const deployment = readDeployment(root, place)
  const account = accountOf(wrangler, deployment, writeConfig(root, deployment, 'look.json'))
  return { query: (sql) => account.query(sql), close: () => undefined }
}
