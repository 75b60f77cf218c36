// The simulator: the same seed is the same run, and over many seeds no invariant is violated, though a
// process has died at each await.

import { execFile, execFileSync } from 'node:child_process'
import * as path from 'node:path'
import { describe, expect, it } from 'vitest'
import { readArguments } from '../../sim/arguments.ts'
import { readMutants } from '../../sim/mutants/list.ts'
import { createRandom } from '../../sim/random.ts'
import { createTimeline } from '../../sim/timeline.ts'

const ROOT = path.resolve(import.meta.dirname, '../..')

type Told = { readonly code: number; readonly text: string }

const sim = (...given: readonly string[]): Promise<Told> =>
  new Promise((resolve) => {
    const script = path.join(ROOT, 'sim', 'run.ts')
    const child = execFile(
      process.execPath,
      [script, ...given],
      { cwd: ROOT, maxBuffer: 64 * 1_048_576 },
      (_error, stdout, stderr) => resolve({ code: child.exitCode ?? -1, text: stdout + stderr }),
    )
  })

type Await = { readonly name: string; readonly crashed: number; readonly reached: number }

/** The rows of the table that the simulator prints. */
function awaitsOf(text: string): Await[] {
  const rows = text.matchAll(/^ *(\d+) +\d+ +\d+ +(\d+) {2}(.+)$/gm)
  return Array.from(rows, ([, crashed, reached, name = '']) => ({
    name,
    crashed: Number(crashed),
    reached: Number(reached),
  }))
}

describe('the simulator', () => {
  it('runs one seed twice alike, to the last step', async () => {
    const [first, second] = await Promise.all([
      sim('--seed', '7', '--events', '30', '--trace'),
      sim('--seed', '7', '--events', '30', '--trace'),
    ])
    const steps = (text: string) => text.split('\n').filter((line) => line.startsWith('+'))
    expect(steps(first.text).length).toBeGreaterThan(500)
    expect(steps(second.text)).toEqual(steps(first.text))
  })

  it('runs another seed otherwise', async () => {
    const one = await sim('--seed', '7', '--events', '10', '--trace')
    const other = await sim('--seed', '8', '--events', '10', '--trace')
    expect(other.text).not.toBe(one.text)
  })

  it('finds nothing over 100 seeds of 100 events, and crashes at each await', async () => {
    const { code, text } = await sim('--seeds', '100', '--events', '100')
    expect(text).toContain(' 0 violations;')
    expect(code).toBe(0)
    const awaits = awaitsOf(text)
    expect(awaits.length).toBeGreaterThan(60)
    expect(
      awaits.filter(({ crashed, reached }) => crashed < CRASHES_MIN && reached >= REACHED_MIN),
    ).toEqual([])
    expect(awaits.filter(({ crashed }) => crashed >= CRASHES_MIN).length).toBeGreaterThan(60)
  }, 900_000)

  it('crashes nothing and loses nothing where no fault is wanted', async () => {
    const { code, text } = await sim('--seed', '3', '--events', '40', '--faults', 'none')
    expect(code).toBe(0)
    expect(awaitsOf(text).length).toBeGreaterThan(15)
    expect(awaitsOf(text).filter(({ crashed }) => crashed > 0)).toEqual([])
  })

  it('refuses what it is not told right', async () => {
    const { code, text } = await sim('--faults', 'meteors')
    expect(code).toBe(2)
    expect(text).toContain('meteors is not one of')
    expect(() => readArguments(['--seeds', 'many'])).toThrow('a whole number above zero')
  })
})

const CRASHES_MIN = 20
/** What is reached more seldom, such as a notice that is given up, cannot be crashed at so often. */
const REACHED_MIN = 60

describe('planted bugs', () => {
  it('are at least forty, and each still fits the code', () => {
    const mutants = readMutants()
    expect(mutants.length).toBeGreaterThanOrEqual(40)
    for (const { patch } of mutants) {
      execFileSync('git', ['apply', '--check', patch], { cwd: ROOT, stdio: 'pipe' })
    }
  })
})

describe('chance', () => {
  it('is the same for the same seed and purpose, and another for another', () => {
    const draw = (seed: number, stream: string) =>
      Array.from({ length: 20 }, createRandom(seed, stream).next)
    expect(draw(1, 'crashes')).toEqual(draw(1, 'crashes'))
    expect(draw(1, 'crashes')).not.toEqual(draw(2, 'crashes'))
    expect(draw(1, 'crashes')).not.toEqual(draw(1, 'senders'))
  })
})

describe('the virtual clock', () => {
  it('brings what is planned in the order of its time, and of two at once the first', () => {
    const timeline = createTimeline(1_000)
    const random = createRandom(5, 'order')
    const seen: [at: number, order: number][] = []
    for (let order = 0; order < 500; order += 1) {
      const at = 1_000 + random.below(50)
      timeline.at(at, () => seen.push([at, order]))
    }
    while (timeline.step()) expect(timeline.now()).toBe(seen.at(-1)?.[0])
    const sorted = seen.toSorted(([at, order], [other, later]) => at - other || order - later)
    expect(seen).toEqual(sorted)
    expect(seen.length).toBe(500)
  })

  it('forgets what is cancelled, and never runs back', () => {
    const timeline = createTimeline(0)
    const seen: string[] = []
    timeline.after(10, () => seen.push('cancelled')).cancel()
    timeline.after(20, () => {
      timeline.at(5, () => seen.push(`at ${timeline.now()}`))
    })
    while (timeline.step()) expect(timeline.next() ?? 20).toBeGreaterThanOrEqual(timeline.now())
    expect(seen).toEqual(['at 20'])
  })
})
