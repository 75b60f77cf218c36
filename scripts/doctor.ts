// `npm run doctor [-- --url https://… --key K] [--env staging]`: everything between here and a Makegood that works, each
// with what to do. Without --url it is this checkout's own. Nothing is changed. Exit code 1 if something is bad.

import * as fs from 'node:fs'
import * as path from 'node:path'
import { parseArgs } from 'node:util'
import type { Config } from '../src/config.ts'
import { accountOf } from './account.ts'
import { addressOf } from './connect-settings.ts'
import { configurationOf, PLACES, readDeployment, writeConfig, type Place } from './deployment.ts'
import { readDevVars } from './dev-vars.ts'
import { askApp } from './doctor-app.ts'
import { askBilling } from './doctor-billing.ts'
import type { Facts, Finding } from './doctor-facts.ts'
import { findingsOf } from './doctor-findings.ts'
import { localReady, readLocal } from './doctor-local.ts'
import { keptFile } from './kept-secrets.ts'
import { loadConfig } from './load-configuration.ts'
import { planMigrations } from './migration-plan.ts'
import { migrationFiles } from './migrations.ts'
import { HOST, readPort } from './ports.ts'
import { ROOT } from './project.ts'
import { runWrangler } from './run-wrangler.ts'
import { tellTrouble, Trouble } from './trouble.ts'

const COMMET = 'https://commet.co'
const USAGE = 'npm run doctor -- [--url https://… [--key ck_mg_…]] [--env staging]'

type Asked = { readonly url: string | null; readonly key: string | null; readonly place: Place }

function parseDoctorArguments(given: readonly string[]): Asked {
  const text = { type: 'string' } as const
  try {
    const { values } = parseArgs({ args: [...given], options: { url: text, key: text, env: text } })
    const place = PLACES.find((each) => each === (values.env ?? 'production'))
    if (place === undefined) throw new Trouble(`--env ${values.env}: ${PLACES.join(' or ')}`)
    const url = values.url === undefined ? null : addressOf('--url', values.url)
    return { url, key: values.key ?? process.env['MAKEGOOD_KEY'] ?? null, place }
  } catch (error) {
    const [line] = (error instanceof Error ? error.message : String(error)).split('\n')
    throw new Trouble(`${line}; ${USAGE}`)
  }
}

type Loaded = { readonly config: Config | null; readonly configProblem: string | null }

const load = (place: Place): Promise<Loaded> =>
  loadConfig(path.join(ROOT, configurationOf(ROOT, place)))
    .then((config) => ({ config, configProblem: null }))
    .catch((error: unknown) => ({ config: null, configProblem: tellTrouble(error) }))

/** As deployed: what it says of itself, and what the account says where somebody is logged in. */
async function deployedFacts(url: string, { key, place }: Asked) {
  const app = await askApp(url, key, fetch)
  const apiKey = process.env['COMMET_API_KEY']
  const billing = apiKey
    ? await askBilling(process.env['COMMET_API_URL'] ?? COMMET, apiKey, fetch)
    : null
  const deployment = readDeployment(ROOT, place)
  const linkAddress = deployment.vars['PUBLIC_URL'] ?? url
  return { ...app, billing, linkAddress, migrations: await remoteMigrations(place) }
}

async function remoteMigrations(place: Place): Promise<Facts['migrations']> {
  const deployment = readDeployment(ROOT, place)
  const account = accountOf(runWrangler, deployment, writeConfig(ROOT, deployment, null))
  if ((await account.login()) === null) return null
  const files = migrationFiles(path.join(ROOT, deployment.database.folder))
  return planMigrations(files, await account.appliedMigrations())
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

async function gather(asked: Asked): Promise<Facts> {
  const loaded = await load(asked.place)
  const kept = keptFile(asked.place)
  return {
    node: process.versions.node,
    ...loaded,
    url: asked.url,
    ...(asked.url === null
      ? await localFacts(loaded.config)
      : await deployedFacts(asked.url, asked)),
    keptFile: fs.existsSync(path.join(ROOT, kept)) ? kept : null,
  }
}

const MARKS: Readonly<Record<Finding['level'], string>> = {
  bad: 'BAD ',
  warn: 'warn',
  look: 'look',
  ok: 'ok  ',
}
const LEVELS = ['bad', 'warn', 'look', 'ok'] as const

try {
  const asked = parseDoctorArguments(process.argv.slice(2))
  const found = findingsOf(await gather(asked))
  console.log(asked.url ?? 'this checkout, as `npm start` runs it')
  for (const level of LEVELS) {
    for (const { what, text, todo } of found.filter((each) => each.level === level)) {
      console.log(`${MARKS[level]}  ${what.padEnd(13)} ${text}`)
      if (todo !== null) console.log(`${''.padEnd(20)}to do: ${todo}`)
    }
  }
  const bad = found.filter(({ level }) => level === 'bad').length
  console.log(
    bad === 0 ? 'Nothing keeps it from working.' : `${bad} of these keep it from working.`,
  )
  process.exitCode = bad === 0 ? 0 : 1
} catch (error) {
  console.error(tellTrouble(error))
  process.exitCode = 1
}
