// What .github/workflows says is what runs anywhere: each step is a script of package.json, and no job has more
// rights than it needs.

import { execFileSync } from 'node:child_process'
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import * as z from 'zod'
import { parseDeployArguments, parseSetupArguments } from '../../scripts/deploy-arguments.ts'

const ROOT = path.resolve(import.meta.dirname, '../..')
const TEXT = fs.readFileSync(path.join(ROOT, '.github/workflows/ci.yml'), 'utf8')
const { scripts }: { scripts: Record<string, string> } = JSON.parse(
  fs.readFileSync(path.join(ROOT, 'package.json'), 'utf8'),
)

const permission = z.record(z.string(), z.enum(['read', 'write']))
const step = z.union([
  z.strictObject({ uses: z.string(), with: z.record(z.string(), z.unknown()).optional() }),
  z.strictObject({ run: z.string(), env: z.record(z.string(), z.string()).optional() }),
])
const workflow = z.strictObject({
  name: z.string(),
  on: z.strictObject({ push: z.unknown(), pull_request: z.unknown() }),
  permissions: permission,
  concurrency: z.unknown(),
  jobs: z.record(
    z.string(),
    z.strictObject({
      'runs-on': z.string(),
      'timeout-minutes': z.number(),
      if: z.string().optional(),
      permissions: permission.optional(),
      environment: z.string().optional(),
      steps: z.array(step),
    }),
  ),
})
const read = workflow.parse(parse(TEXT))
const runs = Object.values(read.jobs).flatMap(({ steps }) =>
  steps.flatMap((each) => ('run' in each ? [each.run] : [])),
)

describe('the workflow', () => {
  it('checks, tests, and deploys dry: production and staging', () => {
    expect(runs).toEqual(
      expect.arrayContaining([
        'npm run check',
        'npm test',
        'npm run setup -- --dry-run',
        'npm run setup -- --dry-run --env staging',
        'npm run deploy -- --dry-run',
        'npm run deploy -- --dry-run --env staging',
        'npm run backtest:comment -- --since 30d',
      ]),
    )
  })

  it.each(runs)('runs a script that there is: %s', (line) => {
    const [, name = '', rest = ''] = /^npm (?:run )?([\w:]+)(?: -- (.*))?$/.exec(line) ?? []
    expect([...Object.keys(scripts), 'ci']).toContain(name)
    const args = rest === '' ? [] : rest.split(' ')
    if (name === 'setup') expect(parseSetupArguments(args).dryRun).toBe(true)
    if (name === 'deploy') expect(parseDeployArguments(args).dryRun).toBe(true)
  })

  it('may write nowhere but a comment, which a reviewer lets run, and never of a fork', () => {
    expect(read.permissions).toEqual({ contents: 'read' })
    const writing = Object.entries(read.jobs).filter(([, { permissions = {} }]) =>
      Object.values(permissions).includes('write'),
    )
    expect(writing.map(([name]) => name)).toEqual(['backtest'])
    const { permissions, environment, if: condition = '' } = read.jobs['backtest'] ?? {}
    expect(permissions).toEqual({ contents: 'read', 'pull-requests': 'write' })
    expect(environment).toBe('backtest')
    expect(condition).toContain('pull_request.head.repo.full_name == github.repository')
    expect(TEXT).not.toContain('pull_request_target')
  })

  it('hands secrets to one step, behind everything that is installed', () => {
    const steps = Object.values(read.jobs).flatMap((job) => job.steps)
    const withEnv = steps.filter((each) => 'env' in each)
    expect(withEnv.map((each) => 'run' in each && each.run)).toEqual([
      'npm run backtest:comment -- --since 30d',
    ])
    const secrets = TEXT.match(/secrets\.|github\.token/g) ?? []
    expect(JSON.stringify(withEnv).match(/secrets\.|github\.token/g)).toEqual(secrets)
    const own = (read.jobs['backtest']?.steps ?? []).flatMap((each) =>
      'run' in each ? [each.run] : [],
    )
    expect(own[0]).toBe('npm ci')
  })

  it('runs the actions of a commit, which nobody can move', () => {
    const used = [...TEXT.matchAll(/uses: (.*)$/gm)].map(([, action]) => action)
    expect(used.length).toBeGreaterThan(5)
    for (const action of used)
      expect(action).toMatch(/^actions\/[\w-]+@[\da-f]{40} # v\d+\.\d+\.\d+$/)
  })

  it('puts nothing that others wrote into a command line', () => {
    for (const line of runs) expect(line).not.toContain('${{')
  })
})

describe('the comment', () => {
  const comment = (env: Record<string, string>): string => {
    const bin = fs.mkdtempSync(path.join(tmpdir(), 'makegood-gh-'))
    // A `gh` that knows no comment yet, and writes down what it is asked.
    const log = path.join(bin, 'log')
    const gh = `#!/bin/sh\nprintf '%s\\n' "$@" >> "${log}"\n`
    fs.writeFileSync(path.join(bin, 'gh'), gh, { mode: 0o755 })
    try {
      const told = execFileSync(
        process.execPath,
        ['scripts/backtest-comment.ts', '--since', '30d'],
        {
          cwd: ROOT,
          encoding: 'utf8',
          env: { ...process.env, PATH: `${bin}:${process.env['PATH']}`, ...env },
        },
      )
      return told + (fs.existsSync(log) ? fs.readFileSync(log, 'utf8') : '')
    } finally {
      fs.rmSync(bin, { recursive: true })
    }
  }

  it('is none where no rule is touched', () => {
    const base = execFileSync('git', ['rev-parse', 'HEAD'], { cwd: ROOT, encoding: 'utf8' }).trim()
    expect(comment({ BASE: base, PULL_REQUEST: '7' })).toBe(
      'No rule is touched, so there is nothing to try.\n',
    )
  })
})
