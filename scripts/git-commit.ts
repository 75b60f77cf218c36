import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { ROOT } from './project.ts'

/** Of what runs, for GIT_COMMIT; null where this is no checkout, or was changed since: that is no commit's code. */
export async function gitCommit(root: string = ROOT): Promise<string | null> {
  const git = async (...args: readonly string[]): Promise<string> =>
    (await promisify(execFile)('git', args, { cwd: root })).stdout.trim()
  try {
    // A folder that was copied into another one's repository is not that one's commit.
    if ((await git('rev-parse', '--show-prefix')) !== '') return null
    return (await git('status', '--porcelain')) === '' ? await git('rev-parse', 'HEAD') : null
  } catch {
    return null
  }
}
