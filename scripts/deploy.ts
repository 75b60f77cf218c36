// `npm run deploy [-- --env staging] [--dry-run] [--skip-tests]`: checks and tests this checkout, applies the migrations
// that the database lacks, deploys the Worker, and tries what was deployed. A step that fails is the last one, and
// each finds what an earlier run has done, so the next run goes on where this one ended.

import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import * as z from 'zod'
import { accountOf, requireLogin, type Account } from './account.ts'
import { parseDeployArguments, type DeployArguments } from './deploy-arguments.ts'
import { configurationOf, readDeployment, writeConfig, type Deployment } from './deployment.ts'
import { loadConfig } from './load-configuration.ts'
import { planMigrations } from './migration-plan.ts'
import { migrationFiles } from './migrations.ts'
import { ROOT } from './project.ts'
import { runWrangler, wranglerTrouble } from './run-wrangler.ts'
import { smokeTest } from './smoke-test.ts'
import { tellTrouble, Trouble } from './trouble.ts'
import { DRAWN_SECRETS, wantedSecrets } from './wanted-secrets.ts'

const say = (what: string, text: string): void => console.log(`${what.padEnd(11)} ${text}`)

/** Of Workers Builds, which a "Deploy to Cloudflare" button uses: nobody can be asked there, and time is short. */
const isWorkersBuild = process.env['WORKERS_CI'] === '1'

async function npmRun(what: string, ...args: readonly string[]): Promise<void> {
  say(what, `npm ${args.join(' ')}`)
  const running = spawn('npm', args, {
    cwd: ROOT,
    stdio: ['ignore', 'inherit', 'inherit'],
    shell: process.platform === 'win32',
  })
  const [code] = await once(running, 'close')
  if (code !== 0) throw new Trouble(`npm ${args.join(' ')} failed; nothing was deployed`)
}

async function proveCheckout({ dryRun, skipTests }: DeployArguments): Promise<void> {
  const isSkipped = skipTests || isWorkersBuild
  const why = skipTests ? '--skip-tests' : 'a build at Cloudflare'
  if (dryRun) {
    say('check', 'npm run check would run')
    say('test', isSkipped ? `skipped: ${why}` : 'npm test would run')
    return
  }
  await npmRun('check', 'run', 'check')
  if (isSkipped) say('test', `skipped: ${why}`)
  else await npmRun('test', 'test')
}

/** Without a database or a secret that everything needs, nothing is begun. */
async function requireSetup(account: Account, asked: DeployArguments): Promise<string> {
  const again = `npm run setup${asked.place === 'production' ? '' : ` -- --env ${asked.place}`}`
  const id = await account.databaseId()
  if (id === null) throw new Trouble(`there is no database yet: ${again}`)
  const set = (await account.secrets()) ?? new Set<string>()
  const wanted = wantedSecrets(await loadConfig(configurationOf(ROOT, asked.place)), asked.place)
  const needed = [...DRAWN_SECRETS, ...wanted.filter(({ isRequired }) => isRequired)]
  const missing = needed.filter(({ name }) => !set.has(name)).map(({ name }) => name)
  if (missing.length === 0) return id
  const told = `${missing.join(', ')}: not set; ${again}`
  if (!isWorkersBuild) throw new Trouble(told)
  say('secrets', `${told}; until then it takes and issues nothing`)
  return id
}

/** Before the code that needs them. The code of before works on with them, or is paused (BREAKING_MIGRATIONS). */
async function applyMissing(account: Account, asked: DeployArguments, deployment: Deployment) {
  const { database, worker } = deployment
  const files = migrationFiles(path.join(ROOT, database.folder))
  const plan = planMigrations(files, await account.appliedMigrations())
  if (plan.unknown.length > 0) {
    say('migrations', `the database is newer than this code: it has ${plan.unknown.join(', ')}`)
  }
  if (plan.missing.length === 0) return say('migrations', 'none is missing')
  if (plan.breaking.length > 0 && !asked.isPaused) {
    throw new Trouble(
      `${plan.breaking.join(', ')} stops the code that runs now: pause everything ` +
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

async function upload(config: string): Promise<Deployed> {
  const folder = fs.mkdtempSync(path.join(tmpdir(), 'makegood-deploy-'))
  try {
    const file = path.join(folder, 'wrangler.ndjson')
    const args = ['deploy', '--config', config, '--message', await commitName()]
    const called = await runWrangler(args, { env: { WRANGLER_OUTPUT_FILE_PATH: file } })
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
async function commitName(): Promise<string> {
  const git = ['describe', '--always', '--dirty', '--tags']
  const named = await promisify(execFile)('git', git, { cwd: ROOT }).catch(() => null)
  return `makegood ${named?.stdout.trim() ?? 'of no commit'}`
}

/** Where it answers: a domain of its own before workers.dev. */
function addressOf({ url }: DeployArguments, { vars }: Deployment, targets: readonly string[]) {
  const found = targets
    .map(
      (target) => /^(?:https:\/\/)?([a-z0-9.-]+\.[a-z]+)(?: \(custom domain\))?$/.exec(target)?.[1],
    )
    .filter((host) => host !== undefined)
  const own = found.find((host) => !host.endsWith('.workers.dev')) ?? found[0]
  return url ?? vars['PUBLIC_URL'] ?? (own === undefined ? null : `https://${own}`)
}

async function tryOut(address: string, version: string | null): Promise<boolean> {
  say('smoke test', address)
  const outside = { fetch, sleep: (ms: number) => sleep(ms), now: () => Date.now() }
  const seen = await smokeTest(address, version, outside)
  for (const { what, text, isGood } of seen) say(isGood ? '  ok' : '  FAILED', `${what}: ${text}`)
  return seen.every(({ isGood }) => isGood)
}

async function dryRun(asked: DeployArguments, account: Account, deployment: Deployment) {
  const config = writeConfig(ROOT, deployment, null)
  if ((await account.login()) === null)
    say('account', 'nobody is logged in, so what is there is not known')
  else if ((await account.databaseId()) === null)
    say('migrations', 'all, to a database that setup makes')
  else await applyMissing(account, asked, deployment)
  const called = await runWrangler(['deploy', '--dry-run', '--config', config])
  if (called.code !== 0) throw wranglerTrouble('wrangler deploy --dry-run failed', called)
  say('deploy', 'wrangler deploy --dry-run:')
  for (const line of called.stdout.split('\n')) {
    if (/^(Total Upload|env\.)/.test(line)) say('', line)
  }
  say('smoke test', 'would ask /healthz, /readyz, and each endpoint without a signature')
}

async function deploy(asked: DeployArguments): Promise<number> {
  const deployment = readDeployment(ROOT, asked.place)
  const account = accountOf(runWrangler, deployment, writeConfig(ROOT, deployment, null))
  const { worker } = deployment
  say('place', `${asked.place}: Worker ${worker}, ${configurationOf(ROOT, asked.place)}`)
  if (asked.dryRun) say('', 'a dry run: nothing is changed')
  await proveCheckout(asked)
  if (asked.dryRun) {
    await dryRun(asked, account, deployment)
    return 0
  }
  const configured = deployment.config['account_id']
  say(
    'account',
    await requireLogin(account, typeof configured === 'string' ? configured : undefined),
  )
  const config = writeConfig(ROOT, deployment, await requireSetup(account, asked))
  await applyMissing(account, asked, deployment)
  const { version, targets } = await upload(config)
  say('deploy', `${worker}, version ${version ?? 'not said'}`)
  const address = addressOf(asked, deployment, targets)
  if (address === null) {
    throw new Trouble('deployed, but Wrangler names no address: try it with --url https://…')
  }
  if (await tryOut(address, version)) {
    say('next', `npm run doctor -- --url ${address}`)
    return 0
  }
  say('to go back', `npx wrangler rollback --name ${worker} (docs/upgrading.md, "Going back")`)
  return isWorkersBuild ? 0 : 1
}

try {
  process.exitCode = await deploy(parseDeployArguments(process.argv.slice(2)))
} catch (error) {
  console.error(tellTrouble(error))
  process.exitCode = 1
}
