// A program that is ended when it is silent for too long, with everything that it has started.

import { spawn } from 'node:child_process'
import { ROOT } from './project.ts'

export type End = 'passed' | 'failed' | 'stood_still'

const LOOK_EVERY_MS = 1_000

/** Runs Node with `args`; what it prints is passed on. `silenceSeconds`: Infinity waits for ever. */
export function runWatched(args: readonly string[], silenceSeconds: number): Promise<End> {
  const isWatched = silenceSeconds !== Infinity
  return new Promise((resolve) => {
    // A group of its own, so that the Workers which it has started end with it.
    const running = spawn(process.execPath, args, {
      cwd: ROOT,
      detached: isWatched,
      stdio: isWatched ? ['ignore', 'pipe', 'pipe'] : 'inherit',
      env: { ...(process.stdout.isTTY && isWatched ? { FORCE_COLOR: '1' } : {}), ...process.env },
    })
    let lastHeardMs = Date.now()
    let hasStoodStill = false
    for (const [from, to] of [
      [running.stdout, process.stdout],
      [running.stderr, process.stderr],
    ] as const) {
      from?.on('data', (chunk: Buffer) => {
        lastHeardMs = Date.now()
        to.write(chunk)
      })
    }
    const endAll = (): void => {
      if (running.pid === undefined || !isWatched) return
      try {
        process.kill(-running.pid, 'SIGKILL')
      } catch {
        // It has ended meanwhile.
      }
    }
    const onSignal = (): void => {
      endAll()
      // What else is watched ends its own programs first.
      setImmediate(() => process.exit(1))
    }
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
    for (const signal of signals) process.on(signal, onSignal)
    const watch = setInterval(() => {
      if (Date.now() - lastHeardMs < silenceSeconds * 1_000) return
      hasStoodStill = true
      endAll()
    }, LOOK_EVERY_MS)
    running.once('close', (code) => {
      clearInterval(watch)
      for (const signal of signals) process.off(signal, onSignal)
      // A Worker that outlived its run would keep the machine busy.
      endAll()
      resolve(hasStoodStill ? 'stood_still' : code === 0 ? 'passed' : 'failed')
    })
  })
}
