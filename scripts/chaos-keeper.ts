// What goes on all the time of a chaos run: the minute's cron, the sandbox's clock beside the app's, a look
// at which faults struck, and a person who resumes what has paused itself. Any of it fails while a part is down.

import { setTimeout as sleep } from 'node:timers/promises'
import { RESTART_CRON } from '../src/domain/wake-up.ts'
import { resumeRules, seenCalls, setSandboxClock } from './chaos-operator.ts'
import type { ChaosStack } from './chaos-stack.ts'

export type Keeper = {
  /** The next cron says that every lease is dead. */
  restarted(): void
  readonly seen: {
    /** By kind, how many calls it struck. */
    readonly faults: Map<string, number>
    calls: number
    resumed: number
    /** What a handler threw while nobody had killed it. */
    readonly troubles: string[]
  }
  stop(): Promise<void>
}

const CRON = '* * * * *'
/** A minute by the trial's clock. */
const TICK_EVERY_MS = 3_000
const RESUME_EVERY_MS = 1_000
const LOOK_EVERY_MS = 200
const CALLS_KEPT_MAX = 2_000

export function startKeeper(stack: ChaosStack, now: () => number): Keeper {
  const seen: Keeper['seen'] = { faults: new Map(), calls: 0, resumed: 0, troubles: [] }
  const recent = new Set<string>()
  let [isRestart, isOver] = [false, false]

  const tick = async (): Promise<void> => {
    const cron = isRestart ? RESTART_CRON : CRON
    isRestart = false
    try {
      const hasRun = await stack.tick(cron)
      isRestart ||= !hasRun && cron === RESTART_CRON
    } catch (error) {
      seen.troubles.push(String(error))
    }
  }
  const look = async (): Promise<void> => {
    await setSandboxClock(stack, now())
    for (const { requestId, faults } of await seenCalls(stack)) {
      if (recent.has(requestId)) continue
      recent.add(requestId)
      seen.calls += 1
      for (const kind of faults) seen.faults.set(kind, (seen.faults.get(kind) ?? 0) + 1)
    }
    for (const id of [...recent].slice(0, -CALLS_KEPT_MAX)) recent.delete(id)
  }
  const resume = async (): Promise<void> => {
    seen.resumed += await resumeRules(stack)
  }
  const every = async (ms: number, act: () => Promise<void>): Promise<void> => {
    while (!isOver) {
      await act().catch(() => undefined)
      await sleep(ms)
    }
  }
  const loops = [
    every(TICK_EVERY_MS, tick),
    every(LOOK_EVERY_MS, look),
    every(RESUME_EVERY_MS, resume),
  ]
  return {
    seen,
    restarted() {
      isRestart = true
    },
    async stop() {
      isOver = true
      await Promise.all(loops)
    },
  }
}
