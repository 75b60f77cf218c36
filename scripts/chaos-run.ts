// One chaos run: rounds of load with faults, each ended by a SIGKILL and a start on the same state; then the
// faults end, what is left is worked off, and the ledger is counted.

import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { drainChaos, lastStretch } from './chaos-drain.ts'
import { drawFacts, type Fact } from './chaos-facts.ts'
import { drawMixes } from './chaos-faults.ts'
import { judge, type Verdict } from './chaos-judge.ts'
import { startKeeper, type Keeper } from './chaos-keeper.ts'
import { listAdjustments, listEvents, listLedger, setFaults } from './chaos-operator.ts'
import { ambiguousIn, standingOf, type Standing } from './chaos-records.ts'
import { startSenders, type Senders } from './chaos-sender.ts'
import {
  prepareChaos,
  shownAt,
  type ChaosClock,
  type ChaosStack,
  type PartName,
} from './chaos-stack.ts'
import { randomFrom, type Random } from './fuzz-requests.ts'

export type ChaosOptions = {
  readonly kills: number
  readonly events: number
  readonly seed: number
  /** One line as something happens. */
  readonly tell: (line: string) => void
}

export type ChaosReport = Keeper['seen'] & {
  readonly verdict: Verdict
  readonly facts: number
  /** Letters that were never answered with 2xx. */
  readonly unanswered: number
  readonly kills: readonly Kill[]
  readonly deliveries: Senders['counts']
  readonly invoices: number
  readonly seconds: number
  /** Where the state is kept, if something was wrong. */
  readonly folder: string | null
}

export type Kill = {
  readonly parts: readonly PartName[]
  /** Since it listened, milliseconds. */
  readonly afterMs: number
  /** How the app's adjustments stood at that moment. */
  readonly standing: Standing
}

/** A minute of the trial is three seconds, so that its retries, leases and probes end within the run. */
const CLOCK_SPEED = 20
const AIM_MS_MAX = 10_000
const AIM_LOOK_MS = 10
const SOON_MS_MAX = 120
const AFTER_MS_MIN = 300
const AFTER_MS_MAX = 3_000
const DOWN_MS_MAX = 800
/** By the trial's clock: as if it had been down for minutes, or until after what the billing API remembers. */
const LATER_MS_MAX = 4 * 60_000
const NEXT_DAY_MS = 23 * 3_600_000
/** Until whatever was called before the clock jumps has been answered. */
const QUIET_MS = 1_000

export type Run = {
  readonly stack: ChaosStack
  readonly senders: Senders
  readonly keeper: Keeper
  readonly clock: () => ChaosClock
  /** The app that was killed starts again, so many milliseconds later by the trial's clock. */
  readonly startLater: (ms: number) => Promise<void>
}

export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const startedAt = performance.now()
  const folder = fs.mkdtempSync(path.join(tmpdir(), 'makegood-chaos-'))
  const stack = await prepareChaos(folder)
  let isGood = false
  try {
    const report = await runOn(stack, options)
    const { verdict, unanswered } = report
    isGood = unanswered === 0 && report.troubles.length === 0 && !isBad(verdict)
    const seconds = Math.round((performance.now() - startedAt) / 1_000)
    return { ...report, seconds, folder: isGood ? null : folder }
  } finally {
    await stack.stop()
    if (isGood) fs.rmSync(folder, { recursive: true, force: true })
  }
}

export const isBad = ({ lost, doubled, strange, unresolved }: Verdict): boolean =>
  lost.length + doubled.length + strange.length + unresolved.length > 0

async function runOn(
  stack: ChaosStack,
  { kills: wanted, events, seed, tell }: ChaosOptions,
): Promise<Omit<ChaosReport, 'seconds' | 'folder'>> {
  const random = randomFrom(seed)
  const facts = drawFacts(random, events)
  let clock: ChaosClock = { realMs: Date.now(), shownMs: Date.now(), speed: CLOCK_SPEED }
  const now = () => shownAt(clock, Date.now())
  await Promise.all([stack.start('app', clock), stack.start('sandbox', clock)])
  const senders = startSenders(stack, now, seed + 1)
  const keeper = startKeeper(stack, now)
  keeper.restarted()
  const startLater = async (ms: number) => {
    clock = { ...clock, realMs: Date.now(), shownMs: now() + ms }
    await stack.start('app', clock)
  }
  const run: Run = { stack, senders, keeper, clock: () => clock, startLater }
  try {
    const kills: Kill[] = []
    const mixOf = drawMixes(random)
    for (let round = 0; round < wanted; round++) {
      await setFaults(stack, mixOf(round))
      senders.tell(shareOf(facts, round, wanted))
      const kill = await killOnce(run, random)
      kills.push(kill)
      tell(`kill ${round + 1} of ${wanted}: ${describe(kill)}`)
    }
    senders.tell(shareOf(facts, wanted, wanted))
    await setFaults(stack, mixOf(wanted))
    await lastStretch(run)
    await setFaults(stack, [])
    tell('the faults are off; what is left is worked off')
    await drainChaos(run, tell)
    await keeper.stop()
    const unanswered = senders.open()
    await senders.stop()
    const record = {
      facts: senders.sent(),
      events: await listEvents(stack),
      adjustments: await listAdjustments(stack),
      ledger: await listLedger(stack),
    }
    await stack.stop()
    const ambiguous = await ambiguousIn(stack.statePath('app'))
    return {
      ...keeper.seen,
      verdict: judge({ ...record, ambiguous }),
      facts: facts.length,
      unanswered,
      kills,
      deliveries: senders.counts,
      invoices: record.ledger.length,
    }
  } finally {
    await keeper.stop()
    await senders.stop()
  }
}

const shareOf = (facts: readonly Fact[], round: number, rounds: number): readonly Fact[] => {
  const size = Math.ceil(facts.length / (rounds + 1))
  return facts.slice(round * size, (round + 1) * size)
}

/** One kill at a drawn moment, a pause, and a start on the same state; at times a day later. */
async function killOnce(run: Run, random: Random): Promise<Kill> {
  const { stack, keeper, clock } = run
  const parts = random.pick<readonly PartName[]>([
    ['app'],
    ['app'],
    ['app'],
    ['app'],
    ['app'],
    ['app'],
    ['sandbox'],
    ['app', 'sandbox'],
  ])
  const isSoon = random.below(4) === 0
  const isAimed = !isSoon && random.below(2) === 0
  const planned = isSoon
    ? random.below(SOON_MS_MAX)
    : AFTER_MS_MIN + random.below(AFTER_MS_MAX - AFTER_MS_MIN)
  const downMs = random.below(DOWN_MS_MAX)
  const isNextDay = random.below(6) === 0
  const laterMs = isNextDay ? NEXT_DAY_MS + random.below(NEXT_DAY_MS) : random.below(LATER_MS_MAX)
  const isTold = random.below(2) === 0
  const startedAt = Date.now()
  await sleep(planned)
  if (isAimed) await untilAttempt(stack)
  const afterMs = Date.now() - startedAt
  const hasApp = parts.includes('app')
  const before = hasApp ? null : await standingOf(stack.statePath('app'))
  await Promise.all(parts.map((part) => stack.kill(part)))
  const standing = before ?? (await standingOf(stack.statePath('app')))
  await sleep(isNextDay ? QUIET_MS : downMs)
  if (parts.includes('sandbox')) await stack.start('sandbox', clock())
  if (hasApp) await run.startLater(laterMs)
  // `npm start` says that it alone is there, and every lease is dead; in production nobody does.
  if (hasApp && isTold) keeper.restarted()
  return { parts, afterMs, standing }
}

/** Until one is being issued, but not for ever. */
async function untilAttempt(stack: ChaosStack): Promise<void> {
  const deadline = Date.now() + AIM_MS_MAX
  while (Date.now() < deadline) {
    if ((await standingOf(stack.statePath('app'))).issuing > 0) return
    await sleep(AIM_LOOK_MS)
  }
}

function describe({ parts, afterMs, standing: { issuing, due, circuit } }: Kill): string {
  const open = circuit === null ? '' : `, the circuit open (${circuit})`
  return `${parts.join(' and ')} after ${afterMs} ms, ${issuing} being issued, ${due} due${open}`
}
