// What both drills play on: the app and its sandbox as processes, senders that deliver until they are answered, the
// cron each minute of the drill's time, and at the end the judge of `npm run chaos`, who counts the whole ledger.

import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { RESTART_CRON } from '../src/domain/wake-up.ts'
import { drainChaos } from './chaos-drain.ts'
import { drawFacts, type Fact } from './chaos-facts.ts'
import { isBad, judge, type Verdict } from './chaos-judge.ts'
import {
  listAdjustments,
  listCustomers,
  listEvents,
  listLedger,
  setSandboxClock,
} from './chaos-operator.ts'
import { ambiguousIn } from './chaos-records.ts'
import { startSenders, type Senders } from './chaos-sender.ts'
import { prepareChaos, shownAt, type ChaosClock, type ChaosStack } from './chaos-stack.ts'
import type { SentFact } from './chaos-told.ts'
import { randomFrom } from './fuzz-requests.ts'
import { Trouble } from './trouble.ts'

export type Tell = (line: string) => void

export type Stage = {
  readonly stack: ChaosStack
  readonly facts: readonly Fact[]
  readonly now: () => number
  /** Delivers these, also again, and waits until each was answered with 2xx. */
  deliver(facts: readonly Fact[]): Promise<void>
  /** Begins to deliver. */
  begin(facts: readonly Fact[]): void
  /** Ends the app, as a deployment or a restore does, has `between` happen, and starts it `laterMs` later. */
  restart(laterMs: number, between?: () => Promise<void>): Promise<void>
  /** Until nothing is due or in flight any more, or for so long. */
  settle(withinMs?: number): Promise<void>
  /** Invoices that were made since the beginning. */
  invoices(): Promise<number>
}

/** A minute of the drill's time is two seconds. */
const SPEED = 30
const TICK_EVERY_MS = 2_000
const LOOK_EVERY_MS = 200
/** Without an answer to any of them: on a busy machine all together take longer. */
const ANSWERED_MS_MAX = 60_000
const SETTLED_MS_MAX = 30_000
const TOLD_MAX = 10

export type Played = { readonly verdict: Verdict; readonly isGood: boolean }

type Act = {
  readonly act: (stage: Stage) => Promise<void>
  /** Once all of it is worked off; what this brings is worked off as well. */
  readonly afterwards?: (stage: Stage) => Promise<void>
}

/** Plays `act` with `count` facts, works off what is left, and counts. The state is kept where something is wrong. */
export async function playDrill(
  { count, seed, tell }: { readonly count: number; readonly seed: number; readonly tell: Tell },
  acts: Act,
): Promise<Played> {
  const folder = fs.mkdtempSync(path.join(tmpdir(), 'makegood-drill-'))
  let isGood = false
  let stack: ChaosStack | undefined
  try {
    stack = await prepareChaos(folder)
    const verdict = await playOn(stack, drawFacts(randomFrom(seed), count), { ...acts, seed, tell })
    isGood = !isBad(verdict)
    return { verdict, isGood }
  } finally {
    await stack?.stop()
    if (isGood) fs.rmSync(folder, { recursive: true, force: true })
    else tell(`the state is kept in ${folder}`)
  }
}

async function playOn(
  stack: ChaosStack,
  facts: readonly Fact[],
  play: Act & { readonly seed: number; readonly tell: Tell },
): Promise<Verdict> {
  let clock: ChaosClock = { realMs: Date.now(), shownMs: Date.now(), speed: SPEED }
  const now = () => shownAt(clock, Date.now())
  await Promise.all([stack.start('app', clock), stack.start('sandbox', clock)])
  const customers = await listCustomers(stack)
  const before = (await listLedger(stack)).map(({ id }) => id)
  const senders = startSenders(stack, now, play.seed + 1)
  const cron = startCron(stack, now)
  const startLater = async (ms: number): Promise<void> => {
    clock = { ...clock, realMs: Date.now(), shownMs: now() + ms }
    await stack.start('app', clock)
    cron.restarted()
  }
  const stage: Stage = {
    ...waitingOf(stack, senders, before.length),
    stack,
    facts,
    now,
    begin: (some) => senders.tell(some),
    async restart(laterMs, between) {
      await stack.kill('app')
      await between?.()
      await startLater(laterMs)
    },
  }
  try {
    await play.act(stage)
    const run = { stack, senders, keeper: cron.keeper, clock: () => clock, startLater }
    await drainChaos(run, play.tell)
    if (play.afterwards !== undefined) {
      await play.afterwards(stage)
      await drainChaos(run, play.tell)
    }
    await cron.stop()
    await senders.stop()
    const record = {
      facts: merged(senders.sent()),
      events: await listEvents(stack),
      adjustments: await listAdjustments(stack),
      ledger: await listLedger(stack),
      before,
      customers,
    }
    await stack.stop()
    return judge({ ...record, ambiguous: await ambiguousIn(stack.statePath('app')) })
  } finally {
    await cron.stop()
    await senders.stop()
  }
}

function waitingOf(stack: ChaosStack, senders: Senders, before: number) {
  const until = async (isThere: () => Promise<boolean>, withinMs: number): Promise<boolean> => {
    const deadline = Date.now() + withinMs
    while (!(await isThere())) {
      if (Date.now() > deadline) return false
      await sleep(LOOK_EVERY_MS)
    }
    return true
  }
  return {
    async deliver(facts: readonly Fact[]): Promise<void> {
      senders.tell(facts)
      let [least, since] = [senders.open(), Date.now()]
      while (senders.open() > 0) {
        await sleep(LOOK_EVERY_MS)
        if (senders.open() < least) [least, since] = [senders.open(), Date.now()]
        if (Date.now() - since <= ANSWERED_MS_MAX) continue
        throw new Trouble(`${senders.open()} deliveries were never answered with 2xx`)
      }
    },
    async settle(withinMs: number = SETTLED_MS_MAX): Promise<void> {
      const isStill = async (): Promise<boolean> => {
        const rows = await listAdjustments(stack)
        return rows.every(({ state }) => state !== 'due' && state !== 'issuing')
      }
      await until(isStill, withinMs)
    },
    invoices: async (): Promise<number> => (await listLedger(stack)).length - before,
  }
}

/** The minute's cron and the sandbox's clock beside the app's; either fails while its part is down. */
function startCron(stack: ChaosStack, now: () => number) {
  const keeper = {
    restarted: () => undefined,
    seen: { faults: new Map<string, number>(), calls: 0, resumed: 0, troubles: [] },
    stop: async () => undefined,
  }
  let [isRestart, isOver] = [true, false]
  const loop = async (everyMs: number, act: () => Promise<unknown>): Promise<void> => {
    while (!isOver) {
      await act().catch(() => undefined)
      await sleep(everyMs)
    }
  }
  const tick = async (): Promise<void> => {
    const wasRestart = isRestart
    isRestart = false
    const hasRun = await stack.tick(wasRestart ? RESTART_CRON : '* * * * *')
    if (wasRestart && !hasRun) isRestart = true
  }
  const loops = [
    loop(TICK_EVERY_MS, tick),
    loop(LOOK_EVERY_MS, () => setSandboxClock(stack, now())),
  ]
  return {
    keeper,
    restarted(): void {
      isRestart = true
    },
    async stop(): Promise<void> {
      isOver = true
      await Promise.all(loops)
    },
  }
}

/** What was told several times is one fact, with every event that was acknowledged for it. */
function merged(sent: readonly SentFact[]): SentFact[] {
  const undoOf = (all: readonly SentFact[]): SentFact['undo'] =>
    (['acknowledged', 'sent'] as const).find((undo) => all.some((each) => each.undo === undo)) ??
    'none'
  return [...Map.groupBy(sent, ({ subject }) => subject).values()].flatMap((all) => {
    const [first] = all
    if (first === undefined) return []
    const acknowledged = [...new Set(all.flatMap((each) => each.acknowledged))]
    return [{ ...first, acknowledged, undo: undoOf(all) }]
  })
}

/** What the judge found, a line each. */
export function tellVerdict({ verdict, isGood }: Played, tell: Tell): void {
  const { acknowledged, plain, billed, undone, lost, doubled, strange, unbalanced } = verdict
  tell(
    `${acknowledged} events acknowledged; ${plain} facts need nobody, ${billed} of them invoiced; ${undone} undone`,
  )
  const wrong = { lost, doubled, strange, unbalanced, unresolved: verdict.unresolved }
  for (const [name, lines] of Object.entries(wrong)) {
    for (const line of lines.slice(0, TOLD_MAX)) tell(`  ${name}: ${line}`)
  }
  tell(`lost ${lost.length}, doubled ${doubled.length}: ${isGood ? 'good' : 'NOT GOOD'}`)
}
