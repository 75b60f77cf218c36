// What `npm run deploy` asks before it begins: whatever would stop it half-way is known before a test runs, and
// before a table is changed.

import * as path from 'node:path'
import type { Config } from '../src/config.ts'
import type { Account } from './account.ts'
import type { DeployArguments } from './deploy-arguments.ts'
import { commandFor, configurationOf, type Deployment } from './deployment.ts'
import { DRAWN_SECRETS } from './drawn-secrets.ts'
import { adviceForLost, lostRules } from './lost-rules.ts'
import { BREAKING_MIGRATIONS, planMigrations, type MigrationPlan } from './migration-plan.ts'
import { migrationFiles } from './migrations.ts'
import { Trouble } from './trouble.ts'
import { wantedSecrets } from './wanted-secrets.ts'

export type Gate = {
  readonly asked: DeployArguments
  /** The checkout. */
  readonly root: string
  readonly deployment: Deployment
  readonly account: Account
  /** Of Workers Builds, which a "Deploy to Cloudflare" button uses: nobody can be asked there, and time is short. */
  readonly isWorkersBuild: boolean
  readonly say: (what: string, text: string) => void
}

/**
 * All of it, by calls that only read: a dry run asks the same. Answers the database's id, and what is to be applied.
 * Throws Trouble.
 */
export async function askGate(
  gate: Gate,
  config: Config,
): Promise<{ readonly id: string; readonly plan: Plan }> {
  const id = await requireSetup(gate, config)
  await requireRules(gate, config)
  const plan = await planOf(gate)
  tellPlan(gate, plan)
  return { id, plan }
}

/** Answers the database's id. Throws Trouble that names what setup has to make first, all of it at once. */
async function requireSetup(gate: Gate, config: Config): Promise<string> {
  const { account, asked, deployment, isWorkersBuild, say } = gate
  const again = commandFor('setup', asked.place)
  const id = await account.databaseId()
  if (id === null) throw new Trouble(`there is no database yet: ${again}`)
  const queues: string[] = []
  for (const queue of deployment.queues) {
    if (!(await account.hasQueue(queue))) queues.push(queue)
  }
  const set = (await account.secrets()) ?? new Set<string>()
  const wanted = wantedSecrets(config, asked.place)
  const needed = [...DRAWN_SECRETS, ...wanted.filter(({ isRequired }) => isRequired)]
  const secrets = needed.filter(({ name }) => !set.has(name)).map(({ name }) => name)
  if (queues.length > 0 || (secrets.length > 0 && !isWorkersBuild)) {
    throw new Trouble(`${[...queues, ...secrets].join(', ')}: not there yet; ${again}`)
  }
  if (secrets.length > 0) {
    say(
      'secrets',
      `${secrets.join(', ')}: not set; ${again}; until then nothing is taken or issued`,
    )
  }
  return id
}

/** Throws Trouble where a rule that has made adjustments in this very database would be known no more. */
async function requireRules(gate: Gate, { rules }: Config): Promise<void> {
  const { account, asked, root } = gate
  const file = configurationOf(root, asked.place)
  const known = rules.flatMap(({ id, was }) => [id, ...was])
  const lost = lostRules(known, await account.recordedRules())
  if (lost.length > 0) throw new Trouble(lost.map((each) => adviceForLost(file, each)).join('\n'))
}

export type Plan = MigrationPlan & {
  /** Nothing was ever applied, so nothing ran that could be gone back to. */
  readonly isFirst: boolean
}

export async function planOf({ account, deployment, root }: Gate): Promise<Plan> {
  const files = migrationFiles(path.join(root, deployment.database.folder))
  const applied = await account.appliedMigrations()
  const plan = planMigrations(files, applied)
  // Where nothing was ever written down nothing runs that could be stopped, as after a first run that was cut off.
  const isUsed =
    plan.breaking.length > 0 &&
    (await account.firstText('SELECT action AS text FROM audit_entries LIMIT 1')) !== null
  return { ...plan, breaking: isUsed ? plan.breaking : [], isFirst: applied.length === 0 }
}

/** What will be applied, as long as somebody can prepare for it. */
function tellPlan(gate: Gate, plan: Plan): void {
  const { say } = gate
  if (plan.unknown.length > 0) {
    say('migrations', `the database is newer than this code: it has ${plan.unknown.join(', ')}`)
  }
  const { missing } = plan
  say('migrations', missing.length === 0 ? 'none is missing' : `missing: ${missing.join(', ')}`)
  if (plan.breaking.length > 0) say('pause', `${whyPause(gate, plan)} before these are applied`)
}

const whyPause = ({ deployment }: Gate, { breaking }: Plan): string => {
  const losses = breaking.map(
    (name) => `${name}: the code of before can't ${BREAKING_MIGRATIONS[name]}`,
  )
  return `${losses.join('; ')}; pause everything at ${deployment.worker} (PUT /api/v1/switches/all)`
}

/** Asked directly before they are applied, so that nothing waits for the tests. */
export async function requirePause(gate: Gate, plan: Plan): Promise<void> {
  if (plan.breaking.length === 0 || (await gate.account.isPaused())) return
  const again = commandFor('deploy', gate.asked.place, '--skip-tests')
  throw new Trouble(`${whyPause(gate, plan)}, then ${again}`)
}
