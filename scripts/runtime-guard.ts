// Miniflare's workerd outlives a parent that is killed with SIGKILL, and keeps the ports and the
// database. A small shell process ends it: its input closes when this process is gone.
import { ChildProcess, spawn } from 'node:child_process'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'

// Each line that it reads is the list of process ids that are alive; an empty one when none is.
const GUARD = 'while read -r line; do alive=$line; done; for id in $alive; do kill -9 "$id"; done'

/**
 * Watches every workerd that this process starts from now on, until `release`.
 * Does nothing on Windows, which has no `sh`. `alive`: their process ids.
 */
export function guardRuntime(): { release(): void; readonly alive: ReadonlySet<number> } {
  const alive = new Set<number>()
  if (process.platform === 'win32') return { release: () => undefined, alive }
  // A group of its own, so that a Ctrl-C meant for this process does not end the guard first.
  const guard = spawn('/bin/sh', ['-c', GUARD], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
  guard.unref()
  guard.on('error', () => undefined)
  guard.stdin.on('error', () => undefined)
  const tell = () => guard.stdin.write(`${[...alive].join(' ')}\n`)
  const watch = (message: unknown) => {
    const started = startedProcess(message)
    // The channel reports a process before it has an id.
    started?.once('spawn', () => {
      const id = started.pid
      if (id === undefined || !/workerd(\.exe)?$/.test(started.spawnfile)) return
      alive.add(id)
      tell()
      started.once('exit', () => {
        alive.delete(id)
        tell()
      })
    })
  }
  subscribe('child_process', watch)
  return {
    alive,
    release() {
      unsubscribe('child_process', watch)
      guard.stdin.end('\n')
    },
  }
}

function startedProcess(message: unknown): ChildProcess | undefined {
  if (typeof message !== 'object' || message === null || !('process' in message)) return undefined
  return message.process instanceof ChildProcess ? message.process : undefined
}
