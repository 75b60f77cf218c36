// The Cloudflare account, through Wrangler: what is there, and what is made. Names are unique in an account, so
// what is there is found by its name, and no id has to be kept in a file.

import * as z from 'zod'
import type { Deployment } from './deployment.ts'
import { wranglerTrouble, type Called, type Wrangler } from './run-wrangler.ts'
import { Trouble } from './trouble.ts'

const identity = z.object({
  loggedIn: z.boolean(),
  accounts: z.array(z.object({ id: z.string(), name: z.string() })).default([]),
})
const databases = z.array(z.object({ name: z.string(), uuid: z.string() }))
const names = z.array(z.object({ name: z.string() }))
const rows = z.array(z.object({ results: names }))
const bookmark = z.object({ bookmark: z.string() })

export type Account = ReturnType<typeof accountOf>

type Calls = {
  readonly call: (...args: readonly string[]) => Promise<Called>
  /** Throws Trouble, which begins with `what`, unless it ends well. */
  readonly done: (what: string, ...args: readonly string[]) => Promise<string>
}

/** `config`: the file that names Worker and account. Each throws Trouble with what Wrangler says. */
export function accountOf(wrangler: Wrangler, deployment: Deployment, config: string) {
  const call: Calls['call'] = (...args) => wrangler([...args, '--config', config])
  const done: Calls['done'] = async (what, ...args) => {
    const called = await call(...args)
    if (called.code !== 0) throw wranglerTrouble(what, called)
    return called.stdout
  }
  const calls = { call, done }
  const put = (input: string) => wrangler(['secret', 'bulk', '--config', config], { input })
  return {
    ...resourcesOf(calls, deployment),
    ...secretsOf(calls, deployment, put),
    ...migrationsOf(calls, deployment),
  }
}

function resourcesOf({ call, done }: Calls, { database }: Deployment) {
  return {
    /** Who is logged in; null is nobody. */
    async login(): Promise<readonly { readonly id: string; readonly name: string }[] | null> {
      const called = await call('whoami', '--json')
      const said = identity.safeParse(jsonIn(called.stdout))
      return said.success && said.data.loggedIn ? said.data.accounts : null
    },
    async databaseId(): Promise<string | null> {
      const printed = await done('the databases can not be listed', 'd1', 'list', '--json')
      const found = databases.parse(jsonIn(printed)).find(({ name }) => name === database.name)
      return found?.uuid ?? null
    },
    makeDatabase: (options: readonly string[]): Promise<string> =>
      done(
        `the database ${database.name} can not be made`,
        'd1',
        'create',
        database.name,
        ...options,
      ),
    async hasQueue(name: string): Promise<boolean> {
      const called = await call('queues', 'info', name)
      if (called.code === 0) return true
      if (/does not exist/.test(called.stderr + called.stdout)) return false
      throw wranglerTrouble(`the queue ${name} can not be looked up`, called)
    },
    makeQueue: (name: string, options: readonly string[]): Promise<string> =>
      done(`the queue ${name} can not be made`, 'queues', 'create', name, ...options),
  }
}

function secretsOf(
  { call }: Calls,
  { worker }: Deployment,
  put: (input: string) => Promise<Called>,
) {
  return {
    /** Names of secrets; null where there is no such Worker yet. */
    async secrets(): Promise<ReadonlySet<string> | null> {
      const called = await call('secret', 'list', '--format', 'json')
      if (called.code === 0) {
        return new Set(names.parse(jsonIn(called.stdout)).map(({ name }) => name))
      }
      if (/not found/i.test(called.stderr + called.stdout)) return null
      throw wranglerTrouble(`the secrets of ${worker} can not be listed`, called)
    },
    /** All or none of them. A Worker that isn't there is made, empty. */
    async putSecrets(values: Readonly<Record<string, string>>): Promise<void> {
      const called = await put(JSON.stringify(values))
      if (called.code === 0) return
      throw wranglerTrouble(`${Object.keys(values).join(', ')} could not be stored`, called)
    },
  }
}

function migrationsOf({ call, done }: Calls, { database }: Deployment) {
  return {
    /** Names of the files, oldest first; none where nothing was ever applied. */
    async appliedMigrations(): Promise<readonly string[]> {
      const sql = 'SELECT name FROM d1_migrations ORDER BY id'
      const args = ['d1', 'execute', database.name, '--remote', '--json', '--yes', '--command', sql]
      const called = await call(...args)
      const read = rows.safeParse(jsonIn(called.stdout))
      if (read.success) return read.data.flatMap(({ results }) => results.map(({ name }) => name))
      if (/no such table/.test(called.stdout + called.stderr)) return []
      throw wranglerTrouble('the applied migrations can not be read', called)
    },
    migrate: (): Promise<string> =>
      done('a migration was refused', 'd1', 'migrations', 'apply', database.name, '--remote'),
    /** By which D1 can be put back to this moment; null where it has none. */
    async bookmark(): Promise<string | null> {
      const called = await call('d1', 'time-travel', 'info', database.name, '--json')
      return bookmark.safeParse(jsonIn(called.stdout)).data?.bookmark ?? null
    },
  }
}

/** Wrangler may print a line of its own before its JSON. */
function jsonIn(printed: string): unknown {
  const start = printed.search(/^[[{]/m)
  try {
    return JSON.parse(printed.slice(Math.max(start, 0)))
  } catch {
    return null
  }
}

/** Throws Trouble unless exactly one account is meant. */
export async function requireLogin(account: Account, configured: string | undefined) {
  const accounts = await account.login()
  if (accounts === null) {
    throw new Trouble(
      'nobody is logged in to Cloudflare: `npx wrangler login`, or CLOUDFLARE_API_TOKEN in the environment',
    )
  }
  const chosen = process.env['CLOUDFLARE_ACCOUNT_ID'] ?? configured
  if (chosen === undefined && accounts.length > 1) {
    const list = accounts.map(({ id, name }) => `\n  ${id}  ${name}`).join('')
    throw new Trouble(`which account? CLOUDFLARE_ACCOUNT_ID is one of${list}`)
  }
  const found = accounts.find(({ id }) => chosen === undefined || id === chosen)
  return found?.name ?? chosen ?? 'the account of this token'
}
