// A Cloudflare account that a test holds, and the `wrangler` that speaks to it: what it is asked stands in a file,
// with what it read from its input; it can refuse, or end its caller, before or after any of its calls.

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
  databases: Record<string, { uuid: string; applied: string[] }>
  queues: string[]
  /** Secrets by name; a version for each deployment. */
  workers: Record<string, { secrets: Record<string, string>; versions: string[] }>
  calls: Call[]
  /** What the next deployment answers. */
  deployed: { version: string; targets: string[] }
  /** At which call, counted from 1, something happens; 0 is never. */
  trouble: { at: number; how: 'refuse' | 'kill_before' | 'kill_after' }
}

export const emptyAccount = (): FakeAccount => ({
  accounts: [{ id: 'a1', name: 'Acme' }],
  databases: {},
  queues: [],
  workers: {},
  calls: [],
  deployed: { version: 'v-1', targets: [] },
  trouble: { at: 0, how: 'refuse' },
})

class Refusal extends Error {}

type Config = { name: string; d1_databases: [{ migrations_dir: string; database_id?: string }] }

const valueAfter = (args: readonly string[], option: string): string =>
  args[args.indexOf(option) + 1] ?? ''

function answer(account: FakeAccount, { args, input, outputFile }: Call): string {
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
      account.databases[three] = { uuid: `uuid-of-${three}`, applied: [] }
      return 'Successfully created'
    case 'd1 execute':
      if (!database?.applied.length) throw new Refusal('no such table: d1_migrations: SQLITE_ERROR')
      return JSON.stringify([
        { results: database.applied.map((name) => ({ name })), success: true },
      ])
    case 'd1 time-travel':
      return JSON.stringify({ bookmark: '00000085-0000024c' })
    case 'd1 migrations': {
      const folder = path.resolve(path.dirname(file), config.d1_databases[0].migrations_dir)
      const files = fs.readdirSync(folder).filter((name) => name.endsWith('.sql'))
      if (database) database.applied = files.toSorted()
      return 'applied'
    }
    case 'queues info':
      if (account.queues.includes(three)) return 'Queue Name: '
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
      const made = worker ?? { secrets: {}, versions: [] }
      Object.assign(made.secrets, JSON.parse(input))
      account.workers[config.name] = made
      return 'Finished processing secrets'
    }
    case 'deploy --config': {
      const made = worker ?? { secrets: {}, versions: [] }
      if (config.d1_databases[0].database_id === undefined) throw new Refusal('no database id')
      made.versions.push(account.deployed.version)
      account.workers[config.name] = made
      const { version, targets } = account.deployed
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
  try {
    return answer(account, call)
  } finally {
    if (isNow && how === 'kill_after') kill()
  }
}

/** In the process of the test; its end is an exception. */
export const wranglerOf =
  (account: () => FakeAccount): Wrangler =>
  async (args, { input = '', env = {} } = {}) => {
    try {
      const kill = () => {
        throw new Killed()
      }
      const call = { args, input, outputFile: env['WRANGLER_OUTPUT_FILE_PATH'] ?? '' }
      return { code: 0, stdout: perform(account(), call, kill), stderr: '' }
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      return { code: 1, stdout: '', stderr: `✘ [ERROR] ${error.message}` }
    }
  }

/** Its program in `folder`, to be the first of a PATH; FAKE_ACCOUNT is the account's file. */
export function installWrangler(folder: string): void {
  fs.mkdirSync(folder, { recursive: true })
  const program = `#!/bin/sh\nexec "${process.execPath}" "${import.meta.filename}" "$@"\n`
  fs.writeFileSync(path.join(folder, 'wrangler'), program, { mode: 0o755 })
}

function main(): void {
  const file = process.env['FAKE_ACCOUNT'] ?? ''
  const account: FakeAccount = JSON.parse(fs.readFileSync(file, 'utf8'))
  const write = () => fs.writeFileSync(file, JSON.stringify(account))
  const args = process.argv.slice(2)
  const isRead = args[0] === 'secret' && args[1] === 'bulk'
  const input = isRead ? fs.readFileSync(0, 'utf8') : ''
  const outputFile = process.env['WRANGLER_OUTPUT_FILE_PATH'] ?? ''
  const kill = () => {
    write()
    process.kill(process.ppid, 'SIGKILL')
    process.exit(1)
  }
  try {
    process.stdout.write(`${perform(account, { args, input, outputFile }, kill)}\n`)
  } finally {
    write()
  }
}

if (import.meta.main) {
  try {
    main()
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    process.stderr.write(`\u001b[31m✘ \u001b[41;31m[ERROR]\u001b[0m ${error.message}\n`)
    process.exitCode = 1
  }
}
