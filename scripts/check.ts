// `npm run check`: is this checkout fit to be committed? Every check runs, also after a failure; each
// prints one line, a failing one what its tool printed. Exit code 1 if any failed.
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import { gzipSync } from 'node:zlib'
import { bundleWorker, type WorkerModule } from './bundle.ts'
import { checkConfiguration, checkRuleIds } from './check-configuration.ts'
import { isVerifierFresh, VERIFIER } from './make-verifier.ts'
import { ENTRY, ROOT } from './project.ts'
import { runTool, type Finding } from './run-tool.ts'

/** What is evaluated before a delivery, a click or a wake-up is answered. */
const BUNDLE_GZIP_KIB_MAX = 150
/** With what is evaluated when an operator or the cron comes. */
const WHOLE_GZIP_KIB_MAX = 340
const STATE = process.env['MAKEGOOD_STATE'] || path.join(ROOT, '.wrangler', 'state')

type Check = { name: string; run: (folder: string) => Promise<Finding> }

const CHECKS: readonly Check[] = [
  // npm leaves platforms out of the lock file when their package is not published; `npm ci` then fails.
  {
    name: 'lock file',
    run: () => tool('npm', 'ci', '--dry-run', '--offline', '--ignore-scripts'),
  },
  { name: 'format', run: () => tool('oxfmt', '--check', '.') },
  { name: 'lint', run: () => tool('oxlint') },
  { name: 'types', run: () => tool('tsc', '-p', 'tsconfig.json') },
  { name: 'types (node)', run: () => tool('tsc', '-p', 'tsconfig.node.json') },
  { name: 'types (sim)', run: () => tool('tsc', '-p', 'tsconfig.sim.json') },
  { name: 'types (page)', run: () => tool('tsc', '-p', 'tsconfig.verifier.json') },
  { name: 'verifier', run: checkVerifier },
  { name: 'migrations', run: checkMigrations },
  { name: 'configuration', run: () => checkConfiguration(ROOT) },
  { name: 'rule ids', run: () => checkRuleIds(ROOT, STATE) },
  { name: 'unused code', run: () => tool('knip', '--no-progress') },
  { name: 'bundle', run: checkBundle },
]

const tool = (command: string, ...args: readonly string[]) => runTool(ROOT, command, ...args)

/** The page goes out with every export as ZIP: it has to be the check that this checkout has. */
async function checkVerifier(): Promise<Finding> {
  const passed = await isVerifierFresh()
  return { passed, output: `${VERIFIER} is not what the code makes: run \`npm run verifier\`` }
}

const NO_DRIFT = 'No schema changes'

/** Generating from the schema must write nothing: it is tried on a copy, so that nothing stays behind. */
async function checkMigrations(folder: string): Promise<Finding> {
  const agreed = await tool('drizzle-kit', 'check', '--config', 'drizzle.config.ts')
  if (!agreed.passed) return agreed
  const copy = path.join(folder, 'migrations')
  fs.cpSync(path.join(ROOT, 'migrations'), copy, { recursive: true })
  const before = new Set(fs.readdirSync(copy))
  const schema = path.join(ROOT, 'src', 'db', 'schema.ts')
  const out = path.relative(ROOT, copy)
  const options = ['--dialect', 'sqlite', '--schema', schema, '--out', out]
  const generated = await tool('drizzle-kit', 'generate', ...options)
  const drift = fs.readdirSync(copy).filter((name) => name.endsWith('.sql') && !before.has(name))
  // It also ends well when it would have asked something and nobody could answer.
  if (drift.length === 0) return { ...generated, passed: generated.output.includes(NO_DRIFT) }
  const wanted = drift.map((name) => fs.readFileSync(path.join(copy, name), 'utf8')).join('\n')
  const advice = 'src/db/schema.ts says more than migrations/; run `npx drizzle-kit generate`:'
  return { passed: false, output: `${advice}\n${wanted}` }
}

/** As `wrangler deploy` would upload it; what the network carries and the start-up pays for. */
async function checkBundle(folder: string): Promise<Finding> {
  const upload = path.join(folder, 'upload')
  const built = await tool('wrangler', 'deploy', '--dry-run', '--outfile', upload)
  if (!built.passed) return built
  const { modules, maps } = await bundleWorker(ENTRY, 'upload')
  const form = fs.readFileSync(upload, 'utf8')
  const lost = [...modules, ...maps].filter(({ name }) => !form.includes(`filename="${name}"`))
  if (lost.length > 0) {
    const names = lost.map(({ name }) => name).join(', ')
    return { passed: false, output: `not in the upload: ${names}` }
  }
  const first = gzipKib(modules.filter(({ isLater }) => !isLater))
  const whole = gzipKib(modules)
  const note = `${first.toFixed(1)} KiB gzip of ${BUNDLE_GZIP_KIB_MAX} at once, ${whole.toFixed(1)} of ${WHOLE_GZIP_KIB_MAX} in all`
  const passed = first <= BUNDLE_GZIP_KIB_MAX && whole <= WHOLE_GZIP_KIB_MAX
  return { passed, note, output: `the Worker has ${note} allowed` }
}

const gzipKib = (modules: readonly WorkerModule[]): number =>
  modules.reduce((bytes, { text }) => bytes + gzipSync(text).length, 0) / 1024

async function runAll(folder: string): Promise<string[]> {
  const failed: string[] = []
  for (const { name, run } of CHECKS) {
    const startedAt = performance.now()
    const { passed, note = '', output = '' } = await run(folder)
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
    const line = `${passed ? 'ok    ' : 'FAILED'}  ${name.padEnd(14)} ${seconds.padStart(5)} s  ${note}`
    console.log(line.trimEnd())
    if (passed) continue
    failed.push(name)
    console.log(`${output.trim()}\n`)
  }
  return failed
}

const folder = fs.mkdtempSync(path.join(tmpdir(), 'makegood-check-'))
try {
  const failed = await runAll(folder)
  const told = failed.length === 0 ? 'All checks passed' : `Failed: ${failed.join(', ')}`
  console.log(told)
  process.exitCode = failed.length === 0 ? 0 : 1
} finally {
  fs.rmSync(folder, { recursive: true, force: true })
}
