// A company's copy, with its own configuration, rules and ids, takes the next release in: two tags in a repository of
// the test's own, made of this checkout.

import { execFileSync } from 'node:child_process'
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readDeployment } from '../../scripts/deployment.ts'
import { loadConfig } from '../../scripts/load-configuration.ts'
import { EXAMPLE_CONFIG } from './example-config.ts'

const ROOT = path.resolve(import.meta.dirname, '../..')
const RELEASED =
  'src scripts migrations docs package.json wrangler.toml README.md CHANGELOG.md .gitignore .dev.vars.example'

const parent = fs.mkdtempSync(path.join(tmpdir(), 'makegood-upgrade-'))
const [upstream, fork] = [path.join(parent, 'upstream'), path.join(parent, 'fork')]
afterAll(() => fs.rmSync(parent, { recursive: true, force: true }))

const git = (folder: string, ...args: readonly string[]): string =>
  execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@acme.example', ...args], {
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
  git(folder, 'commit', '--quiet', '--message', message)
}

const OWN_RULE = `import * as z from 'zod/mini'
import { credit, rule } from '../src/domain/rule.ts'
import { usd } from '../src/domain/money.ts'

export const lateDelivery = rule({
  id: 'late-delivery',
  source: 'standard',
  on: ['delivery.finished'],
  settlement: 'owed',
  reason: 'service_credit',
  causedBy: 'system',
  description: 'Credit for a late delivery',
  payload: z.object({ data: z.object({ id: z.string(), customer: z.string() }) }),
  adjust: ({ data }) => credit(usd(15), { subject: data.id, customer: data.customer }),
})
`
const OWN_DEPLOYMENT = `[production]
account_id = "0123456789abcdef0123456789abcdef"
[production.vars]
PUBLIC_URL = "https://credits.acme.example"
`

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
  edit(fork, 'rules/late-delivery.ts', () => OWN_RULE)
  edit(fork, 'deployment.toml', () => OWN_DEPLOYMENT)
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
  edit(upstream, 'src/rules/late-rule.ts', () => 'export const ofThisRelease = 1\n')
  edit(
    upstream,
    'migrations/9000_later.sql',
    () => 'CREATE TABLE later (id TEXT PRIMARY KEY) STRICT;\n',
  )
  edit(upstream, 'package.json', (text) => text.replace(/"version": "[^"]+"/, '"version": "99.0.0"'))
  edit(upstream, 'CHANGELOG.md', (text) => text.replace('# Changelog', '# Changelog\n\nBy version.'))
  edit(upstream, 'README.md', (text) => `${text}\nSince the next release.\n`)
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
  commit(upstream, 'v0.1.0')
  git(upstream, 'tag', 'v0.1.0')
  git(parent, 'clone', '--quiet', upstream, fork)
  git(fork, 'remote', 'rename', 'origin', 'upstream')
  makeOwn()
  commit(fork, 'our own configuration, rule and deployment')
  release()
  commit(upstream, 'v0.2.0')
  git(upstream, 'tag', 'v0.2.0')
  git(fork, 'fetch', '--quiet', '--tags', 'upstream')
})

describe('the next release', () => {
  it('is merged without a conflict', () => {
    git(fork, 'merge', '--quiet', '--no-edit', 'v0.2.0')
    expect(git(fork, 'diff', '--name-only', '--diff-filter=U')).toBe('')
    expect(git(fork, 'status', '--porcelain')).toBe('')
    expect(fs.existsSync(path.join(fork, 'migrations/9000_later.sql'))).toBe(true)
  })

  it('leaves the company its configuration, its rule and its ids', async () => {
    expect(
      git(fork, 'diff', '--stat', 'HEAD^', '--', 'rules', 'deployment.toml', 'makegood.config.ts'),
    ).toBe('')
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
})
