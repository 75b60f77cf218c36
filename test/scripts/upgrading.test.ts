// A fork with a configuration, a rule and secrets of its own merges the next release, as docs/upgrading.md
// shows it, without a conflict. Two tags of this very checkout are the releases.

import { execFileSync } from 'node:child_process'
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { commandsOf } from '../markdown.ts'
import { readPage, ROOT } from './pages.ts'

const home = fs.mkdtempSync(path.join(tmpdir(), 'makegood-upgrading-'))
afterAll(() => fs.rmSync(home, { recursive: true, force: true }))
const upstream = path.join(home, 'upstream')
const fork = path.join(home, 'fork')

const AUTHOR = [
  '-c',
  'user.name=Test',
  '-c',
  'user.email=test@example.com',
  '-c',
  'commit.gpgsign=false',
]
const git = (cwd: string, ...args: readonly string[]): string =>
  execFileSync('git', [...AUTHOR, ...args], {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
const commitAll = (cwd: string, message: string): void => {
  git(cwd, 'add', '--all')
  git(cwd, 'commit', '--quiet', '--no-verify', '--message', message)
}
const change = (file: string, how: (text: string) => string): void =>
  fs.writeFileSync(file, how(fs.readFileSync(file, 'utf8')))

const SHARED =
  'src rules examples sandbox scripts migrations docs test makegood.config.ts wrangler.toml package.json .gitignore README.md CHANGELOG.md .dev.vars.example'

/** Files that a release does not touch. */
const THEIRS = ['makegood.config.ts', 'rules/late-delivery.ts']

beforeAll(() => {
  fs.mkdirSync(upstream)
  for (const name of SHARED.split(' ')) {
    if (fs.existsSync(path.join(ROOT, name))) {
      fs.cpSync(path.join(ROOT, name), path.join(upstream, name), { recursive: true })
    }
  }
  // Whoever runs this in a fork has rules already: a release has none.
  fs.rmSync(path.join(upstream, 'rules'), { recursive: true, force: true })
  git(upstream, 'init', '--quiet', '--initial-branch', 'main')
  commitAll(upstream, 'release 1.0.0')
  git(upstream, 'tag', 'v1.0.0')
  git(home, 'clone', '--quiet', '--origin', 'origin', upstream, fork)

  // The fork: a rule of its own, its line, another limit, a name of its own.
  fs.mkdirSync(path.join(fork, 'rules'))
  fs.copyFileSync(
    path.join(fork, 'examples/late-delivery.ts'),
    path.join(fork, 'rules/late-delivery.ts'),
  )
  change(path.join(fork, 'makegood.config.ts'), (text) =>
    text
      .replace(/^(import .*\n)/m, "import { lateDelivery } from './rules/late-delivery.ts'\n$1")
      .replace(/^ {2}rules: \[\n/m, '  rules: [\n    lateDelivery,\n')
      .replace("timeZone: 'Europe/Berlin'", "timeZone: 'America/New_York'"),
  )
  change(path.join(fork, 'wrangler.toml'), (text) =>
    text.replace('name = "makegood"', 'name = "acme-makegood"'),
  )
  fs.writeFileSync(path.join(fork, '.dev.vars'), 'BOOTSTRAP_KEY="ck_mg_of_the_fork_only"\n')
  commitAll(fork, 'our own configuration and rule')

  // The next release: code, a migration, a ready-made rule, a page, a dependency's version.
  change(path.join(upstream, 'src/domain/limits.ts'), (text) => `${text}\n// A later release.\n`)
  change(
    path.join(upstream, 'src/rules/credit-requested.ts'),
    (text) => `${text}\n// A later release.\n`,
  )
  fs.writeFileSync(
    path.join(upstream, 'migrations/9999_later.sql'),
    'CREATE TABLE later (id TEXT PRIMARY KEY) STRICT;\n',
  )
  fs.writeFileSync(path.join(upstream, 'src/rules/a-later-rule.ts'), 'export {}\n')
  change(path.join(upstream, 'docs/money.md'), (text) => `${text}\nA later release.\n`)
  change(path.join(upstream, 'package.json'), (text) =>
    text.replace('"version": "0.1.0"', '"version": "1.1.0"'),
  )
  change(path.join(upstream, 'wrangler.toml'), (text) =>
    text.replace('minify = true', 'minify = true\n# A later release.'),
  )
  commitAll(upstream, 'release 1.1.0')
  git(upstream, 'tag', 'v1.1.0')
}, 60_000)

it('merges the next release without a conflict, by the commands of the page', () => {
  const shown = commandsOf(readPage('docs/upgrading.md')).map(({ text }) => text)
  const commands = shown.filter((text) => /^git (?:remote|fetch|merge) \S/.test(text))
  expect(commands.map((text) => text.split(' ')[1])).toEqual(['remote', 'fetch', 'merge'])
  for (const command of commands) {
    const [, ...words] = command.replace('<this repository>', upstream).split(' ')
    git(fork, ...words, ...(words[0] === 'merge' ? ['--no-edit'] : []))
  }
  expect(git(fork, 'diff', '--name-only', '--diff-filter=U')).toBe('')
  expect(git(fork, 'status', '--porcelain')).toBe('')
})

it('keeps what is the fork’s and has what is the release’s', () => {
  const read = (file: string) => fs.readFileSync(path.join(fork, file), 'utf8')
  expect(read('makegood.config.ts')).toContain("timeZone: 'America/New_York'")
  expect(read('makegood.config.ts')).toContain('    lateDelivery,\n')
  expect(read('wrangler.toml')).toContain('name = "acme-makegood"')
  expect(read('wrangler.toml')).toContain('# A later release.')
  expect(read('rules/late-delivery.ts')).toBe(readPage('examples/late-delivery.ts'))
  expect(fs.existsSync(path.join(fork, 'migrations/9999_later.sql'))).toBe(true)
  expect(read('src/domain/limits.ts')).toContain('// A later release.')
  expect(git(fork, 'log', '--format=%s', '-1').trim()).toMatch(/^Merge tag 'v1\.1\.0'/)
})

it('no release holds a file of the fork’s, and none of its secrets is ever committed', () => {
  const touched = git(upstream, 'diff', '--name-only', 'v1.0.0', 'v1.1.0').split('\n')
  expect(touched.filter((file) => THEIRS.includes(file))).toEqual([])
  expect(git(fork, 'ls-files', '.dev.vars')).toBe('')
})
