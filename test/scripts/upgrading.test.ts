// A company's copy, with its own configuration, rule and ids, takes the next release in by the commands of
// docs/upgrading.md, without a conflict. Two tags in a repository of the test's own, made of this checkout.

import { execFileSync } from 'node:child_process'
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readDeployment } from '../../scripts/deployment.ts'
import { loadConfig } from '../../scripts/load-configuration.ts'
import { commandsOf } from '../markdown.ts'
import { EXAMPLE_CONFIG } from './example-config.ts'
import { readPage, ROOT } from './pages.ts'

const RELEASED =
  'src examples sandbox scripts migrations assets docs test package.json wrangler.toml README.md CHANGELOG.md .gitignore .dev.vars.example'

const parent = fs.mkdtempSync(path.join(tmpdir(), 'makegood-upgrading-'))
const [upstream, fork] = [path.join(parent, 'upstream'), path.join(parent, 'fork')]
afterAll(() => fs.rmSync(parent, { recursive: true, force: true }))

const SETTINGS = ['user.name=t', 'user.email=t@acme.example', 'commit.gpgsign=false']
const git = (folder: string, ...args: readonly string[]): string =>
  execFileSync('git', [...SETTINGS.flatMap((each) => ['-c', each]), ...args], {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })

function edit(folder: string, file: string, change: (text: string) => string): void {
  const place = path.join(folder, file)
  const before = fs.existsSync(place) ? fs.readFileSync(place, 'utf8') : ''
  const after = change(before)
  expect(after, `${file} is changed`).not.toBe(before)
  fs.mkdirSync(path.dirname(place), { recursive: true })
  fs.writeFileSync(place, after)
}

function commit(folder: string, message: string): void {
  git(folder, 'add', '--all')
  git(folder, 'commit', '--quiet', '--no-verify', '--message', message)
}

const OWN_DEPLOYMENT = `[production]
account_id = "0123456789abcdef0123456789abcdef"
[production.vars]
PUBLIC_URL = "https://credits.acme.example"
`
const OWN = ['makegood.config.ts', 'rules/late-delivery.ts', 'deployment.toml']
const SECRETS = ['.dev.vars', '.secrets.production']

/** The company edits what it is told to edit, and makes what is its own. */
function makeOwn(): void {
  edit(fork, 'makegood.config.ts', (text) =>
    text
      .replace("timeZone: 'Europe/Berlin'", "timeZone: 'America/New_York'")
      .replace('    creditRequested(),\n', '    creditRequested(),\n    lateDelivery,\n')
      .replace(
        'import { slack }',
        "import { lateDelivery } from './rules/late-delivery.ts'\nimport { slack }",
      )
      .replace('holdAbove: usd(250)', 'holdAbove: usd(75)')
      .replace(
        'notices: [zendeskComment(), slack()]',
        "notices: [slack({ url: 'OPS_SLACK_URL' })]",
      ),
  )
  edit(fork, 'rules/late-delivery.ts', () => readPage('examples/late-delivery.ts'))
  edit(fork, 'deployment.toml', () => OWN_DEPLOYMENT)
  for (const file of SECRETS) edit(fork, file, () => 'BOOTSTRAP_KEY="ck_mg_of_the_fork_only"\n')
}

/** A release touches everything that releases touch: code, tables, bindings, texts, the example's secrets. */
function release(): void {
  edit(upstream, 'wrangler.toml', (text) =>
    `${text}\n[[queues.producers]]\nbinding = "LATER"\nqueue = "makegood-later"\n`.replace(
      'migrations_dir = "migrations"',
      'migrations_dir = "migrations"\nmigrations_table = "d1_migrations"',
    ),
  )
  edit(upstream, 'src/domain/limits.ts', (text) => `${text}\nexport const LATER_MAX = 1\n`)
  edit(upstream, 'src/rules/credit-requested.ts', (text) => `${text}\n// A later release.\n`)
  edit(upstream, 'src/rules/late-rule.ts', () => 'export const ofThisRelease = 1\n')
  edit(
    upstream,
    'migrations/9000_later.sql',
    () => 'CREATE TABLE later (id TEXT PRIMARY KEY) STRICT;\n',
  )
  edit(upstream, 'package.json', (text) =>
    text.replace(/"version": "[^"]+"/, '"version": "99.0.0"'),
  )
  edit(upstream, 'CHANGELOG.md', (text) =>
    text.replace('# Changelog', '# Changelog\n\nBy version.'),
  )
  edit(upstream, 'README.md', (text) => `${text}\nSince the next release.\n`)
  edit(upstream, 'docs/money.md', (text) => `${text}\nSince the next release.\n`)
  edit(upstream, '.dev.vars.example', (text) => `${text}\n# LATER_SECRET=""\n`)
  edit(upstream, '.gitignore', (text) => `${text}later/\n`)
}

beforeAll(() => {
  fs.mkdirSync(upstream)
  for (const name of RELEASED.split(' ')) {
    if (!fs.existsSync(path.join(ROOT, name))) continue
    fs.cpSync(path.join(ROOT, name), path.join(upstream, name), { recursive: true })
  }
  fs.writeFileSync(path.join(upstream, 'makegood.config.ts'), EXAMPLE_CONFIG)
  git(upstream, 'init', '--quiet', '--initial-branch', 'main')
  commit(upstream, 'release 0.1.0')
  git(upstream, 'tag', 'v0.1.0')
  git(parent, 'clone', '--quiet', upstream, fork)
  makeOwn()
  commit(fork, 'our own configuration, rule and deployment')
  release()
  commit(upstream, 'release 0.2.0')
  git(upstream, 'tag', 'v0.2.0')
}, 60_000)

describe('the next release', () => {
  it('is merged without a conflict, by the commands of the page', () => {
    const shown = commandsOf(readPage('docs/upgrading.md')).map(({ text }) => text)
    const commands = shown.filter((text) =>
      /^git (?:remote|fetch|merge) (?!--unshallow)/.test(text),
    )
    expect(commands.map((text) => text.split(' ')[1])).toEqual(['remote', 'fetch', 'merge'])
    for (const command of commands) {
      const [, ...words] = command.replace('<this repository>', upstream).split(' ')
      git(fork, ...words, ...(words[0] === 'merge' ? ['--no-edit'] : []))
    }
    expect(git(fork, 'diff', '--name-only', '--diff-filter=U')).toBe('')
    expect(git(fork, 'status', '--porcelain')).toBe('')
    expect(git(fork, 'log', '--format=%s', '-1').trim()).toMatch(/^Merge tag 'v0\.2\.0'/)
    for (const file of ['migrations/9000_later.sql', 'src/rules/late-rule.ts']) {
      expect(fs.existsSync(path.join(fork, file)), file).toBe(true)
    }
  })

  it('asks for setup before each deployment: a release may add a queue, as this one does', () => {
    const shown = commandsOf(readPage('docs/upgrading.md')).map(({ text }) => text)
    const after = shown.slice(shown.findIndex((text) => text.startsWith('git merge')))
    const npm = after.flatMap((text) => /^npm run (setup|deploy)(.*)$/.exec(text)?.slice(1) ?? [])
    expect(npm.map((each) => each.replace(/ +#.*/, '').trim()).slice(0, 8)).toEqual([
      'setup',
      '',
      'setup',
      '-- --env staging',
      'deploy',
      '-- --env staging',
      'deploy',
      '',
    ])
  })

  it('leaves the company its configuration, its rule and its ids', async () => {
    expect(git(fork, 'diff', '--stat', 'HEAD^', '--', ...OWN)).toBe('')
    fs.symlinkSync(path.join(ROOT, 'node_modules'), path.join(fork, 'node_modules'))
    const config = await loadConfig(path.join(fork, 'makegood.config.ts'))
    expect([config.timeZone, config.rules.at(-1)?.id]).toEqual([
      'America/New_York',
      'late-delivery',
    ])
    const { config: wrangler, vars, queues } = readDeployment(fork, 'production')
    expect(vars).toEqual({ PUBLIC_URL: 'https://credits.acme.example' })
    expect(wrangler['account_id']).toBe('0123456789abcdef0123456789abcdef')
    expect(queues).toContain('makegood-later')
    expect(readDeployment(fork, 'staging').queues).toContain('makegood-staging-later')
  })

  it('touches no file of the company’s, and none of its secrets is ever committed', () => {
    const touched = git(upstream, 'diff', '--name-only', 'v0.1.0', 'v0.2.0').split('\n')
    expect(touched.filter((file) => OWN.includes(file))).toEqual([])
    expect(git(fork, 'ls-files', ...SECRETS)).toBe('')
  })
})
