// What `npm run deploy` does, step by step. A step that fails is the last one, and each finds what an earlier run
// has done, so the next run goes on where this one ended.

import { execFile } from 'node:child_process'
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import { promisify } from 'node:util'
import * as z from 'zod'
import { accountOf, requireLogin, type Account } from './account.ts'
import type { DeployArguments } from './deploy-arguments.ts'
import { configurationOf, readDeployment, writeConfig, type Deployment } from './deployment.ts'
import { gitCommit } from './git-commit.ts'
import { loadConfig } from './load-configuration.ts'
import { planMigrations } from './migration-plan.ts'
import { migrationFiles } from './migrations.ts'
import { wranglerTrouble, type Wrangler } from './run-wrangler.ts'
import { smokeTest, type Outside } from './smoke-test.ts'
import { Trouble } from './trouble.ts'
import { DRAWN_SECRETS, wantedSecrets } from './wanted-secrets.ts'

/** What is outside of it. */
export type DeployOutside = Outside & {
  /** The checkout. */
  readonly root: string
  readonly wrangler: Wrangler
  /** Runs npm with what it prints passed on; whether it ended well. */
  readonly npm: (args: readonly string[]) => Promise<boolean>
  /** Of Workers Builds, which a "Deploy to Cloudflare" button uses: nobody can be asked there, and time is short. */
  readonly isWorkersBuild: boolean
  /** For a version to be everywhere, milliseconds. */
  readonly smokeWaitMs?: number
  readonly say: (what: string, text: string) => void
}

type Deploy = DeployOutside & {
  readonly asked: DeployArguments
  readonly deployment: Deployment
  readonly account: Account
}

async function npmRun({ npm, say }: Deploy, what: string, ...args: readonly string[]) {
  say(what, `npm ${args.join(' ')}`)
  if (!(await npm(args))) throw new Trouble(`npm ${args.join(' ')} failed; nothing was deployed`)
}

async function proveCheckout(deploy: Deploy): Promise<void> {
  const { asked, isWorkersBuild, say } = deploy
  const { dryRun, skipTests } = asked
  const isSkipped = skipTests || isWorkersBuild
  const why = skipTests ? '--skip-tests' : 'a build at Cloudflare'
  if (dryRun) {
    say('check', 'npm run check would run')
    say('test', isSkipped ? `skipped: ${why}` : 'npm test would run')
    return
  }
  await npmRun(deploy, 'check', 'run', 'check')
  if (isSkipped) say('test', `skipped: ${why}`)
  else await npmRun(deploy, 'test', 'test')
}

/** Without a database or a secret that everything needs, nothing is begun. */
async function requireSetup(deploy: Deploy): Promise<string> {
  const { account, asked, root, isWorkersBuild, say } = deploy
  const again = `npm run setup${asked.place === 'production' ? '' : ` -- --env ${asked.place}`}`
  const id = await account.databaseId()
  if (id === null) throw new Trouble(`there is no database yet: ${again}`)
  const set = (await account.secrets()) ?? new Set<string>()
  const config = await loadConfig(path.join(root, configurationOf(root, asked.place)))
  const wanted = wantedSecrets(config, asked.place)
  const needed = [...DRAWN_SECRETS, ...wanted.filter(({ isRequired }) => isRequired)]
  const missing = needed.filter(({ name }) => !set.has(name)).map(({ name }) => name)
  if (missing.length === 0) return id
  const told = `${missing.join(', ')}: not set; ${again}`
  if (!isWorkersBuild) throw new Trouble(told)
  say('secrets', `${told}; until then it takes and issues nothing`)
  return id
}

/** Before the code that needs them. The code of before works on with them, or is paused (BREAKING_MIGRATIONS). */
async function applyMissing({ account, asked, deployment, root, say }: Deploy): Promise<void> {
  const { database, worker } = deployment
  const files = migrationFiles(path.join(root, database.folder))
  const plan = planMigrations(files, await account.appliedMigrations())
  if (plan.unknown.length > 0) {
    say('migrations', `the database is newer than this code: it has ${plan.unknown.join(', ')}`)
  }
  if (plan.missing.length === 0) return say('migrations', 'none is missing')
  if (plan.breaking.length > 0 && !asked.isPaused) {
    throw new Trouble(
      `the code that runs now can't work with ${plan.breaking.join(', ')}: pause everything ` +
        '(PUT /api/v1/switches/all), deploy with --paused, then resume (docs/upgrading.md)',
    )
  }
  if (asked.dryRun) return say('migrations', `would be applied: ${plan.missing.join(', ')}`)
  const bookmark = await account.bookmark()
  say('migrations', `apply ${plan.missing.join(', ')}`)
  if (bookmark !== null) say('', `the database as it is now: ${worker}, bookmark ${bookmark}`)
  await account.migrate()
  say('', 'applied')
}

const deployed = z.object({
  type: z.literal('deploy'),
  version_id: z.string().nullable(),
  targets: z.array(z.string()).default([]),
})

type Deployed = { readonly version: string | null; readonly targets: readonly string[] }

async function upload({ root, wrangler }: Deploy, config: string): Promise<Deployed> {
  const folder = fs.mkdtempSync(path.join(tmpdir(), 'makegood-deploy-'))
  try {
    const file = path.join(folder, 'wrangler.ndjson')
    const commit = await gitCommit(root)
    const args = ['deploy', '--config', config, '--message', await commitName(root)]
    // It stands beside the rules in what is handed to auditors.
    if (commit !== null) args.push('--var', `GIT_COMMIT:${commit}`)
    const called = await wrangler(args, { env: { WRANGLER_OUTPUT_FILE_PATH: file } })
    if (called.code !== 0) throw wranglerTrouble('wrangler deploy failed', called)
    const told = fs.existsSync(file) ? fs.readFileSync(file, 'utf8').split('\n') : []
    const answers = told
      .filter((line) => line !== '')
      .map((line) => deployed.safeParse(JSON.parse(line)))
    const answer = answers.find(({ success }) => success)?.data
    return { version: answer?.version_id ?? null, targets: answer?.targets ?? [] }
  } finally {
    fs.rmSync(folder, { recursive: true, force: true })
  }
}

/** What the version is called at Cloudflare. */
async function commitName(root: string): Promise<string> {
  const git = ['describe', '--always', '--dirty', '--tags']
  const named = await promisify(execFile)('git', git, { cwd: root }).catch(() => null)
  return `makegood ${named?.stdout.trim() ?? 'of no commit'}`
}

/** Where it answers: a domain of its own before workers.dev. */
function addressOf(
  { asked: { url }, deployment: { vars } }: Deploy,
  targets: readonly string[],
): string | null {
  const found = targets
    .map(
      (target) => /^(?:https:\/\/)?([a-z0-9.-]+\.[a-z]+)(?: \(custom domain\))?$/.exec(target)?.[1],
    )
    .filter((host) => host !== undefined)
  const own = found.find((host) => !host.endsWith('.workers.dev')) ?? found[0]
  return url ?? vars['PUBLIC_URL'] ?? (own === undefined ? null : `https://${own}`)
}

async function tryOut(deploy: Deploy, address: string, version: string | null): Promise<boolean> {
  const { say, smokeWaitMs } = deploy
  say('smoke test', address)
  const seen = await smokeTest(address, version, deploy, smokeWaitMs)
  for (const { what, text, isGood } of seen) say(isGood ? '  ok' : '  FAILED', `${what}: ${text}`)
  return seen.every(({ isGood }) => isGood)
}

async function dryRun(deploy: Deploy): Promise<void> {
  const { account, deployment, root, wrangler, say } = deploy
  const config = writeConfig(root, deployment, null)
  if ((await account.login()) === null)
    say('account', 'nobody is logged in, so what is there is not known')
  else if ((await account.databaseId()) === null)
    say('migrations', 'all, to a database that setup makes')
  else await applyMissing(deploy)
  const called = await wrangler(['deploy', '--dry-run', '--config', config])
  if (called.code !== 0) throw wranglerTrouble('wrangler deploy --dry-run failed', called)
  say('deploy', 'wrangler deploy --dry-run:')
  for (const line of called.stdout.split('\n')) {
    if (/^(Total Upload|env\.)/.test(line)) say('', line)
  }
  say('smoke test', 'would ask /healthz, /readyz, and each endpoint without a signature')
}

/** Answers the exit code: 1 where what was deployed does not answer as it should. Throws Trouble before that. */
export async function deployWorker(
  asked: DeployArguments,
  outside: DeployOutside,
): Promise<number> {
  const { root, wrangler, say } = outside
  const deployment = readDeployment(root, asked.place)
  const account = accountOf(wrangler, deployment, writeConfig(root, deployment, null))
  const deploy: Deploy = { ...outside, asked, deployment, account }
  const { worker } = deployment
  say('place', `${asked.place}: Worker ${worker}, ${configurationOf(root, asked.place)}`)
  if (asked.dryRun) say('', 'a dry run: nothing is changed')
  await proveCheckout(deploy)
  if (asked.dryRun) {
    await dryRun(deploy)
    return 0
  }
  const configured = deployment.config['account_id']
  const chosen = typeof configured === 'string' ? configured : undefined
  say('account', await requireLogin(account, chosen))
  const config = writeConfig(root, deployment, await requireSetup(deploy))
  await applyMissing(deploy)
  const { version, targets } = await upload(deploy, config)
  say('deploy', `${worker}, version ${version ?? 'not said'}`)
  const address = addressOf(deploy, targets)
  if (address === null) {
    throw new Trouble('deployed, but Wrangler names no address: try it with --url https://…')
  }
  if (await tryOut(deploy, address, version)) {
    say('next', `npm run doctor -- --url ${address}`)
    return 0
  }
  say('to go back', `npx wrangler rollback --name ${worker} (docs/upgrading.md, "Going back")`)
  return outside.isWorkersBuild ? 0 : 1
}
