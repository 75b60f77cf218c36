// `npm test`: every test, in parts, each a run of its own. A part that stands still is ended and run again
// from its beginning: Cloudflare's plugin now and then never starts the next file (workers-sdk#15498).
// The parts in Node go beside those in workerd, since both wait more than they work; each line of Vitest names
// its project. Whoever names files or options has Vitest itself.

import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import { ROOT } from './project.ts'
import { runWatched } from './run-watched.ts'

const VITEST = path.join(ROOT, 'node_modules', 'vitest', 'vitest.mjs')
/** Several times what the longest file takes on two cores: in Node that is the hundred seeds of the simulator. */
const SILENCE_SECONDS_MAX = { app: 300, node: 900 }
const RUNS_PER_PART_MAX = 4
/** The smaller a part, the less is done again. */
const APP_PARTS = 8

type Part = { readonly options: readonly string[]; readonly silenceSecondsMax: number }

const LANES: readonly (readonly Part[])[] = [
  Array.from({ length: APP_PARTS }, (_, nth) => ({
    options: ['--project', 'app', `--shard=${nth + 1}/${APP_PARTS}`],
    silenceSecondsMax: SILENCE_SECONDS_MAX.app,
  })),
  [{ options: ['--project', 'node'], silenceSecondsMax: SILENCE_SECONDS_MAX.node }],
]

/** `names`: of what failed, so that the end of a long output says it. */
type Counts = {
  readonly passed: number
  readonly failed: number
  readonly names: readonly string[]
}

type Report = {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly testResults: readonly {
    readonly name: string
    readonly status: string
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[]
  }[]
}

/** A run without a readable report, or one that failed where no test did, is still one failure. */
function countsOf(reportFile: string, hasPassed: boolean): Counts {
  try {
    const report: Report = JSON.parse(fs.readFileSync(reportFile, 'utf8'))
    // A file that could not be loaded fails without a test that could be counted.
    const unloaded = report.testResults.filter(
      ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
    )
    const names = [
      ...unloaded.map(({ name }) => `${name}: not loaded`),
      ...report.testResults.flatMap(({ name, assertionResults }) =>
        assertionResults
          .filter(({ status }) => status === 'failed')
          .map(({ fullName }) => `${name}: ${fullName}`),
      ),
    ]
    const failed = report.numFailedTests + unloaded.length
    const isSilentFailure = failed === 0 && (!hasPassed || report.numPassedTests === 0)
    const silent = isSilentFailure ? ['a run failed where no test did'] : []
    return {
      passed: report.numPassedTests,
      failed: failed + silent.length,
      names: [...names, ...silent],
    }
  } catch {
    return { passed: 0, failed: 1, names: ['a run left no report'] }
  }
}

async function runPart({ options, silenceSecondsMax }: Part, reportFile: string): Promise<Counts> {
  for (let run = 1; run <= RUNS_PER_PART_MAX; run++) {
    fs.rmSync(reportFile, { force: true })
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${reportFile}`]
    const end = await runWatched([VITEST, 'run', ...options, ...reporters], silenceSecondsMax)
    if (end !== 'stood_still') return countsOf(reportFile, end === 'passed')
    const next = run < RUNS_PER_PART_MAX ? 'it is run again' : 'it is given up'
    console.log(`\n${options.join(' ')}: nothing happened for ${silenceSecondsMax} s; ${next}\n`)
  }
  return { passed: 0, failed: 1, names: ['a part stood still'] }
}

async function runLane(parts: readonly Part[]): Promise<readonly Counts[]> {
  const folder = fs.mkdtempSync(path.join(tmpdir(), 'makegood-test-'))
  const all: Counts[] = []
  try {
    for (const part of parts) {
      all.push(await runPart(part, path.join(folder, 'report.json')))
    }
  } finally {
    fs.rmSync(folder, { recursive: true, force: true })
  }
  return all
}

async function runAll(): Promise<void> {
  const all = (await Promise.all(LANES.map(runLane))).flat()
  const passed = all.reduce((sum, counts) => sum + counts.passed, 0)
  const failed = all.reduce((sum, counts) => sum + counts.failed, 0)
  for (const name of all.flatMap(({ names }) => names)) console.log(`failed: ${name}`)
  console.log(`${passed} passed, ${failed} failed`)
  process.exitCode = failed === 0 ? 0 : 1
}

const args = process.argv.slice(2)
if (args.length === 0) await runAll()
else process.exitCode = (await runWatched([VITEST, 'run', ...args], Infinity)) === 'passed' ? 0 : 1
