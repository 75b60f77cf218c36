// The Cloudflare account, through Wrangler: what is there, and what is made. Names are unique in an account, so
// what is there is found by its name, and no id has to be kept in a file.

import * as z from 'zod'
import { commandFor, type Deployment } from './deployment.ts'
import { recordedRule, type RecordedRule } from './lost-rules.ts'
import { wranglerTrouble, type Called, type Wrangler } from './run-wrangler.ts'
import { Trouble } from './trouble.ts'

const identity = z.object({
  loggedIn: z.boolean(),
  accounts: z.array(z.object({ id: z.string(), name: z.string() })).default([]),
})
const databases = z.array(z.object({ name: z.string(), uuid: z.string() }))
const names = z.array(z.object({ name: z.string() }))
const answer = z.array(z.object({ results: z.array(z.unknown()), success: z.literal(true) }))
const refusal = z.object({ error: z.object({ text: z.string() }) })
const bookmark = z.object({ bookmark: z.string() })
const deployment = z.object({
  versions: z.array(z.object({ version_id: z.string(), percentage: z.number() })),
})

const version = z.object({
  resources: z.object({ script: z.object({ handlers: z.array(z.string()).nullish() }) }),
})
const signingNow = z.object({ public: z.string(), at: z.number() })
const newestLink = z.object({ id: z.string(), invoiceId: z.string(), nth: z.number() })

export type SigningNow = z.output<typeof signingNow>
export type NewestLink = z.output<typeof newestLink>
export type Account = ReturnType<typeof accountOf>

type Calls = {
  readonly call: (...args: readonly string[]) => Promise<Called>
  /** Throws Trouble, which begins with `what`, unless it ends well. */
  readonly done: (what: string, ...args: readonly string[]) => Promise<string>
}

/**
 * `config`: the file that names Worker and account. Each throws Trouble with what Wrangler says. It throws itself
 * where two accounts are named.
 */
export function accountOf(wrangler: Wrangler, deployed: Deployment, config: string) {
  requireOneAccount(deployed)
  const call: Calls['call'] = (...args) => wrangler([...args, '--config', config])
  const done: Calls['done'] = async (what, ...args) => {
    const called = await call(...args)
    if (called.code !== 0) throw wranglerTrouble(what, called)
    return called.stdout
  }
  const calls = { call, done }
  const put = (input: string) => wrangler(['secret', 'bulk', '--config', config], { input })
  return {
    ...resourcesOf(calls, deployed),
    ...workerOf(calls, deployed, put),
    ...databaseOf(calls, deployed),
  }
}

/** In CI a secret that nobody has set is an empty text. */
const environmentAccount = (): string | null => process.env['CLOUDFLARE_ACCOUNT_ID'] || null

const configuredAccount = ({ config }: Deployment): string | null =>
  typeof config['account_id'] === 'string' ? config['account_id'] : null

/** Wrangler would go by the file. Whoever has named the other one for this call believes that he is there. */
function requireOneAccount(deployed: Deployment): void {
  const [configured, named] = [configuredAccount(deployed), environmentAccount()]
  if (configured === null || named === null || configured === named) return
  throw new Trouble(
    `which account? deployment.toml has account_id ${configured} for ${deployed.place}, and CLOUDFLARE_ACCOUNT_ID is ${named}: take one of them away`,
  )
}

function resourcesOf({ call, done }: Calls, { database, worker }: Deployment) {
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
    /** Throws Trouble too where it wakes another Worker: a queue has one, so the upload would be refused half-way. */
    async hasQueue(name: string): Promise<boolean> {
      const called = await call('queues', 'info', name)
      // Wrangler prints `undefined` where Cloudflare calls it otherwise.
      const [, other = worker] =
        /^Consumers: worker:(?!undefined\b)([\w-]+)/m.exec(called.stdout) ?? []
      if (other !== worker) {
        throw new Trouble(
          `the queue ${name} is of the Worker ${other}, and can't be of ${worker} as well: a Worker's name is chosen once (docs/upgrading.md)`,
        )
      }
      if (called.code === 0) return true
      if (/does not exist/.test(called.stderr + called.stdout)) return false
      throw wranglerTrouble(`the queue ${name} can not be looked up`, called)
    },
    makeQueue: (name: string, options: readonly string[]): Promise<string> =>
      done(`the queue ${name} can not be made`, 'queues', 'create', name, ...options),
  }
}

function workerOf(
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
      // Any other trouble that says "not found" is no reason to draw new keys.
      if (`${called.stderr}${called.stdout}`.includes(`Worker "${worker}" not found`)) return null
      throw wranglerTrouble(`the secrets of ${worker} can not be listed`, called)
    },
    /** All or none of them. A Worker that isn't there is made, empty. */
    async putSecrets(values: Readonly<Record<string, string>>): Promise<void> {
      const called = await put(JSON.stringify(values))
      if (called.code === 0) return
      const what = `${Object.keys(values).join(', ')} could not be stored`
      if (/isn't currently deployed/.test(called.stderr + called.stdout)) {
        throw new Trouble(
          `${what}: the newest version of ${worker} isn't the one that runs, as after a rollback; deploy first`,
        )
      }
      throw wranglerTrouble(what, called)
    },
    /** The version that all requests go to; null where there is none, where several share them, or where it never ran. */
    async currentVersion(): Promise<string | null> {
      const called = await call('deployments', 'status', '--json')
      const versions = deployment.safeParse(jsonIn(called.stdout)).data?.versions ?? []
      const id = versions.find(({ percentage }) => percentage === 100)?.version_id
      if (id === undefined) return null
      // The Worker that a first secret makes is empty: it takes no queue's messages.
      const seen = await call('versions', 'view', id, '--json')
      const handlers = version.safeParse(jsonIn(seen.stdout)).data?.resources.script.handlers ?? []
      return handlers.includes('queue') ? id : null
    },
  }
}

function databaseOf({ call, done }: Calls, { database, place }: Deployment) {
  /** Rows; null where the table isn't there yet. */
  async function ask(sql: string): Promise<readonly unknown[] | null> {
    const args = ['d1', 'execute', database.name, '--remote', '--json', '--yes', '--command', sql]
    const called = await call(...args)
    const printed = jsonIn(called.stdout)
    const [first] = answer.safeParse(printed).data ?? []
    if (first !== undefined) return first.results
    if (/no such table/.test(called.stdout + called.stderr)) return null
    const why = refusal.safeParse(printed).data?.error.text
    const what = `${database.name} can't be read`
    if (why === undefined && called.code !== 0) throw wranglerTrouble(what, called)
    throw new Trouble(`${what}: ${why ?? 'the answer is not what it was'}`)
  }
  const rowsOf = async <T>(schema: z.ZodType<T>, sql: string): Promise<readonly T[]> =>
    z.array(schema).parse((await ask(sql)) ?? [])
  return {
    async query(sql: string): Promise<readonly unknown[]> {
      const rows = await ask(sql)
      if (rows === null) {
        throw new Trouble(`${database.name} lacks a table: ${commandFor('deploy', place)}`)
      }
      return rows
    },
    /** Names of the files, oldest first; none where nothing was ever applied. */
    async appliedMigrations(): Promise<readonly string[]> {
      const sql = 'SELECT name FROM d1_migrations ORDER BY id'
      return (await rowsOf(z.object({ name: z.string() }), sql)).map(({ name }) => name)
    },
    /** Of the first row; null where there is none, or no such table yet. */
    async firstText(sql: string): Promise<string | null> {
      return (await rowsOf(z.object({ text: z.string() }), sql))[0]?.text ?? null
    },
    recordedRules: (): Promise<readonly RecordedRule[]> =>
      rowsOf(recordedRule, 'SELECT id, at FROM rule_ids ORDER BY id'),
    /** Keys of the log that have signed and were not taken out since, the newest first. */
    signingNow: (): Promise<readonly SigningNow[]> =>
      rowsOf(
        signingNow,
        'SELECT public, first_seen_at AS at FROM audit_keys WHERE retired_at IS NULL ORDER BY at DESC',
      ),
    async newestLink(): Promise<NewestLink | null> {
      const sql = 'SELECT id, invoice_id AS invoiceId, nth FROM links ORDER BY seq DESC LIMIT 1'
      return (await rowsOf(newestLink, sql))[0] ?? null
    },
    async isPaused(): Promise<boolean> {
      const sql = "SELECT kind FROM switches WHERE kind = 'all'"
      return (await rowsOf(z.unknown(), sql)).length > 0
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

/** Its name. Throws Trouble unless exactly one account is meant. */
export async function requireLogin(account: Account, deployed: Deployment): Promise<string> {
  const accounts = await account.login()
  if (accounts === null) {
    throw new Trouble(
      'nobody is logged in to Cloudflare: `npx wrangler login`, or CLOUDFLARE_API_TOKEN in the environment',
    )
  }
  const chosen = configuredAccount(deployed) ?? environmentAccount()
  const list = accounts.map(({ id, name }) => `\n  ${id}  ${name}`).join('')
  if (chosen === null) {
    if (accounts.length > 1)
      throw new Trouble(`which account? CLOUDFLARE_ACCOUNT_ID is one of${list}`)
    return accounts[0]?.name ?? 'the account of this token'
  }
  // A token may be one that can't list accounts.
  if (accounts.length === 0) return chosen
  const found = accounts.find(({ id }) => id === chosen)
  if (found === undefined) {
    throw new Trouble(`this login has no account ${chosen}; it has${list}`)
  }
  return found.name
}
