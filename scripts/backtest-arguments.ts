// The arguments of `npm run backtest`.

import * as path from 'node:path'
import { parseArgs } from 'node:util'
import { MS_PER_DAY } from '../src/domain/limits.ts'
import { configurationOf, placeOf, type Place } from './deployment.ts'
import { ROOT } from './project.ts'
import { Trouble } from './trouble.ts'

export type BacktestArguments = {
  /** Milliseconds since 1970; events received from then on. */
  readonly since: number
  /** Before then; null is all that there are. */
  readonly until: number | null
  /** The configuration's file, as it is shown. */
  readonly rules: string
  readonly json: boolean
  /** Of each difference the event's id, and no customer, subject or account. */
  readonly idsOnly: boolean
  /** The state folder of the local database; null is the deployed one. */
  readonly statePath: string | null
  /** Of the deployed one. */
  readonly place: Place
}

const SINCE_DEFAULT = '30d'
const DAYS_MAX = 3_660
const USAGE =
  'npm run backtest -- [--since 90d] [--until 2026-10-01] [--rules other.config.ts] [--json | --ids-only] ' +
  '[--local [--state folder] | --remote [--env staging]]'

/** Throws Trouble on an unknown option or a value that can't be read. `nowMs`: what days go back from. */
export function parseBacktestArguments(given: readonly string[], nowMs: number): BacktestArguments {
  const values = valuesOf(given)
  const { since = SINCE_DEFAULT, until, rules, json, local, remote, state, env } = values
  if (local && remote) throw new Trouble('--local and --remote are two databases; choose one')
  if (remote && state !== undefined) throw new Trouble('--state is the folder of a local database')
  const idsOnly = values['ids-only']
  if (json && idsOnly) throw new Trouble('--json says everything, --ids-only does not; choose one')
  if (env !== undefined && !remote) throw new Trouble('--env is of --remote')
  const place = placeOf(env ?? 'production')
  const range = {
    since: momentOf('--since', since, nowMs),
    until: until === undefined ? null : momentOf('--until', until, nowMs),
  }
  if (range.until !== null && range.until <= range.since) {
    throw new Trouble('--until is not after --since: no event is between them')
  }
  const ours = process.env['MAKEGOOD_STATE'] || path.join(ROOT, '.wrangler', 'state')
  return {
    ...range,
    rules: rules ?? configurationOf(ROOT, place),
    json,
    idsOnly,
    statePath: remote ? null : (state ?? ours),
    place,
  }
}

function valuesOf(given: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...given],
      options: {
        since: { type: 'string' },
        until: { type: 'string' },
        rules: { type: 'string' },
        state: { type: 'string' },
        json: { type: 'boolean', default: false },
        'ids-only': { type: 'boolean', default: false },
        local: { type: 'boolean', default: false },
        remote: { type: 'boolean', default: false },
        env: { type: 'string' },
      },
    })
    return values
  } catch (error) {
    throw new Trouble(`${error instanceof Error ? error.message : String(error)}; ${USAGE}`)
  }
}

const TIME = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?Z)?$/

/** Days go back from midnight (UTC), so that the same call of the same day asks for the same events. */
function momentOf(option: string, text: string, nowMs: number): number {
  const days = /^(\d{1,4})d$/.exec(text)?.[1]
  if (days !== undefined && Number(days) <= DAYS_MAX) {
    return (Math.floor(nowMs / MS_PER_DAY) - Number(days)) * MS_PER_DAY
  }
  const ms = TIME.test(text) ? Date.parse(text) : NaN
  if (Number.isNaN(ms)) {
    throw new Trouble(`${option} ${text}: days such as 90d, or a UTC time such as 2026-10-01`)
  }
  return ms
}
