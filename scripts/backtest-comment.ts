// `npm run backtest:comment -- --since 30d`, of CI's workflow: what the rules of a pull request would have done, as one
// comment on it, which the next run writes anew. Does nothing where the pull request touches no rule.

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { ROOT } from './project.ts'
import { tellTrouble, Trouble } from './trouble.ts'

const RULES = ['makegood.config.ts', 'rules', 'src/rules', 'src/domain/decide.ts']
const MARK = '<!-- makegood-backtest -->'
/** GitHub takes 65,536 characters. */
const REPORT_CHARS_MAX = 60_000
const OUTPUT_BYTES_MAX = 16 * 1_048_576

type Ran = { readonly code: number; readonly stdout: string; readonly stderr: string }

async function run(command: string, ...args: readonly string[]): Promise<Ran> {
  const options = { cwd: ROOT, maxBuffer: OUTPUT_BYTES_MAX }
  try {
    return { code: 0, ...(await promisify(execFile)(command, args, options)) }
  } catch (error) {
    if (!(error instanceof Error) || !('stdout' in error) || !('stderr' in error)) throw error
    return { code: 1, stdout: String(error.stdout), stderr: String(error.stderr) }
  }
}

async function demand(what: string, command: string, ...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await run(command, ...args)
  if (code === 0) return stdout
  throw new Trouble(`${what}: ${stderr.trim().split('\n')[0] ?? ''}`)
}

/** In a fence that nothing of the report can close. */
function commentOf({ code, stdout, stderr }: Ran): string {
  const report = (stdout.trim() || stderr.trim()).slice(0, REPORT_CHARS_MAX)
  const title = code === 0 ? 'What these rules would have done' : 'These rules could not be tried'
  return `${MARK}\n**${title}**\n\n~~~~~\n${report.replaceAll('~~~~~', '~~~~')}\n~~~~~\n`
}

async function main(): Promise<void> {
  const { BASE: base = '', PULL_REQUEST: number = '' } = process.env
  if (!/^[\da-f]{40}$/.test(base) || !/^\d+$/.test(number)) {
    throw new Trouble('BASE and PULL_REQUEST are wanted, as .github/workflows/ci.yml sets them')
  }
  const changed = await demand(
    'git',
    'git',
    'diff',
    '--name-only',
    `${base}...HEAD`,
    '--',
    ...RULES,
  )
  if (changed.trim() === '') return console.log('No rule is touched, so there is nothing to try.')
  // It is mailed to all who watch the repository, and no erasure reaches it.
  const args = ['scripts/backtest.ts', '--remote', '--ids-only', ...process.argv.slice(2)]
  const body = commentOf(await run(process.execPath, ...args))
  const place = `repos/{owner}/{repo}/issues/${number}/comments`
  const query = `[.[] | select(.body | startswith("${MARK}")) | .id][0] // empty`
  const found = (await demand('gh', 'gh', 'api', '--paginate', place, '--jq', query)).trim()
  const [id = ''] = found.split('\n')
  const target =
    id === ''
      ? ['--method', 'POST', place]
      : ['--method', 'PATCH', `repos/{owner}/{repo}/issues/comments/${id}`]
  await demand('gh', 'gh', 'api', ...target, '--raw-field', `body=${body}`)
  console.log(id === '' ? 'Commented.' : 'The comment is written anew.')
}

try {
  await main()
} catch (error) {
  console.error(tellTrouble(error))
  process.exitCode = 1
}
