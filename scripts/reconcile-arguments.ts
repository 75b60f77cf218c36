// The arguments of `npm run reconcile`.

import { parseArgs } from 'node:util'
import { MS_PER_DAY, MS_PER_HOUR, RECONCILE_DAYS_MAX } from '../src/domain/limits.ts'
import { addressOf } from './connect-settings.ts'
import { Trouble } from './trouble.ts'

export type ReconcileArguments = {
  /** The running app's address, without a slash at its end. */
  readonly url: string
  readonly asked:
    | { readonly kind: 'window'; readonly since: number; readonly until: number | null }
    /** The database was put back to an earlier time; `days`: how far back it is looked for. */
    | { readonly kind: 'restored'; readonly days: number | null }
}

const URL_DEFAULT = 'http://127.0.0.1:8787'
const SINCE_DEFAULT = '2d'
const USAGE =
  'npm run reconcile -- [--since 2d | 6h | 2026-10-01] [--until 2026-10-08] [--restored] [--url U | --local]'

/** Throws Trouble on an unknown option or a value that can't be read. `nowMs`: what days go back from. */
export function parseReconcileArguments(
  given: readonly string[],
  nowMs: number,
): ReconcileArguments {
  const { since, until, restored, url, local } = valuesOf(given)
  if (local && url !== undefined) throw new Trouble('--local and --url are two addresses')
  // What was put back is a deployed database: nobody shall take this machine's record for it.
  if (restored && !local && url === undefined) {
    throw new Trouble(
      '--restored of which? --url https://… of the deployed one, or --local for the one on this machine',
    )
  }
  const address = { url: addressOf('--url', url ?? URL_DEFAULT) }
  if (restored) {
    if (until !== undefined)
      throw new Trouble('--restored goes on until now, so --until is not for it')
    return { ...address, asked: { kind: 'restored', days: daysOf(since) } }
  }
  const from = momentOf('--since', since ?? SINCE_DEFAULT, nowMs)
  const to = until === undefined ? null : momentOf('--until', until, nowMs)
  if (to !== null && to <= from) throw new Trouble('--until is not after --since')
  return { ...address, asked: { kind: 'window', since: from, until: to } }
}

function valuesOf(given: readonly string[]) {
  try {
    return parseArgs({
      args: [...given],
      options: {
        since: { type: 'string' },
        until: { type: 'string' },
        restored: { type: 'boolean', default: false },
        url: { type: 'string' },
        local: { type: 'boolean', default: false },
      },
    }).values
  } catch (error) {
    throw new Trouble(`${error instanceof Error ? error.message : String(error)}; ${USAGE}`)
  }
}

const TIME = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d)?Z)?$/

function momentOf(option: string, text: string, nowMs: number): number {
  const [, count, unit] = /^(\d{1,4})([dh])$/.exec(text) ?? []
  if (count !== undefined) return nowMs - Number(count) * (unit === 'd' ? MS_PER_DAY : MS_PER_HOUR)
  const ms = TIME.test(text) ? Date.parse(text) : NaN
  if (Number.isNaN(ms)) {
    throw new Trouble(
      `${option} ${text}: days such as 2d, hours such as 6h, or a UTC time such as 2026-10-01`,
    )
  }
  return ms
}

function daysOf(text: string | undefined): number | null {
  if (text === undefined) return null
  const days = Number(/^(\d{1,3})d$/.exec(text)?.[1] ?? NaN)
  if (!(days >= 1 && days <= RECONCILE_DAYS_MAX)) {
    throw new Trouble(
      `--since ${text}: of a restored database, 1d to ${RECONCILE_DAYS_MAX}d before its newest entry`,
    )
  }
  return days
}
