// What this checkout's own Makegood lacks, also while it does not run: from .dev.vars and its database's file.

import * as fs from 'node:fs'
import * as path from 'node:path'
import * as z from 'zod'
import type { Config } from '../src/config.ts'
import { localFile, openLocal } from './backtest-database.ts'
import type { Facts } from './doctor-facts.ts'
import { DRAWN_SECRETS } from './drawn-secrets.ts'
import { planMigrations } from './migration-plan.ts'
import { migrationFiles } from './migrations.ts'
import { ROOT } from './project.ts'
import { channelVars } from './stand-ins.ts'
import { wantedSecrets } from './wanted-secrets.ts'

/** As `npm start` gives it: the sandbox's Zendesk and Slack where .dev.vars has none. */
export function localReady(
  config: Config,
  vars: Readonly<Record<string, string>>,
  sandboxUrl: string,
): NonNullable<Facts['ready']> {
  const standIns: Readonly<Record<string, string>> = channelVars(sandboxUrl)
  const valueOf = (name: string): string => vars[name] || standIns[name] || ''
  const wanted = wantedSecrets(config, 'production')
  // What signs the log is drawn by the first start.
  const drawn = DRAWN_SECRETS.filter(({ name }) => name !== 'AUDIT_KEY')
  const lacking = [...drawn, ...wanted.filter(({ isRequired }) => isRequired)]
    .filter(({ name }) => valueOf(name) === '')
    .map(({ name }) => `${name} is not set`)
  const faulty = wanted.flatMap(({ name, fault }) => {
    const value = vars[name] ?? ''
    // Addresses may be this machine's here, which no secret of an account may be.
    const why = value === '' || name.endsWith('_URL') ? null : fault(value)
    return why === null ? [] : [`${name}: ${why}`]
  })
  const stateOf = (names: readonly string[]): string => {
    const missing = names.filter((name) => valueOf(name) === '')
    return missing.length === 0 ? 'on' : `off: ${missing.join(', ')} not set`
  }
  return {
    problems: [...lacking, ...faulty],
    endpoints: [...config.endpoints].map(([name, { secret }]) => ({
      name,
      status: stateOf([secret]),
    })),
    channels: config.notices.map(({ name, secrets }) => ({ name, status: stateOf(secrets) })),
  }
}

const nameRows = z.array(z.object({ name: z.string() }))
const startRows = z.array(z.object({ endpoint: z.string(), at: z.number() }))
const countRows = z.array(z.object({ held: z.number(), failed: z.number() }))
const hostRows = z.array(z.object({ key: z.string() }))
const pauseRows = z.array(
  z.object({ at: z.number(), actor: z.string(), cause: z.string().nullable() }),
)
const circuitRows = z.array(
  z.object({ opened_at: z.number().nullable(), cause: z.string().nullable() }),
)

export type RecordFacts = Pick<Facts, 'migrations' | 'status'>

/** `statePath`: the folder of `npm start`. Without a database, which the first start makes, all is null. */
export async function readLocal(statePath: string, config: Config): Promise<RecordFacts> {
  if (!fs.existsSync(localFile(statePath))) return { migrations: null, status: null }
  const database = openLocal(statePath)
  const read = async <T>(schema: z.ZodType<T>, sql: string): Promise<T> =>
    schema.parse(await database.query(sql))
  try {
    const applied = await read(nameRows, 'SELECT name FROM d1_migrations ORDER BY id')
    const files = migrationFiles(path.join(ROOT, 'migrations'))
    const plan = planMigrations(
      files,
      applied.map(({ name }) => name),
    )
    const migrations = { ...plan, where: null }
    if (migrations.missing.length > 0) return { migrations, status: null }
    const starts = await read(startRows, 'SELECT endpoint, at FROM endpoint_starts')
    const [counts] = await read(
      countRows,
      "SELECT coalesce(sum(state = 'held'), 0) AS held, coalesce(sum(state = 'failed'), 0) AS failed FROM adjustments",
    )
    const hosts = await read(
      hostRows,
      "SELECT DISTINCT key FROM alarms WHERE cause = 'link_target_refused'",
    )
    const [circuit] = await read(circuitRows, 'SELECT opened_at, cause FROM circuits')
    const pauses = "SELECT at, actor, cause FROM switches WHERE kind = 'all'"
    const [paused] = await read(pauseRows, pauses)
    const atOf = new Map(starts.map(({ endpoint, at }) => [endpoint, new Date(at).toISOString()]))
    return {
      migrations,
      status: {
        billing: {
          state: circuit?.opened_at != null ? 'open' : 'closed',
          cause: circuit?.cause ?? null,
        },
        claimsWait: false,
        sealing: null,
        held: counts?.held ?? 0,
        failed: counts?.failed ?? 0,
        startedAt: new Map(
          [...config.endpoints.keys()].map((name) => [name, atOf.get(name) ?? null]),
        ),
        refusedHosts: hosts.map(({ key }) => key),
        paused: paused ? { ...paused, since: new Date(paused.at).toISOString() } : null,
      },
    }
  } finally {
    database.close()
  }
}
