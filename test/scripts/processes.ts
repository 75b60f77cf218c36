// What a started command leaves behind, asked of the operating system.
import { execFileSync } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'

type Entry = { id: number; parent: number; state: string }

function processes(): Entry[] {
  const lines = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,stat='], { encoding: 'utf8' })
  return lines
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .map(([id, parent, state = '']) => ({ id: Number(id), parent: Number(parent), state }))
}

/** The process and everything that it and its children started. */
export function family(root: number): number[] {
  const all = processes()
  const found = [root]
  for (const id of found) {
    found.push(...all.filter(({ parent }) => parent === id).map((entry) => entry.id))
  }
  return found
}

/** Those of the processes that still run after at most `withinMs`; a zombie does not run. */
export async function leftOf(ids: number[], withinMs: number): Promise<number[]> {
  const deadline = Date.now() + withinMs
  for (;;) {
    const running = processes().filter(
      ({ id, state }) => ids.includes(id) && !state.startsWith('Z'),
    )
    if (running.length === 0 || Date.now() > deadline) return running.map(({ id }) => id)
    await sleep(50)
  }
}
