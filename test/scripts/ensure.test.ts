// scripts/ensure.mjs in a small checkout of its own, whose path has a blank, with a stand-in for npm
// that writes down how it was called. The real npm is what `npm test` on a clean clone runs.
import { spawn } from 'node:child_process'
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const SCRIPT = path.resolve(import.meta.dirname, '../../scripts/ensure.mjs')
const DEPENDENCY = { version: '1.0.0', integrity: 'sha512-a' }
const OTHER_SYSTEM = { version: '1.0.0', optional: true, os: ['no-such-system'] }

// It installs what the lock file asks for, as npm does: the packages, then its own list as the last step.
const FAKE_NPM = `#!/bin/sh
echo "$@" >> calls.log
echo $$ > npm.pid
[ -z "$FAKE_NPM_FAILS" ] || { echo "npm error code EFAKE" ; echo "npm error the registry is away" ; exit 7; }
[ -z "$FAKE_NPM_HANGS" ] || { trap '' TERM; while :; do sleep 0.1; done; }
sleep 0.3
mkdir -p node_modules/dependency
echo '{}' > node_modules/dependency/package.json
cp installed.json node_modules/.package-lock.json
`

let folder: string

const place = (...names: string[]) => path.join(folder, ...names)
const writeJson = (file: string, value: unknown) => fs.writeFileSync(file, JSON.stringify(value))
const lockWith = (dependency: object) => ({
  packages: {
    '': {},
    'node_modules/dependency': dependency,
    'node_modules/other': OTHER_SYSTEM,
  },
})

function install(dependency: object = DEPENDENCY): void {
  fs.mkdirSync(place('node_modules/dependency'), { recursive: true })
  fs.writeFileSync(place('node_modules/dependency/package.json'), '{}')
  writeJson(place('node_modules/.package-lock.json'), {
    packages: { 'node_modules/dependency': dependency },
  })
}

beforeEach(() => {
  folder = path.join(fs.mkdtempSync(path.join(tmpdir(), 'makegood-ensure-')), 'a checkout')
  fs.mkdirSync(place('scripts'), { recursive: true })
  fs.mkdirSync(place('bin'))
  fs.copyFileSync(SCRIPT, place('scripts/ensure.mjs'))
  fs.writeFileSync(place('bin/npm'), FAKE_NPM, { mode: 0o755 })
  writeJson(place('package-lock.json'), lockWith(DEPENDENCY))
  writeJson(place('installed.json'), { packages: { 'node_modules/dependency': DEPENDENCY } })
})

afterEach(() => fs.rmSync(path.dirname(folder), { recursive: true, force: true }))

function start(env: Record<string, string> = {}) {
  const running = spawn(process.execPath, [place('scripts/ensure.mjs')], {
    cwd: folder,
    env: { PATH: `${place('bin')}:/usr/bin:/bin`, ...env },
  })
  const said: string[] = []
  running.stdout.on('data', (chunk) => said.push(String(chunk)))
  running.stderr.on('data', (chunk) => said.push(String(chunk)))
  const ended = new Promise<{ code: number | null; lines: string[] }>((resolve) => {
    running.once('close', (code) =>
      resolve({ code, lines: said.join('').split('\n').filter(Boolean) }),
    )
  })
  return { running, ended }
}

const ensure = (env?: Record<string, string>) => start(env).ended
const npmCalls = () =>
  fs.existsSync(place('calls.log'))
    ? fs.readFileSync(place('calls.log'), 'utf8').trim().split('\n')
    : []

describe('when everything is installed', () => {
  it('says nothing, calls nobody, and takes less than a second', async () => {
    install()
    const startedAt = performance.now()
    expect(await ensure()).toEqual({ code: 0, lines: [] })
    expect(performance.now() - startedAt).toBeLessThan(1_000)
    expect(npmCalls()).toEqual([])
  })
})

describe('npm ci runs once, says so, and is not needed again', () => {
  const cases: [string, () => void][] = [
    ['nothing is installed', () => undefined],
    ['another version is installed', () => install({ version: '0.9.0', integrity: 'sha512-a' })],
    ['other bytes are installed', () => install({ version: '1.0.0', integrity: 'sha512-b' })],
    [
      'a package is gone',
      () => {
        install()
        fs.rmSync(place('node_modules/dependency'), { recursive: true })
      },
    ],
    [
      'an install was cut off before its last step',
      () => {
        install()
        fs.rmSync(place('node_modules/.package-lock.json'))
      },
    ],
    [
      'a killed run left its lock',
      () => {
        fs.mkdirSync(place('.wrangler'))
        fs.writeFileSync(place('.wrangler/npm-ci.lock'), '999999998 999999999')
        fs.utimesSync(place('.wrangler/npm-ci.lock'), 1, 1)
      },
    ],
  ]
  it.each(cases)('when %s', async (_, prepare) => {
    prepare()
    const { code, lines } = await ensure()
    expect(code).toBe(0)
    expect(lines).toEqual([
      expect.stringMatching(/^Installing .*minutes/),
      expect.stringMatching(/^Installed in \d+ s/),
    ])
    expect(await ensure()).toEqual({ code: 0, lines: [] })
    expect(npmCalls()).toEqual([expect.stringMatching(/^ci .*--include=optional/)])
  })
})

it('waits for another run instead of installing twice', async () => {
  const [one, other] = await Promise.all([ensure(), ensure()])
  expect([one.code, other.code]).toEqual([0, 0])
  expect(npmCalls()).toHaveLength(1)
})

it('tells in one line what npm said when it fails', async () => {
  const { code, lines } = await ensure({ FAKE_NPM_FAILS: 'yes' })
  expect(code).toBe(1)
  expect(lines.slice(1)).toEqual([
    expect.stringContaining('npm ci failed with code 7: the registry is away'),
  ])
})

it('tells in one line that there is no npm', async () => {
  const { code, lines } = await ensure({ PATH: place('scripts') })
  expect(code).toBe(1)
  expect(lines.slice(1)).toEqual(['makegood: cannot install: npm was not found on PATH'])
})

it('ends npm when it is told to end, and frees the folder', async () => {
  const { running, ended } = start({ FAKE_NPM_HANGS: 'yes' })
  while (!fs.existsSync(place('npm.pid'))) await sleep(20)
  await sleep(100)
  running.kill('SIGTERM')
  expect((await ended).lines.at(-1)).toContain('stopped by SIGTERM')
  const npm = Number(fs.readFileSync(place('npm.pid'), 'utf8'))
  expect(() => process.kill(npm, 0)).toThrow('ESRCH')
  expect((await ensure()).code).toBe(0)
})
