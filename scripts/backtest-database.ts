// The database of a backtest: the file of the local one, which is only read, also while `npm start`
// runs on it, or the deployed one, asked through Wrangler.

import { execFile } from 'node:child_process'
import { createHash, createHmac } from 'node:crypto'
import * as fs from 'node:fs'
import * as path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { promisify } from 'node:util'
import * as z from 'zod'
import type { Query } from './backtest-records.ts'
import { readWranglerConfig, ROOT } from './project.ts'
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

/** Runs Wrangler with these arguments and answers what it printed. */
export type RunWrangler = (args: readonly string[]) => Promise<string>

const answerSchema = z.array(z.object({ results: z.array(z.unknown()), success: z.literal(true) }))
const refusalSchema = z.object({ error: z.object({ text: z.string() }) })

/** Every page is a call of its own, so events that arrive meanwhile may be among the last ones. */
export function openRemote(run: RunWrangler = runWrangler): OpenDatabase {
  const [database] = readWranglerConfig().d1_databases
  if (!database) throw new Trouble('wrangler.toml names no D1 database')
  const { binding } = database
  return {
    query: async (sql) => {
      const args = ['d1', 'execute', binding, '--remote', '--json', '--yes', '--command', sql]
      return rowsOf(await run(args))
    },
    close: () => undefined,
  }
}

function rowsOf(printed: string): readonly unknown[] {
  const answer = parsed(printed)
  const read = answerSchema.safeParse(answer)
  const [first] = read.data ?? []
  if (first) return first.results
  const refusal = refusalSchema.safeParse(answer)
  const why = refusal.data?.error.text ?? 'its answer is not what it was'
  throw new Trouble(`the deployed database can't be read: ${why}`)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

const ANSWER_BYTES_MAX = 256 * 1_048_576
const CALL_DEADLINE_MS = 120_000

/** Throws Trouble where it prints no JSON. */
export async function runWrangler(args: readonly string[]): Promise<string> {
  const program = path.join(ROOT, 'node_modules', 'wrangler', 'bin', 'wrangler.js')
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [program, ...args], {
      cwd: ROOT,
      // Its answer is one of its log lines, which the other commands keep quiet.
      env: { ...process.env, WRANGLER_LOG: 'log' },
      maxBuffer: ANSWER_BYTES_MAX,
      timeout: CALL_DEADLINE_MS,
    })
    return stdout
  } catch (error) {
    const printed: unknown = error instanceof Error ? Reflect.get(error, 'stdout') : ''
    if (typeof printed === 'string' && parsed(printed) !== null) return printed
    const [line] = (error instanceof Error ? error.message : String(error)).split('\n')
    throw new Trouble(`the deployed database can't be read: ${line}`)
  }
}
