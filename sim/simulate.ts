// One run: a seed, from its first event until everything has healed and nothing is left to do; then it is
// judged.

import { setImmediate } from 'node:timers'
import * as path from 'node:path'
import { comparisonDueAt, isCompared, watchClaims } from './comparisons.ts'
import type { CrashCount } from './crashes.ts'
import { judge, judgeAcknowledged } from './judge.ts'
import { resumeAll, startOperators, type Asked } from './operators.ts'
import { addKeys } from './people.ts'
import { createRandom } from './random.ts'
import { DAY, HOUR, MINUTE, scenarioOf, type FaultKind, type Scenario } from './scenario.ts'
import { migratedImage, openSqlite } from './sqlite.ts'
import { watchWaits } from './waits.ts'
import { createWorld, type World } from './world.ts'

export type Run = {
  readonly seed: number
  readonly violations: readonly string[]
  readonly traceHash: string
  readonly lastLines: readonly string[]
  readonly crashes: ReadonlyMap<string, CrashCount>
  readonly figures: Figures
}

export type Figures = {
  readonly steps: number
  readonly acknowledged: number
  readonly adjustments: number
  readonly invoices: number
  readonly crashed: number
}

export type RunOptions = {
  readonly seed: number
  readonly eventCount: number
  readonly faults: ReadonlySet<FaultKind>
  readonly print?: (line: string) => void
  /** In the place of the scenario that is drawn from the seed. */
  readonly scenario?: Scenario
  readonly judge?: (world: World) => readonly string[]
}

/** A run that goes on for longer than this never ends. */
const STEPS_PER_EVENT_MAX = 6_000
/** For the cron and the log's notices: a delivery that comes again after 400 days makes a run as long. */
const STEPS_PER_DAY_MAX = 1_000
const HEALING_MAX_MS = 12 * 24 * HOUR

const MIGRATIONS = path.join(import.meta.dirname, '..', 'migrations')
const KEYS_MADE_AT = Date.UTC(2027, 0, 1)

let emptyImage: Promise<Uint8Array> | null = null

async function prepareImage(): Promise<Uint8Array> {
  const database = openSqlite(migratedImage(MIGRATIONS))
  await addKeys(database, KEYS_MADE_AT)
  const image = database.serialize()
  database.close()
  return image
}

/** Everything that a process can do without waiting for the simulator. */
const settled = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve))

export async function simulate(options: RunOptions): Promise<Run> {
  const { seed, eventCount, faults, print } = options
  emptyImage ??= prepareImage()
  const world = createWorld({
    scenario: options.scenario ?? scenarioOf(seed, faults),
    eventCount,
    image: await emptyImage,
    print: print ?? null,
    onAcknowledged: judgeAcknowledged,
  })
  try {
    const { timeline, host, trace, crashes, violations } = world
    const cron = startCron(world)
    startPeople(world)
    const healAt = Math.max(world.senders.lastAt, world.scenario.startMs + world.scenario.spanMs)
    timeline.at(healAt + HOUR, () => beginHealing(world))
    const days = Math.ceil((healAt - world.scenario.startMs) / DAY) + 1
    const stepsMax = eventCount * STEPS_PER_EVENT_MAX + days * STEPS_PER_DAY_MAX
    let steps = 0
    while (!cron.isQuiet() && timeline.step()) {
      await settled()
      host.rest()
      steps += 1
      const isEndless = steps >= stepsMax || timeline.now() > healAt + HEALING_MAX_MS
      const left = isEndless ? leftOver(world) || 'it is not compared, or not sealed' : ''
      if (isEndless) violations.push(`never_quiet: after ${steps} steps: ${left}`)
      if (isEndless || violations.length > 0) break
    }
    if (violations.length === 0) violations.push(...(options.judge ?? judge)(world))
    return {
      seed,
      violations: [...violations],
      traceHash: trace.hash(),
      lastLines: [...trace.last()],
      crashes: crashes.counts,
      figures: figuresOf(world, steps),
    }
  } finally {
    world.end()
  }
}

function startPeople(world: World): void {
  const { scenario, timeline, database, isHealed, commet } = world
  startOperators({
    commet,
    scenario,
    timeline,
    database,
    isHealed,
    request: askAsOperator(world),
  })
}

/** Each answer that is seen is kept for the judge. */
const askAsOperator =
  ({ trace, request, answers }: World) =>
  (asking: Request, asked: Asked): void =>
    request(asking, 'operator', (seen) => {
      trace.line(`  ${asked.what}`)
      if (seen !== null) answers.push({ ...asked, ...seen })
    })

/** Faults end; what people have stopped is resumed, until nothing stops any more. */
function beginHealing(world: World): void {
  const { trace, timeline, database } = world
  trace.line('everything heals')
  world.heal()
  const resume = (): void => {
    resumeAll(database, askAsOperator(world))
    timeline.after(5 * MINUTE, resume)
  }
  resume()
}

type Cron = { readonly isQuiet: () => boolean }

/** Each minute; but most of the ticks that would find nothing, and change nothing, are left out. */
function startCron(world: World): Cron {
  const { timeline, scenario, isHealed, database } = world
  const random = createRandom(scenario.seed, 'cron')
  const looks = [watchClaims(world), watchWaits(world)]
  let doneAt: number | null = null
  let isQuiet = false
  const plan = (): void => {
    const now = timeline.now()
    for (const look of looks) look()
    doneAt = isHealed() && leftOver(world) === '' ? (doneAt ?? now) : null
    // What was done last is compared with the billing API, too.
    isQuiet = doneAt !== null && isCompared(database, doneAt) && isSealed(database)
    if (isQuiet) return
    const comparedAt = isHealed() ? comparisonDueAt(database) : Infinity
    const next = Math.min(dueAt(world), comparedAt, timeline.next() ?? Infinity)
    const from = Math.max(now + 1, Number.isFinite(next) ? next : now)
    const minute = Math.ceil(from / MINUTE) * MINUTE
    const isLate = scenario.faults.has('queue') && !isHealed() && random.chance(0.3)
    const lateMs = random.below(isLate ? random.pick([MINUTE, 5 * MINUTE, 40 * MINUTE]) : 200)
    timeline.at(minute + lateMs, () => {
      const isDue = Math.min(dueAt(world), comparisonDueAt(database)) <= timeline.now()
      const isWanted = isHealed() || isDue || random.chance(0.1)
      // Now and then the platform forgets one.
      const isForgotten = scenario.faults.has('queue') && !isHealed() && random.chance(0.05)
      if (isWanted && !isForgotten) world.tick()
      // By then the tick itself is no more what comes next.
      timeline.after(30_000, plan)
    })
  }
  plan()
  return { isQuiet: () => isQuiet }
}

/** When the next row waits to be woken; while the circuit is open, most of them wait for its probe. */
function dueAt({ database }: World): number {
  const [due] = database.rows<{ at: number | null }>(
    `SELECT min(at) AS at FROM (SELECT min(CASE WHEN state IN ('due', 'invoiced') THEN max(wake_at,
        coalesce((SELECT probe_at FROM circuits), 0)) ELSE wake_at END) AS at
      FROM adjustments WHERE wake_at IS NOT NULL UNION ALL SELECT min(wake_at) FROM notices)`,
  )
  return due?.at ?? Infinity
}

function isSealed(database: World['database']): boolean {
  const [row] = database.rows<{ unsealed: number }>(`SELECT (SELECT count(*) FROM audit_entries)
    - coalesce((SELECT max(size) FROM audit_checkpoints), 0) AS unsealed`)
  return row?.unsealed === 0
}

/** What is still under way, for people; empty where nothing is. */
function leftOver({ senders, queues, database }: World): string {
  const [row] = database.rows<Record<string, number>>(`SELECT
    (SELECT count(*) FROM adjustments WHERE state IN ('due', 'issuing')) AS due,
    (SELECT count(*) FROM adjustments WHERE state IN ('invoiced', 'failed')
      AND wake_at IS NOT NULL) AS waking,
    (SELECT count(*) FROM notices WHERE wake_at IS NOT NULL) AS telling`)
  const left = {
    ...row,
    unacknowledged: senders.unacknowledged(),
    queued: queues.waiting(),
  }
  return Object.entries(left)
    .filter(([, count]) => count > 0)
    .map(([what, count]) => `${what} ${count}`)
    .join(', ')
}

function figuresOf({ senders, database, commet, crashes }: World, steps: number): Figures {
  const [row] = database.rows<{ n: number }>('SELECT count(*) AS n FROM adjustments')
  let crashed = 0
  for (const { before, after } of crashes.counts.values()) crashed += before + after
  return {
    steps,
    acknowledged: senders.acknowledged.length,
    adjustments: row?.n ?? 0,
    invoices: commet.invoices.length,
    crashed,
  }
}
