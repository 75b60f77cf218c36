// `npm run check`: is this checkout fit to be committed? Every check runs, also after a failure; each
// prints one line, a failing one what its tool printed. Exit code 1 if any failed.
import { spawn } from 'node:child_process'
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import { gzipSync } from 'node:zlib'
import { locateProblems } from './locate-problems.ts'
import { ROOT } from './project.ts'

const BUNDLE_GZIP_KIB_MAX = 150
const TOOL_DEADLINE_MS = 5 * 60_000
const BIN = path.join(ROOT, 'node_modules', '.bin')

type Finding = { passed: boolean; note?: string; output?: string }
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
  { name: 'migrations', run: checkMigrations },
  { name: 'configuration', run: checkConfiguration },
  { name: 'unused code', run: () => tool('knip', '--no-progress') },
  { name: 'bundle', run: checkBundle },
]

async function tool(command: string, ...args: string[]): Promise<Finding> {
  return new Promise((resolve) => {
    const running = spawn(command, args, {
      cwd: ROOT,
      env: { ...process.env, PATH: `${BIN}${path.delimiter}${process.env['PATH'] ?? ''}` },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: TOOL_DEADLINE_MS,
      shell: process.platform === 'win32',
    })
    const chunks: Buffer[] = []
    running.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
    running.stderr.on('data', (chunk: Buffer) => chunks.push(chunk))
    running.once('error', (error) => resolve({ passed: false, output: error.message }))
    running.once('close', (code, signal) => {
      const text = Buffer.concat(chunks).toString()
      const output = signal === null ? text : `${text}\nended by ${signal}`
      resolve({ passed: code === 0, output })
    })
  })
}

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
  if (!generated.passed || drift.length === 0) return generated
  const wanted = drift.map((name) => fs.readFileSync(path.join(copy, name), 'utf8')).join('\n')
  const advice = 'src/db/schema.ts says more than migrations/; run `npx drizzle-kit generate`:'
  return { passed: false, output: `${advice}\n${wanted}` }
}

/** Imports the user's file in a process of its own, as the Worker would at its start. */
async function checkConfiguration(): Promise<Finding> {
  const file = 'makegood.config.ts'
  const program = `await import('./${file}').catch((error) => {
    console.error(error.message)
    process.exit(1)
  })`
  const found = await tool(process.execPath, '--input-type=module', '--eval', program)
  if (found.passed) return found
  const source = fs.readFileSync(path.join(ROOT, file), 'utf8')
  return { ...found, output: locateProblems(file, source, found.output ?? '') }
}

/** As `wrangler deploy` would upload it; what the network carries and the start-up pays for. */
async function checkBundle(folder: string): Promise<Finding> {
  const out = path.join(folder, 'bundle')
  const built = await tool('wrangler', 'deploy', '--dry-run', '--outdir', out)
  if (!built.passed) return built
  const kib = gzipSync(fs.readFileSync(path.join(out, 'index.js'))).length / 1024
  const note = `${kib.toFixed(1)} KiB gzip of ${BUNDLE_GZIP_KIB_MAX}`
  return { passed: kib <= BUNDLE_GZIP_KIB_MAX, note, output: `the bundle has ${note} allowed` }
}

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
