// The version of before on the database of now: it takes deliveries and issues, and then the version of now goes on.
// Both run on one state; between them lies the newest migration.

import { execFile } from 'node:child_process'
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { POSTING } from '../sandbox/every-fault.ts'
import { bundleWorker, type WorkerModule } from './bundle.ts'
import { setFaults } from './chaos-operator.ts'
import { playDrill, type Played, type Stage, type Tell } from './drill-stage.ts'
import { BREAKING_MIGRATIONS } from './migration-plan.ts'
import { migrationFiles } from './migrations.ts'
import { ROOT } from './project.ts'
import { Trouble } from './trouble.ts'

const DRILL_FILES = ['chaos-worker.ts', 'chaos-endpoints.ts']
const WORKER = path.join('sandbox', 'chaos-worker.ts')
/** On a busy machine even the first one takes its time. */
const CUT_OFF_MS_MAX = 60_000
/** So slow is the billing API until the version of now is ended: what it has begun is then still under way. */
const SLOW = { kind: 'latency', ms: 300, ...POSTING }
const LOOK_EVERY_MS = 20
const COMMITS_MAX = 2_000
const OUTPUT_BYTES_MAX = 16 * 1_048_576

type Code = readonly WorkerModule[]

type Rollback = {
  readonly count: number
  readonly seed: number
  /** The commit or tag that is gone back to; null is the newest one without the newest migration. */
  readonly to: string | null
  readonly tell: Tell
}

async function git(...args: readonly string[]): Promise<string> {
  const options = { cwd: ROOT, maxBuffer: OUTPUT_BYTES_MAX }
  const { stdout } = await promisify(execFile)('git', args, options).catch((error: unknown) => {
    const [line] = (error instanceof Error ? error.message : String(error)).split('\n')
    throw new Trouble(`the versions can't be read: ${line}`)
  })
  return stdout.trim()
}

const migrationsAt = async (commit: string): Promise<readonly string[]> => {
  const listed = await git('ls-tree', '--name-only', commit, 'migrations/')
  return listed.split('\n').flatMap((file) => (file.endsWith('.sql') ? [path.basename(file)] : []))
}

/** The newest commit that has all but the last of these. */
async function commitBefore(files: readonly string[]): Promise<string> {
  const before = files.slice(0, -1).join()
  const commits = await git('rev-list', `--max-count=${COMMITS_MAX}`, 'HEAD', '--', 'migrations')
  for (const commit of commits.split('\n').filter(Boolean)) {
    // What touched the migrations may have added the last one; what came before it had not.
    for (const each of [
      commit,
      ...(await git('rev-list', '--parents', '-1', commit)).split(' ').slice(1),
    ]) {
      if ((await migrationsAt(each)).join() === before) return each
    }
  }
  throw new Trouble(
    `no commit here has every migration but ${files.at(-1)}: a whole clone has the history, or name one by --to`,
  )
}

const codeOf = async (entry: string): Promise<Code> => (await bundleWorker(entry, 'local')).modules

/** The Worker of another version, as `wrangler rollback` would have it run again. */
async function bundleOf(commit: string, folder: string): Promise<Code> {
  const tree = path.join(folder, 'before')
  // Of a run that was killed.
  await git('worktree', 'prune')
  await git('worktree', 'add', '--detach', tree, commit)
  try {
    fs.symlinkSync(path.join(ROOT, 'node_modules'), path.join(tree, 'node_modules'))
    // Its configuration is the drill's own, also of a version that had no drill.
    for (const file of DRILL_FILES) {
      fs.cpSync(path.join(ROOT, 'sandbox', file), path.join(tree, 'sandbox', file))
    }
    return await codeOf(path.join(tree, WORKER))
  } finally {
    await git('worktree', 'remove', '--force', tree)
  }
}

export async function drillRollback({ to, tell, ...options }: Rollback): Promise<Played> {
  const files = migrationFiles(path.join(ROOT, 'migrations'))
  const commit = to === null ? await commitBefore(files) : await git('rev-parse', `${to}^{commit}`)
  const had = await migrationsAt(commit)
  const between = files.filter((name) => !had.includes(name))
  const breaking = between.filter((name) => name in BREAKING_MIGRATIONS)
  if (breaking.length > 0) {
    throw new Trouble(
      `${breaking.join(', ')}: the code of before is not made for it, so nobody goes back over it; name a later version by --to`,
    )
  }
  tell(`now: ${await git('describe', '--always', '--dirty')}; before: ${await named(commit)}`)
  tell(`between them: ${between.join(', ') || 'no migration'}`)
  const folder = fs.mkdtempSync(path.join(tmpdir(), 'makegood-before-'))
  try {
    const [before, now] = [await bundleOf(commit, folder), await codeOf(WORKER)]
    let seen: Seen = { isCut: false, issued: 0 }
    const act = async (stage: Stage): Promise<void> => {
      seen = await goBack(stage, { before, now }, tell)
    }
    const played = await playDrill({ ...options, tell }, { act })
    if (!seen.isCut) tell('the version of now was not ended in the middle: give it more --facts')
    if (seen.issued === 0) tell('the version of before has issued nothing')
    return { ...played, isGood: played.isGood && seen.isCut && seen.issued > 0 }
  } finally {
    fs.rmSync(folder, { recursive: true, force: true })
  }
}

type Versions = { readonly before: Code; readonly now: Code }

/** `isCut`: the version of now had invoiced some when it was ended, and not all. `issued`: by that of before. */
type Seen = { readonly isCut: boolean; readonly issued: number }

/** Delivers these, and ends the version of now with its first invoice. Answers how many there are by then. */
async function cutOff(stage: Stage, facts: Stage['facts']): Promise<number> {
  await setFaults(stage.stack, [SLOW])
  stage.begin(facts)
  const deadline = Date.now() + CUT_OFF_MS_MAX
  while (Date.now() < deadline && (await stage.invoices()) === 0) await sleep(LOOK_EVERY_MS)
  let made = 0
  await stage.restart(0, async () => {
    made = await stage.invoices()
    await setFaults(stage.stack, [])
  })
  return made
}

async function goBack(stage: Stage, { before, now }: Versions, tell: Tell): Promise<Seen> {
  const size = Math.ceil(stage.facts.length / 3)
  const parts = [0, 1, 2].map((n) => stage.facts.slice(n * size, (n + 1) * size))
  const [first = [], second = [], third = []] = parts
  stage.stack.use(before)
  const earlier = await cutOff(stage, first)
  const left = first.length - earlier
  tell(`now: ${first.length} facts, ${earlier} invoiced when it is ended, ${left} not yet`)
  await stage.deliver(second)
  await stage.settle()
  const issued = (await stage.invoices()) - earlier
  tell(`before: ${second.length} others, ${issued} more issued on the database of now`)
  stage.stack.use(now)
  await stage.restart(0)
  await stage.deliver([...first, ...second, ...third])
  await stage.settle()
  const all = await stage.invoices()
  tell(`now again: all of these once more, and ${third.length} others, ${all} issued`)
  return { isCut: earlier > 0 && left > 0, issued }
}

async function named(commit: string): Promise<string> {
  return git('log', '-1', '--format=%h of %cs', commit)
}
