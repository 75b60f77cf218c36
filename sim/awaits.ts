// The awaits of the product's paths that are known, as awaits.txt lists them: how often 100 seeds of 200
// events come to each. `npm run sim -- --seeds 200 --events 200 --write-awaits` writes it anew.

import * as fs from 'node:fs'
import * as path from 'node:path'
import type { CrashCount } from './crashes.ts'

const FILE = path.join(import.meta.dirname, 'awaits.txt')
const SEEDS = 100
const LINE = /^ *([\d.]+) {2}(.+)$/

/** By the await's name: how often one seed is expected to come to it. */
export const expectedReach: ReadonlyMap<string, number> = new Map(
  fs
    .readFileSync(FILE, 'utf8')
    .split('\n')
    .flatMap((line): [string, number][] => {
      const [, reached, name] = LINE.exec(line) ?? []
      return name === undefined ? [] : [[name, Number(reached) / SEEDS]]
    }),
)

/** So often at least a process is to die at each of them, in a run that is large enough. */
export const CRASHES_MIN = 20
/** A run of so many events in all is large enough. */
export const EVENTS_ENOUGH = 200 * 200

/** A line for each that was crashed at too seldom: a known one, or another that was reached often enough. */
export function tooSeldom(crashes: ReadonlyMap<string, CrashCount>): string[] {
  const names = new Set([...expectedReach.keys(), ...crashes.keys()])
  return [...names].flatMap((name) => {
    const { reached, before, after } = crashes.get(name) ?? { reached: 0, before: 0, after: 0 }
    const isKnown = expectedReach.has(name)
    const isEnough = before + after >= CRASHES_MIN || (!isKnown && reached < 2 * CRASHES_MIN)
    return isEnough ? [] : [`${before + after} crashes of ${reached} at ${name}`]
  })
}

export function writeAwaits(crashes: ReadonlyMap<string, CrashCount>, seeds: number): void {
  const lines = [...crashes]
    .map(([name, { reached }]): [string, number] => [name, (reached * SEEDS) / seeds])
    .filter(([, reached]) => reached >= CRASHES_MIN)
    .toSorted(([left, one], [right, other]) => one - other || (left < right ? -1 : 1))
    .map(([name, reached]) => `${String(Math.ceil(reached)).padStart(7)}  ${name}`)
  fs.writeFileSync(FILE, `${lines.join('\n')}\n`)
}
