// `npm run sim:picked -- --seed S`: bugs that nobody thought of. Stryker's own mutators list what they would
// change in the files that decide and write; of what the simulator runs, the seed picks some, and each is
// planted. Stryker's runner isn't needed, only `@stryker-mutator/instrumenter`, which is no dependency of the
// project, since it brings 77 packages.

import { execFileSync } from 'node:child_process'
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import * as z from 'zod'
import { outcomeText, ROOT, SEEDS, tryBug } from './plant.ts'
import { createRandom } from './random.ts'

const INSTRUMENTER = '@stryker-mutator/instrumenter'
const INSTALL = 'npm install --no-save @stryker-mutator/instrumenter@10.1.1'
const FOLDERS = ['src/db', 'src/usecases', 'src/domain'] as const

const place = z.object({ line: z.number(), column: z.number() })
const listed = z.object({
  mutants: z.array(
    z.object({
      fileName: z.string(),
      mutatorName: z.string(),
      replacement: z.string(),
      location: z.object({ start: place, end: place }),
    }),
  ),
})
type Listed = z.output<typeof listed>['mutants'][number]

type Picked = {
  readonly file: string
  readonly mutator: string
  readonly from: number
  readonly to: number
  readonly before: string
  readonly after: string
}

const quiet = () => undefined
const no = () => false
const LOGGER = {
  isTraceEnabled: no,
  isDebugEnabled: no,
  isInfoEnabled: no,
  trace: quiet,
  debug: quiet,
  info: quiet,
  warn: quiet,
  error: quiet,
  fatal: quiet,
}

async function listMutants(specifier: string, files: readonly string[]): Promise<Listed[]> {
  const loaded: unknown = await import(specifier).catch((cause: unknown) => {
    throw new Error(`${specifier} is not installed: ${INSTALL}`, { cause })
  })
  const Instrumenter: unknown = Reflect.get(Object(loaded), 'Instrumenter')
  if (typeof Instrumenter !== 'function') throw new Error(`${specifier} has no Instrumenter`)
  const instrumenter: unknown = Reflect.construct(Instrumenter, [LOGGER])
  const instrument: unknown = Reflect.get(Object(instrumenter), 'instrument')
  if (typeof instrument !== 'function') throw new Error(`${specifier} instruments nothing`)
  const sources = files.map((name) => ({
    name,
    mutate: true,
    content: fs.readFileSync(path.join(ROOT, name), 'utf8'),
  }))
  const options = { excludedMutations: [], ignorers: [], plugins: null }
  const { mutants } = listed.parse(
    await Reflect.apply(instrument, instrumenter, [sources, options]),
  )
  // What is written for people and logs decides nothing.
  return mutants.filter(({ mutatorName }) => mutatorName !== 'StringLiteral')
}

const coverage = z.object({
  result: z.array(
    z.object({
      url: z.string(),
      functions: z.array(
        z.object({
          ranges: z.array(
            z.object({ startOffset: z.number(), endOffset: z.number(), count: z.number() }),
          ),
        }),
      ),
    }),
  ),
})
type Range = z.output<typeof coverage>['result'][number]['functions'][number]['ranges'][number]

/** What a few seeds come to, by V8's own count; types are stripped without moving anything. */
function readCoverage(events: string): (file: string, offset: number) => boolean {
  const folder = fs.mkdtempSync(path.join(tmpdir(), 'makegood-coverage-'))
  const script = path.join(ROOT, 'sim', 'run.ts')
  const env = { ...process.env, NODE_V8_COVERAGE: folder }
  const args = [script, '--seeds', '6', '--events', events, '--jobs', '1']
  execFileSync(process.execPath, args, { env, stdio: 'ignore' })
  const ranges = new Map<string, Range[]>()
  for (const name of fs.readdirSync(folder)) {
    const text = fs.readFileSync(path.join(folder, name), 'utf8')
    for (const { url, functions } of coverage.parse(JSON.parse(text)).result) {
      ranges.set(url, [...(ranges.get(url) ?? []), ...functions.flatMap((each) => each.ranges)])
    }
  }
  fs.rmSync(folder, { recursive: true })
  return (file, offset) => {
    const own = ranges.get(pathToFileURL(path.join(ROOT, file)).href) ?? []
    const around = own.filter((each) => each.startOffset <= offset && offset < each.endOffset)
    const innermost = around.toSorted(
      (left, right) => left.endOffset - left.startOffset - (right.endOffset - right.startOffset),
    )[0]
    return innermost !== undefined && innermost.count > 0
  }
}

function placed({ fileName, mutatorName, replacement, location }: Listed): Picked {
  const text = fs.readFileSync(path.join(ROOT, fileName), 'utf8')
  const starts = text
    .split('\n')
    .reduce<number[]>((all, row) => [...all, (all.at(-1) ?? 0) + row.length + 1], [0])
  const offset = ({ line, column }: Listed['location']['start']): number =>
    (starts[line] ?? 0) + column
  const [from, to] = [offset(location.start), offset(location.end)]
  const before = text.slice(from, to)
  return { file: fileName, mutator: mutatorName, from, to, before, after: replacement }
}

const plant =
  ({ file, from, to, after }: Picked) =>
  (folder: string): void => {
    const target = path.join(folder, file)
    const text = fs.readFileSync(target, 'utf8')
    fs.writeFileSync(target, text.slice(0, from) + after + text.slice(to))
  }

const shown = (text: string): string => text.replaceAll(/\s+/g, ' ').slice(0, 60)

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string', default: '1' },
      count: { type: 'string', default: '20' },
      seeds: { type: 'string', default: String(SEEDS) },
      events: { type: 'string', default: '100' },
      instrumenter: { type: 'string', default: INSTRUMENTER },
      list: { type: 'boolean', default: false },
    },
  })
  const files = FOLDERS.flatMap((folder) =>
    fs
      .readdirSync(path.join(ROOT, folder))
      // The schema is what the migrations say.
      .filter((name) => name.endsWith('.ts') && !name.startsWith('schema'))
      .map((name) => `${folder}/${name}`),
  )
  const isRun = readCoverage(values.events)
  const all = (await listMutants(values.instrumenter, files)).map(placed)
  const mutants = all.filter(({ file, from }) => isRun(file, from))
  const random = createRandom(Number(values.seed), 'picked')
  process.stdout.write(`${mutants.length} of ${all.length} are run; seed ${values.seed}\n`)
  let caught = 0
  const count = Math.min(Number(values.count), mutants.length)
  for (let picked = 0; picked < count; picked += 1) {
    const [mutant] = mutants.splice(random.below(mutants.length), 1)
    if (mutant === undefined) break
    const trial = { seeds: Number(values.seeds), events: Number(values.events) }
    const outcome = values.list ? null : tryBug(plant(mutant), trial)
    // What doesn't run at all is seen by anybody.
    if (outcome?.kind === 'caught' || outcome?.kind === 'broken') caught += 1
    const { file, before, after, mutator } = mutant
    const told = outcome === null ? '' : outcomeText(outcome).slice(0, 60)
    const change = `${mutator}: ${shown(before)} → ${shown(after)}`
    process.stdout.write(`${told.padEnd(40)} ${file}:${lineOf(mutant)} ${change}\n`)
  }
  process.stdout.write(`${caught} of ${count} picked bugs caught\n`)
  return caught >= 0.95 * count ? 0 : 1
}

const lineOf = ({ file, from }: Picked): number =>
  fs.readFileSync(path.join(ROOT, file), 'utf8').slice(0, from).split('\n').length

process.exitCode = await main()
