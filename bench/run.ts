// `npm run bench [-- --quick] [-- --only counts,size]`: what it costs and how fast it is. Prints a table and writes
// bench/results.json and the tables of docs/bench.md; a section that was not measured stays as it was.

import * as fs from 'node:fs'
import * as os from 'node:os'
import * as path from 'node:path'
import { parseArgs } from 'node:util'
import { ROOT } from '../scripts/project.ts'
import { endWithParent } from '../scripts/lifetime.ts'
import { tellTrouble, Trouble } from '../scripts/trouble.ts'
import { pageWith, SECTIONS, tablesOf, type Figure, type Results, type Section } from './figures.ts'
import { measureClicks } from './measure-clicks.ts'
import { measureCpu } from './measure-cpu.ts'
import { measureCounts } from './measure-counts.ts'
import { measureGrowth } from './measure-growth.ts'
import { measureIssue } from './measure-issue.ts'
import { measureSize, measureStart } from './measure-start.ts'
import { measureSpeed } from './measure-speed.ts'

const RESULTS = path.join(ROOT, 'bench', 'results.json')
const PAGE = path.join(ROOT, 'docs', 'bench.md')

type Run = { readonly folder: string; readonly isQuick: boolean }

const effortOf = ({ isQuick }: Run) =>
  isQuick ? { rounds: 3, share: 0.2 } : { rounds: 9, share: 1 }

const MEASURES: Readonly<Record<Section, (run: Run) => Promise<Figure[]>>> = {
  counts: ({ folder }) => measureCounts(folder),
  size: () => measureSize(),
  speed: (run) => measureSpeed(run.folder, effortOf(run)),
  issue: (run) => measureIssue(run.folder, effortOf(run)),
  clicks: (run) => measureClicks(run.folder, effortOf(run)),
  cpu: (run) => measureCpu(effortOf(run)),
  start: ({ folder, isQuick }) => measureStart(folder, isQuick ? 3 : 15),
  growth: ({ folder, isQuick }) => measureGrowth(folder, isQuick ? 50 : 1_000),
}

function wantedSections(only: string | undefined): readonly Section[] {
  const measured: readonly Section[] = SECTIONS
  if (only === undefined) return measured
  const named = only.split(',')
  const unknown = named.find((name) => !measured.some((known) => known === name))
  if (unknown !== undefined) {
    throw new Trouble(`there is no section '${unknown}'; there are: ${measured.join(', ')}`)
  }
  return measured.filter((name) => named.includes(name))
}

const load = (): number => Number((os.loadavg()[0] ?? 0).toFixed(2))

async function measure(name: Section, isQuick: boolean): Promise<Results['sections'][Section]> {
  const before = load()
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'makegood-bench-'))
  try {
    const figures = await MEASURES[name]({ folder, isQuick })
    return { at: new Date().toISOString(), isQuick, load: [before, load()], figures }
  } finally {
    fs.rmSync(folder, { recursive: true, force: true })
  }
}

function machine(): Results['machine'] {
  const manifest = fs.readFileSync(path.join(ROOT, 'node_modules', 'miniflare', 'package.json'))
  const { version }: { version: string } = JSON.parse(String(manifest))
  const system = `${os.type()} ${os.machine()}`
  return { cores: `${os.cpus().length} cores`, node: process.version, miniflare: version, system }
}

/** The page has the committed results; a trial written elsewhere leaves it alone. */
function write(results: Results, out: string): void {
  fs.writeFileSync(out, `${JSON.stringify(results, null, 2)}\n`)
  if (out === RESULTS) fs.writeFileSync(PAGE, pageWith(fs.readFileSync(PAGE, 'utf8'), results))
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      only: { type: 'string' },
      quick: { type: 'boolean', default: false },
      out: { type: 'string', default: RESULTS },
    },
  })
  const known: Results = fs.existsSync(values.out)
    ? JSON.parse(fs.readFileSync(values.out, 'utf8'))
    : { machine: machine(), sections: {} }
  const sections = { ...known.sections }
  for (const name of wantedSections(values.only)) {
    console.error(`makegood: measuring ${name}`)
    const found = await measure(name, values.quick)
    if (found === undefined) continue
    sections[name] = found
    console.log(tablesOf({ machine: machine(), sections: { [name]: found } }))
    write({ machine: machine(), sections }, values.out)
  }
}

endWithParent(async () => {})
try {
  await main()
} catch (error) {
  console.error(tellTrouble(error))
  process.exitCode = 1
}
process.exit()
