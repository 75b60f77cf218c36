// The commit that is kept beside the rules is the one whose code runs, or none.

import { execFileSync } from 'node:child_process'
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { gitCommit } from '../../scripts/git-commit.ts'

let folder: string
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(tmpdir(), 'makegood-commit-'))
})
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }))

const git = (...args: readonly string[]): string =>
  execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b.example', ...args], {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim()

it('is that of a checkout, as long as nothing in it was changed', async () => {
  expect(await gitCommit(folder)).toBe(null)
  git('init', '-q')
  expect(await gitCommit(folder)).toBe(null)
  fs.writeFileSync(path.join(folder, 'rule.ts'), 'one')
  git('add', '.')
  git('commit', '-q', '-m', 'one')
  expect(await gitCommit(folder)).toBe(git('rev-parse', 'HEAD'))
  fs.writeFileSync(path.join(folder, 'rule.ts'), 'another')
  expect(await gitCommit(folder)).toBe(null)
})

it('is none of a folder inside of a checkout', async () => {
  git('init', '-q')
  git('commit', '-q', '--allow-empty', '-m', 'one')
  const inner = path.join(folder, 'inner')
  fs.mkdirSync(inner)
  expect(await gitCommit(inner)).toBe(null)
})
