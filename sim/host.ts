// The processes that run the product. Whatever one waits for is an await point: the simulator decides when
// it arrives, when it is answered, and if the process lives to see it. A dead one's promises never settle.

import type { Crashes, CrashMoment } from './crashes.ts'
import type { Random } from './random.ts'
import type { Timeline } from './timeline.ts'
import type { Trace } from './trace.ts'

export type Isolate = {
  readonly name: string
  /** Its clock's difference from the true time. */
  readonly skewMs: number
  isAlive: boolean
  readonly tasks: Set<Task>
}

/** One invocation of a handler. */
export type Task = {
  /** `door`, `queue adjustments` … */
  readonly kind: string
  readonly isolate: Isolate
  /** Told once, if the process dies before it is over. */
  readonly died: () => void
}

/** How something that is asked for comes about. `answer` may be called once, now or later. */
export type Asking<Value> = {
  readonly label: string
  readonly travelMs: number
  readonly arrive: (answer: (settled: Settled<Value>, afterMs: number) => void) => void
}

export type Settled<Value> = { readonly value: Value } | { readonly error: unknown }

export type Host = {
  /** Begins a task. `over`: how its promise settled, while its process lived. */
  readonly spawn: <Value>(
    task: Task,
    run: () => Promise<Value>,
    over: (settled: Settled<Value>) => void,
  ) => void
  readonly ask: <Value>(asking: Asking<Value>) => Promise<Value>
  readonly timer: (run: () => void, ms: number) => () => void
  readonly kill: (isolate: Isolate, why: string) => void
  /** The task whose code is running; null between two steps. */
  readonly current: () => Task | null
  /** Between two steps nobody's code is running. */
  readonly rest: () => void
}

export type HostParts = {
  readonly timeline: Timeline
  readonly trace: Trace
  readonly crashes: Crashes
  readonly random: Random
}

/** How likely what a dead process had sent still arrives. */
const ARRIVES_AFTER_DEATH = 0.6

type State = HostParts & { running: Task | null }

export function createHost(parts: HostParts): Host {
  const state: State = { ...parts, running: null }
  return {
    spawn: (task, run, over) => spawn(state, task, run, over),
    ask: (asking) => ask(state, asking),
    timer: (run, ms) => timer(state, run, ms),
    kill: (isolate, why) => kill(state, isolate, why),
    current: () => state.running,
    rest: () => {
      state.running = null
    },
  }
}

function kill({ trace }: State, isolate: Isolate, why: string): void {
  if (!isolate.isAlive) return
  trace.line(`${isolate.name} dies: ${why}`)
  isolate.isAlive = false
  for (const task of isolate.tasks) task.died()
  isolate.tasks.clear()
}

function spawn<Value>(
  state: State,
  task: Task,
  run: () => Promise<Value>,
  over: (settled: Settled<Value>) => void,
): void {
  const { isolate } = task
  isolate.tasks.add(task)
  const finish = (settled: Settled<Value>): void => {
    if (!isolate.isAlive || !isolate.tasks.delete(task)) return
    over(settled)
  }
  // In a step of its own: whatever runs in one step belongs to one task.
  state.timeline.after(0, () => {
    if (!isolate.isAlive) return
    state.running = task
    run().then(
      (value) => finish({ value }),
      (error: unknown) => finish({ error }),
    )
  })
}

function mine({ running }: State): Task {
  if (running === null) throw new Error('something outside of every process waits')
  return running
}

function ask<Value>(state: State, { label, travelMs, arrive }: Asking<Value>): Promise<Value> {
  const { timeline, trace, crashes, random } = state
  const task = mine(state)
  const { isolate } = task
  const named = `${task.kind}: ${label}`
  const crash = crashes.decide(named)
  const { promise, resolve, reject } = Promise.withResolvers<Value>()
  const die = (moment: CrashMoment): void => {
    crashes.happened(named, moment)
    kill(state, isolate, `${moment} ${named}`)
  }
  const settle = (settled: Settled<Value>): void => {
    if (!isolate.isAlive) return
    if (crash === 'after') return die(crash)
    state.running = task
    if ('error' in settled) reject(settled.error)
    else resolve(settled.value)
  }
  timeline.after(travelMs, () => {
    if (isolate.isAlive && crash === 'before') return die(crash)
    if (!isolate.isAlive && !random.chance(ARRIVES_AFTER_DEATH)) return
    trace.line(`${isolate.name} ${named}`)
    arrive((settled, afterMs) => {
      if (afterMs === 0) settle(settled)
      else timeline.after(afterMs, () => settle(settled))
    })
  })
  return promise
}

function timer(state: State, run: () => void, ms: number): () => void {
  const task = mine(state)
  return state.timeline.after(ms, () => {
    if (!task.isolate.isAlive) return
    state.running = task
    run()
  }).cancel
}
