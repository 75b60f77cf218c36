// The version of before on the database of now: it takes deliveries and issues, and then the version of now goes on.
// Both run on one state; between them lies the newest migration.

import { execFile } from 'node:child_process'
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { bundleWorker, type WorkerModule } from './bundle.ts'
import { listAdjustments } from './chaos-operator.ts'
import { playDrill, type Played, type Stage, type Tell } from './drill-stage.ts'
import { BREAKING_MIGRATIONS } from './migration-plan.ts'
import { migrationFiles } from './migrations.ts'
import { ROOT } from './project.ts'
import { Trouble } from './trouble.ts'

const DRILL_FILES = ['chaos-worker.ts', 'chaos-endpoints.ts']
const WORKER = path.join('sandbox', 'chaos-worker.ts')
const CUT_OFF_MS_MAX = 20_000
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
    let issued = 0
    const act = async (stage: Stage): Promise<void> => {
      issued = await goBack(stage, { before, now }, tell)
    }
    const played = await playDrill({ ...options, tell }, { act })
    if (issued === 0) tell('the version of before has issued nothing')
    return { ...played, isGood: played.isGood && issued > 0 }
  } finally {
    fs.rmSync(folder, { recursive: true, force: true })
  }
}

type Versions = { readonly before: Code; readonly now: Code }

/** Answers how many adjustments the version of before has issued. */
async function goBack(stage: Stage, { before, now }: Versions, tell: Tell): Promise<number> {
  const size = Math.ceil(stage.facts.length / 3)
  const [first, second, third] = [0, 1, 2].map((n) => stage.facts.slice(n * size, (n + 1) * size))
  const issued = async (): Promise<number> => {
    const rows = await listAdjustments(stage.stack)
    return rows.filter(({ state }) => state === 'invoiced').length
  }
  stage.begin(first ?? [])
  for (
    const deadline = Date.now() + CUT_OFF_MS_MAX;
    Date.now() < deadline;
    await sleep(LOOK_EVERY_MS)
  ) {
    if ((await issued()) > 0) break
  }
  stage.stack.use(before)
  await stage.restart(0)
  const earlier = await issued()
  tell(
    `now: ${first?.length} facts, ${earlier} issued when it is taken back, while others are under way`,
  )
  await stage.deliver(second ?? [])
  await stage.settle()
  const later = await issued()
  tell(`before: ${second?.length} others, ${later - earlier} more issued on the database of now`)
  stage.stack.use(now)
  await stage.restart(0)
  await stage.deliver([...(first ?? []), ...(second ?? []), ...(third ?? [])])
  await stage.settle()
  tell(`now again: all of these once more, and ${third?.length} others, ${await issued()} issued`)
  return later - earlier
}

async function named(commit: string): Promise<string> {
  return git('log', '-1', '--format=%h of %cs', commit)
}
