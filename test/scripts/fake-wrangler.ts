// A Cloudflare account that a test holds, and the Wrangler that speaks to it, in the cases in which the real one bites
// too. It can refuse, or end its caller, before or after any of its calls.

import * as fs from 'node:fs'
import * as path from 'node:path'
import type { Wrangler } from '../../scripts/run-wrangler.ts'

export type Call = {
  readonly args: readonly string[]
  readonly input: string
  readonly outputFile: string
}

export type FakeAccount = {
  accounts: { id: string; name: string }[] | null
  databases: Record<string, FakeDatabase>
  queues: string[]
  /** The Worker that a queue wakes. */
  consumers: Record<string, string>
  workers: Record<string, FakeWorker>
  calls: Call[]
  /** What the next deployment answers. */
  deployed: { version: string; targets: string[] }
  /** At which call, counted from 1, something happens; 0 is never. */
  trouble: { at: number; how: 'refuse' | 'half' | 'kill_before' | 'kill_after' }
  /** A kind of call that is refused, and what is said then. */
  refusing: { call: string; why: string } | null
}

type FakeDatabase = {
  uuid: string
  applied: string[]
  rules: { id: string; at: number }[]
  isPaused: boolean
  /** Something was written down in it. */
  isUsed: boolean
  /** A link's id, a public key of the log; null is none yet. */
  link: string | null
  auditKey: string | null
  /** The newest first. */
  signing: { public: string; at: number }[]
  newestLink: { id: string; invoiceId: string; nth: number } | null
}

type FakeWorker = {
  secrets: Record<string, string>
  /** Of deployments with code. */
  versions: string[]
  /** Secrets are a version too; after a rollback it isn't the newest. */
  current: string
  isNewest: boolean
}

export const newDatabase = (name: string): FakeDatabase => ({
  uuid: `uuid-of-${name}`,
  applied: [],
  rules: [],
  isPaused: false,
  isUsed: false,
  link: null,
  auditKey: null,
  signing: [],
  newestLink: null,
})
const newWorker = (): FakeWorker => ({
  secrets: {},
  versions: [],
  current: 'draft',
  isNewest: true,
})

export const emptyAccount = (): FakeAccount => ({
  accounts: [{ id: 'a1', name: 'Acme' }],
  databases: {},
  queues: [],
  consumers: {},
  workers: {},
  calls: [],
  deployed: { version: 'v-1', targets: [] },
  trouble: { at: 0, how: 'refuse' },
  refusing: null,
})

class Refusal extends Error {}

type Config = {
  name: string
  d1_databases: [{ migrations_dir: string; database_id?: string }]
  queues: { producers: { queue: string }[]; consumers: { queue: string }[] }
}

const valueAfter = (args: readonly string[], option: string): string =>
  args[args.indexOf(option) + 1] ?? ''

function rowsOf(
  { applied, rules, isPaused, isUsed, link, auditKey, signing, newestLink }: FakeDatabase,
  sql: string,
): object[] {
  const text = (value: string | null) => (value === null ? [] : [{ text: value }])
  if (applied.length === 0) throw new Refusal('no such table: d1_migrations: SQLITE_ERROR')
  if (sql.includes('d1_migrations')) return applied.map((name) => ({ name }))
  if (sql.includes('rule_ids')) return rules
  if (sql.includes('switches')) return isPaused ? [{ kind: 'all' }] : []
  if (sql.includes('audit_entries')) return isUsed ? [{ text: 'event.received' }] : []
  if (sql.includes('retired_at IS NULL')) return signing
  if (sql.includes('invoice_id')) return newestLink === null ? [] : [newestLink]
  if (sql.includes('FROM links')) return text(link)
  if (sql.includes('audit_keys')) return text(auditKey)
  throw new Refusal(`the fake has no table for ${sql}`)
}

function answer(account: FakeAccount, call: Call, isHalf: boolean): string {
  const { args, input, outputFile } = call
  const file = valueAfter(args, '--config')
  const config: Config = JSON.parse(fs.readFileSync(file, 'utf8'))
  const [one, two, three = ''] = args
  const worker = account.workers[config.name]
  const database =
    account.databases[args[0] === 'd1' && args[1] === 'migrations' ? (args[3] ?? '') : three]
  switch (`${one} ${two}`) {
    case 'whoami --json':
      return JSON.stringify({ loggedIn: account.accounts !== null, accounts: account.accounts })
    case 'd1 list':
      return JSON.stringify(
        Object.entries(account.databases).map(([name, { uuid }]) => ({ name, uuid })),
      )
    case 'd1 create':
      if (database) throw new Refusal(`A database with the name '${three}' already exists`)
      account.databases[three] = newDatabase(three)
      return 'Successfully created'
    case 'd1 execute':
      if (!database) throw new Refusal(`Couldn't find a D1 DB with the name or binding '${three}'`)
      return JSON.stringify([
        { results: rowsOf(database, valueAfter(args, '--command')), success: true },
      ])
    case 'd1 time-travel':
      return JSON.stringify({ bookmark: '00000085-0000024c' })
    case 'd1 migrations': {
      const folder = path.resolve(path.dirname(file), config.d1_databases[0].migrations_dir)
      const files = fs.readdirSync(folder).filter((name) => name.endsWith('.sql'))
      const count = isHalf ? Math.floor(files.length / 2) : files.length
      if (database) database.applied = files.toSorted().slice(0, count)
      if (isHalf) throw new Refusal('a migration failed: SQLITE_CONSTRAINT')
      return 'applied'
    }
    case 'queues info':
      if (account.queues.includes(three)) {
        const consumer = account.consumers[three]
        const said = consumer === undefined ? '' : `Consumers: worker:${consumer}\n`
        return `Queue Name: ${three}\nNumber of Consumers: ${consumer ? 1 : 0}\n${said}`
      }
      throw new Refusal(
        `Queue "${three}" does not exist. To create it, run: wrangler queues create`,
      )
    case 'queues create':
      if (account.queues.includes(three)) throw new Refusal('Queue name is already taken')
      account.queues.push(three)
      return 'Created'
    case 'secret list':
      if (worker === undefined) throw new Refusal(`Worker "${config.name}" not found.`)
      return JSON.stringify(
        Object.keys(worker.secrets).map((name) => ({ name, type: 'secret_text' })),
      )
    case 'secret bulk': {
      const made = worker ?? newWorker()
      if (!made.isNewest) {
        throw new Refusal(
          "Secret edit failed. You attempted to modify a secret, but the latest version of your Worker isn't currently deployed.",
        )
      }
      Object.assign(made.secrets, JSON.parse(input))
      made.current = `secrets-${account.calls.length}`
      account.workers[config.name] = made
      return 'Finished processing secrets'
    }
    case 'deployments status':
      if (worker === undefined) throw new Refusal('This Worker does not exist on your account.')
      return JSON.stringify({ versions: [{ version_id: worker.current, percentage: 100 }] })
    case 'versions view': {
      // The one that a first secret makes is empty.
      const isEmpty = (worker?.versions ?? []).length === 0
      const handlers = isEmpty ? ['fetch'] : ['fetch', 'queue', 'scheduled']
      return JSON.stringify({ id: three, resources: { script: { handlers }, bindings: [] } })
    }
    case 'deploy --dry-run':
      return 'Total Upload: 529.56 KiB / gzip: 180.50 KiB'
    case 'deploy --config': {
      const made = worker ?? newWorker()
      if (config.d1_databases[0].database_id === undefined) throw new Refusal('no database id')
      for (const { queue } of [...config.queues.producers, ...config.queues.consumers]) {
        if (!account.queues.includes(queue)) throw new Refusal(`Queue "${queue}" does not exist.`)
      }
      for (const { queue } of config.queues.consumers) account.consumers[queue] ??= config.name
      const { version, targets } = account.deployed
      made.versions.push(version)
      made.current = version
      made.isNewest = true
      account.workers[config.name] = made
      const told = { type: 'deploy', version: 1, version_id: version, targets }
      const lines = [{ type: 'wrangler-session', version: 1 }, told].map((line) =>
        JSON.stringify(line),
      )
      fs.writeFileSync(outputFile, `${lines.join('\n')}\n`)
      return 'Uploaded'
    }
    default:
      throw new Refusal(`the fake knows no ${args.join(' ')}`)
  }
}

/** What a process that was killed would never have done. */
export class Killed extends Error {}

function perform(account: FakeAccount, call: Call, kill: () => void): string {
  account.calls.push(call)
  const { at, how } = account.trouble
  const isNow = account.calls.length === at
  if (isNow && how === 'refuse') throw new Refusal('the network is down [code: 10000]')
  if (isNow && how === 'kill_before') kill()
  const { call: kind = '', why = '' } = account.refusing ?? {}
  if (kind !== '' && call.args.join(' ').startsWith(kind)) throw new Refusal(why)
  try {
    return answer(account, call, isNow && how === 'half')
  } finally {
    if (isNow && how === 'kill_after') kill()
  }
}

const killWithException = () => {
  throw new Killed()
}

/** `kill`: how its caller ends; in the process of a test by an exception. */
export const wranglerOf =
  (account: () => FakeAccount, kill: () => void = killWithException): Wrangler =>
  async (args, { input = '', env = {} } = {}) => {
    try {
      const call = { args, input, outputFile: env['WRANGLER_OUTPUT_FILE_PATH'] ?? '' }
      return { code: 0, stdout: perform(account(), call, kill), stderr: '' }
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      return { code: 1, stdout: '', stderr: `✘ [ERROR] ${error.message}` }
    }
  }
