// When a command of ours ends: on a signal, or when the npm that started it is gone.

const PARENT_LOOK_MS = 250
const STOP_DEADLINE_MS = 2_500

/** Runs `end` once, then ends the process with 0; it never takes longer than STOP_DEADLINE_MS. */
export function endWithParent(end: () => Promise<void>): void {
  const parent = process.ppid
  let isEnding = false
  const finish = () => {
    if (isEnding) return
    isEnding = true
    setTimeout(() => process.exit(0), STOP_DEADLINE_MS).unref()
    void end().finally(() => process.exit(0))
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, finish)
  // npm may die without telling its child, for example when its terminal is closed.
  setInterval(() => {
    if (process.ppid !== parent) finish()
  }, PARENT_LOOK_MS).unref()
}
