// The database is put back to an earlier time, as D1's Time Travel does, while the billing API keeps what it made in
// between. It starts paused, is compared, and goes on: nothing doubled, nothing missing.

import * as fs from 'node:fs'
import * as path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import * as z from 'zod'
import { apiOf, type ApiPlace } from './api-client.ts'
import { seenCalls, setFaults, type SeenCall } from './chaos-operator.ts'
import { begin, look, openDiscrepancies, pausedAll, type Reconciliation } from './reconcile-api.ts'
import { playDrill, type Played, type Stage, type Tell } from './drill-stage.ts'
import { Trouble } from './trouble.ts'

const HALF_AN_HOUR_MS = 30 * 60_000
/** After so long the first comparison is due: an hour, and the quarter that invoices take to be listed. */
const COMPARED_AFTER_MS = 80 * 60_000
/** Longer than a record may go uncompared, and than the billing API knows a key. */
const LONG_MS = 26 * 3_600_000
/** Over all of the drill. */
const COMPARED_BACK_MS = 3 * 24 * 3_600_000
const LOOK_EVERY_MS = 200
const LISTING_MS = 3_000
/** Several times what it takes on two cores that are free. */
const COMPARED_MS_MAX = 240_000

type Restore = { readonly count: number; readonly seed: number; readonly tell: Tell }

/** An hour is lost, and the operator says so: `npm run reconcile -- --restored`. */
export const drillRestore = (options: Restore): Promise<Played> =>
  playLoss(options, async (stage, tell) => {
    const [first, second, third] = thirds(stage.facts)
    await playHour(stage, first, second, HALF_AN_HOUR_MS, tell)
    const posted = await postsOf(stage)
    const comparing = begin(placeOf(stage), { restored: true })
    await until(
      async () => (await pausedAll(placeOf(stage)))?.cause === 'restored',
      'it is not paused',
    )
    tell('everything is paused while the record is compared; the same deliveries come again')
    stage.begin([...second, ...third])
    const { looks } = await watch(
      stage,
      posted,
      async () => (await pausedAll(placeOf(stage))) !== null,
    )
    const run = await ended(stage, await comparing)
    await setFaults(stage.stack, [])
    tell(
      `nothing was posted in ${looks} looks; ${run.counts.invoices} invoices compared, ${(await openDiscrepancies(placeOf(stage))).length} of them of the lost time`,
    )
    tell('everything goes on by itself; all deliveries come once more')
    await stage.deliver([...first, ...second])
  })

/** More than a day is lost, and nobody thinks of the command: the age of the record keeps it from billing twice. */
export const drillForgotten = (options: Restore): Promise<Played> =>
  playLoss(options, async (stage, tell) => {
    const [first, second, third] = thirds(stage.facts)
    await playHour(stage, first, second, LONG_MS, tell)
    const posted = await postsOf(stage)
    stage.begin([...second, ...third])
    tell('nobody says that it was restored; the same deliveries come again')
    const { looks } = await watch(stage, posted, async () => (await readStatus(stage)).claimsWait)
    await setFaults(stage.stack, [])
    tell(`nothing was posted in ${looks} looks, while the cron compared the record`)
    tell('everything goes on by itself; all deliveries come once more')
    await stage.deliver([...first, ...second])
  })

/**
 * What was issued in the lost time, and undone by the deliveries that came again before its first attempt here, is
 * cancelled here while its invoice stands there: the next comparison takes it, and then its undo reverses it.
 */
const playLoss = (
  options: Restore,
  lose: (stage: Stage, tell: Tell) => Promise<void>,
): Promise<Played> =>
  playDrill(options, {
    act: (stage) => lose(stage, options.tell),
    afterwards: async (stage) => {
      const since = new Date(stage.now() - COMPARED_BACK_MS).toISOString()
      const { counts } = await ended(stage, await begin(placeOf(stage), { since }))
      if (counts.adopted > 0) options.tell(`the last comparison takes ${counts.adopted} in`)
      const open = await openDiscrepancies(placeOf(stage))
      for (const { reason, invoiceId } of open) options.tell(`open: ${reason} of ${invoiceId}`)
    },
  })

const isPost = ({ method, path: called }: SeenCall): boolean =>
  method === 'POST' && called.endsWith('/invoices')

const postsOf = async ({ stack }: Stage): Promise<ReadonlySet<string>> =>
  new Set((await seenCalls(stack)).filter(isPost).map(({ requestId }) => requestId))

/** Looks until it stops no more; throws Trouble where anything was posted before that, or it never stopped. */
async function watch(
  stage: Stage,
  before: ReadonlySet<string>,
  isStopped: () => Promise<boolean>,
): Promise<{ readonly looks: number }> {
  const deadline = Date.now() + COMPARED_MS_MAX
  for (let looks = 0; ; looks++) {
    // Asked in this order: it is still stopped when the calls have been read.
    const posted = [...(await postsOf(stage))].filter((id) => !before.has(id))
    if (!(await isStopped())) {
      if (looks === 0) throw new Trouble('it went on before it was compared')
      return { looks }
    }
    if (posted.length > 0) throw new Trouble(`${posted.length} invoices were posted meanwhile`)
    if (Date.now() > deadline) throw new Trouble('it does not go on')
    await sleep(LOOK_EVERY_MS)
  }
}

async function ended(stage: Stage, begun: Reconciliation): Promise<Reconciliation> {
  let run = begun
  await until(async () => {
    run = await look(placeOf(stage), begun.id)
    return run.finishedAt !== null
  }, 'the comparison does not end')
  return run
}

async function until(isThere: () => Promise<boolean>, otherwise: string): Promise<void> {
  const deadline = Date.now() + COMPARED_MS_MAX
  while (!(await isThere())) {
    if (Date.now() > deadline) throw new Trouble(otherwise)
    await sleep(LOOK_EVERY_MS)
  }
}

/** Half of what is lost is before the copy, half behind it; the clock goes on so that it is not one moment. */
async function playHour(
  stage: Stage,
  first: Stage['facts'],
  second: Stage['facts'],
  laterMs: number,
  tell: Tell,
): Promise<void> {
  const state = path.join(stage.stack.statePath('app'), 'v3', 'd1')
  const copy = `${stage.stack.statePath('app')}-copy`
  await stage.deliver(first)
  await stage.settle()
  tell(
    `${first.length} facts delivered, ${await stage.invoices()} invoices made; more than an hour goes by`,
  )
  await stage.restart(COMPARED_AFTER_MS)
  await until(async () => (await readStatus(stage)).comparedUntil !== null, 'it is never compared')
  await stage.restart(0, async () => {
    fs.cpSync(state, copy, { recursive: true })
  })
  tell('this is the moment that the database is put back to')
  await stage.deliver(second)
  await stage.settle()
  tell(`${second.length} more delivered, ${await stage.invoices()} invoices in all`)
  await stage.restart(laterMs, async () => {
    fs.rmSync(state, { recursive: true })
    fs.cpSync(copy, state, { recursive: true })
    // So that there is something to see before it is over.
    await setFaults(stage.stack, [
      { kind: 'latency', ms: LISTING_MS, path: '/invoices', method: 'GET' },
    ])
  })
  tell(`${Math.round(laterMs / 60_000)} minutes later: the database is put back`)
}

function placeOf({ stack }: Stage): ApiPlace {
  return { url: stack.appUrl, key: stack.secrets['BOOTSTRAP_KEY'] ?? '' }
}

const statusBody = z.object({
  data: z.object({
    reconciliation: z.object({ claimsWait: z.boolean(), comparedUntil: z.string().nullable() }),
  }),
})

async function readStatus(stage: Stage) {
  const response = await apiOf(placeOf(stage)).status.$get({})
  return statusBody.parse(await response.json()).data.reconciliation
}

function thirds<T>(all: readonly T[]): readonly [readonly T[], readonly T[], readonly T[]] {
  const size = Math.ceil(all.length / 3)
  return [all.slice(0, size), all.slice(size, 2 * size), all.slice(2 * size)]
}
