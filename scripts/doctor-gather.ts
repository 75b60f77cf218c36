// What the doctor looks at: of this checkout's own Makegood, or of a deployed one. What can't be asked is a fact too,
// so that one trouble hides none of the others.

import * as fs from 'node:fs'
import * as path from 'node:path'
import type { Config } from '../src/config.ts'
import { accountOf, requireLogin } from './account.ts'
import { configurationOf, readDeployment, writeConfig, type Place } from './deployment.ts'
import { readDevVars } from './dev-vars.ts'
import { askApp } from './doctor-app.ts'
import { askBilling } from './doctor-billing.ts'
import { isHere, type Facts } from './doctor-facts.ts'
import { localReady, readLocal } from './doctor-local.ts'
import { keptFile } from './kept-secrets.ts'
import { loadConfig } from './load-configuration.ts'
import { planMigrations } from './migration-plan.ts'
import { migrationFiles } from './migrations.ts'
import { HOST, readPort } from './ports.ts'
import { ROOT } from './project.ts'
import type { Wrangler } from './run-wrangler.ts'
import { tellTrouble, Trouble } from './trouble.ts'

const COMMET = 'https://commet.co'

export type Asked = {
  /** Null is this checkout's own. */
  readonly url: string | null
  /** An API key; null is none. */
  readonly key: string | null
  readonly place: Place
}

type Loaded = { readonly config: Config | null; readonly configProblem: string | null }

const load = (place: Place): Promise<Loaded> =>
  loadConfig(path.join(ROOT, configurationOf(ROOT, place)))
    .then((config) => ({ config, configProblem: null }))
    .catch((error: unknown) => ({ config: null, configProblem: tellTrouble(error) }))

/** As deployed: what it says of itself, and what the account says where somebody is logged in. */
async function deployedFacts(url: string, { key, place }: Asked, wrangler: Wrangler) {
  const app = await askApp(url, key, fetch)
  const apiKey = process.env['COMMET_API_KEY']
  const billing = apiKey
    ? await askBilling(process.env['COMMET_API_URL'] || COMMET, apiKey, fetch)
    : null
  const deployment = readDeployment(ROOT, place)
  const linkAddress = deployment.vars['PUBLIC_URL'] ?? url
  const migrations = isHere({ url })
    ? { why: 'those of this machine are read without --url' }
    : await remoteMigrations(place, wrangler)
  return { ...app, billing, linkAddress, migrations }
}

export async function remoteMigrations(
  place: Place,
  wrangler: Wrangler,
): Promise<NonNullable<Facts['migrations']>> {
  const deployment = readDeployment(ROOT, place)
  try {
    const account = accountOf(wrangler, deployment, writeConfig(ROOT, deployment, 'look.json'))
    const where = `${deployment.database.name} of ${await requireLogin(account, deployment)}`
    const files = migrationFiles(path.join(ROOT, deployment.database.folder))
    return { ...planMigrations(files, await account.appliedMigrations()), where }
  } catch (error) {
    if (!(error instanceof Trouble)) throw error
    return { why: error.message }
  }
}

async function localFacts(config: Config | null) {
  const { vars } = readDevVars()
  const sandboxUrl = `http://${HOST}:${readPort('SANDBOX_PORT', 8790)}`
  const statePath = process.env['MAKEGOOD_STATE'] || path.join(ROOT, '.wrangler', 'state')
  const billingUrl = vars['COMMET_API_URL'] || sandboxUrl
  const apiKey = vars['COMMET_API_KEY']
  const nothing = { migrations: null, status: null }
  return {
    ready: config === null ? null : localReady(config, vars, sandboxUrl),
    statusProblem: null,
    ...(config === null ? nothing : await readLocal(statePath, config)),
    billing: apiKey ? await askBilling(billingUrl, apiKey, fetch) : null,
    linkAddress: vars['PUBLIC_URL'] || null,
  }
}

export async function gather(asked: Asked, wrangler: Wrangler): Promise<Facts> {
  const loaded = await load(asked.place)
  const kept = keptFile(asked.place)
  return {
    node: process.versions.node,
    ...loaded,
    url: asked.url,
    place: asked.place,
    ...(asked.url === null
      ? await localFacts(loaded.config)
      : await deployedFacts(asked.url, asked, wrangler)),
    keptFile: fs.existsSync(path.join(ROOT, kept)) ? kept : null,
  }
}
