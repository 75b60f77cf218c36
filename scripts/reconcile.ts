// `npm run reconcile -- [--since 2d] [--restored] [--url U]`: has a running Makegood compare its record with the
// billing API, waits for the end, and prints what it came to. Exit code 1 where a discrepancy is open.

import { setTimeout as sleep } from 'node:timers/promises'
import { isLoopback } from '../src/domain/link.ts'
import type { ApiPlace } from './api-client.ts'
import { requireOperatorKey } from './operator-key.ts'
import { parseReconcileArguments, type ReconcileArguments } from './reconcile-arguments.ts'
import {
  begin,
  look,
  openDiscrepancies,
  pausedAll,
  type Reconciliation,
  type Wanted,
} from './reconcile-api.ts'
import { reconcileReport } from './reconcile-report.ts'
import { tellTrouble, Trouble } from './trouble.ts'

const LOOK_EVERY_MS = 5_000
/** In a row: after a minute without an answer it is given up to wait. */
const LOOK_MISSES_MAX = 12
/** A million invoices are a thousand minutes of the cron. */
const WAIT_MS_MAX = 24 * 3_600_000

function bodyOf({ asked }: ReconcileArguments): Wanted {
  if (asked.kind === 'restored') {
    return { restored: true, ...(asked.days === null ? {} : { days: asked.days }) }
  }
  const { since, until } = asked
  return {
    since: new Date(since).toISOString(),
    ...(until === null ? {} : { until: new Date(until).toISOString() }),
  }
}

async function untilOver(api: ApiPlace, begun: Reconciliation): Promise<Reconciliation> {
  const deadline = Date.now() + WAIT_MS_MAX
  let told = ''
  let run = begun
  while (run.finishedAt === null) {
    if (Date.now() > deadline) throw new Trouble(`${run.id} has not ended for a day; see the log`)
    const { invoices, adopted } = run.counts
    const line = `${run.phase ?? ''}: ${invoices} compared, ${adopted} taken into our record`
    if (line !== told) console.error(line)
    told = line
    await sleep(LOOK_EVERY_MS)
    run = await lookAgain(api, run)
  }
  return run
}

/** One that is under way goes on though nobody can be asked about it for a moment. */
async function lookAgain(api: ApiPlace, run: Reconciliation): Promise<Reconciliation> {
  for (let misses = 0; ; misses++) {
    try {
      return await look(api, run.id)
    } catch (error) {
      if (misses >= LOOK_MISSES_MAX) throw error
      await sleep(LOOK_EVERY_MS)
    }
  }
}

async function reconcile(asked: ReconcileArguments): Promise<number> {
  const isHere = isLoopback(new URL(asked.url).hostname)
  console.log(`Of ${asked.url}${isHere ? ', on this machine' : ''}:`)
  const api: ApiPlace = { url: asked.url, key: await requireOperatorKey(asked.url) }
  const isRestored = asked.asked.kind === 'restored'
  if (isRestored) {
    console.log('Everything is paused first; then what this database may lack is looked for.')
    console.log(
      'It has forgotten what was revoked and paused since: revoke those keys and links, and set those pauses, again.',
    )
  }
  const run = await untilOver(api, await begin(api, bodyOf(asked)))
  const open = await openDiscrepancies(api)
  console.log(reconcileReport(run, open))
  if (isRestored) console.log(`\n${endOfRestore(run, await pausedAll(api))}`)
  return open.length === 0 && run.outcome === 'complete' ? 0 : 1
}

function endOfRestore(
  { outcome }: Reconciliation,
  paused: { readonly cause: string | null } | null,
): string {
  if (paused === null) return 'Everything goes on again.'
  if (paused.cause !== 'restored') return 'Everything stays paused: a person has paused it.'
  return outcome === 'complete'
    ? 'Everything stays paused because of what is open: settle it, then run this again, or resume by hand.'
    : `Everything stays paused, since not all could be compared (${outcome}): run this again.`
}

try {
  const asked = parseReconcileArguments(process.argv.slice(2), Date.now())
  process.exitCode = await reconcile(asked)
} catch (error) {
  console.error(tellTrouble(error))
  process.exitCode = 2
}
