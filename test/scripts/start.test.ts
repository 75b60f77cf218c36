// `npm start` as its user has it: a copy of this checkout at a path with a blank, without .dev.vars,
// started as a process and ended in every way that a process ends.
import { spawn, execFile } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import * as fs from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { family, leftOf } from './processes.ts'

const ROOT = path.resolve(import.meta.dirname, '../..')
const COPIED = [
  ...['src', 'sandbox', 'scripts', 'rules', 'migrations', 'makegood.config.ts'],
  ...['package.json', 'tsconfig.json', 'wrangler.toml', '.dev.vars.example'],
]
const STARTS_WITHIN_MS = 30_000
const ENDS_WITHIN_MS = 3_000

const parent = fs.mkdtempSync(path.join(tmpdir(), 'makegood-start-'))
const folder = path.join(parent, 'a checkout')
let running: ChildProcess[] = []

beforeAll(() => {
  fs.mkdirSync(folder)
  for (const name of COPIED) {
    if (!fs.existsSync(path.join(ROOT, name))) continue
    fs.cpSync(path.join(ROOT, name), path.join(folder, name), { recursive: true })
  }
  fs.symlinkSync(path.join(ROOT, 'node_modules'), path.join(folder, 'node_modules'))
})

afterEach(async () => {
  for (const child of running) {
    if (child.exitCode !== null || child.signalCode !== null) continue
    child.kill('SIGTERM')
    await once(child, 'exit')
  }
  running = []
})

afterAll(() => fs.rmSync(parent, { recursive: true, force: true }))

function run(env: Record<string, string>, command = process.execPath, args = ['scripts/start.ts']) {
  const { PATH = '' } = process.env
  const child = spawn(command, args, {
    cwd: folder,
    env: {
      PATH: `${path.dirname(process.execPath)}:${PATH}`,
      PORT: '0',
      SANDBOX_PORT: '0',
      ...env,
    },
  })
  running.push(child)
  const output = { text: '' }
  child.stdout.on('data', (chunk) => (output.text += String(chunk)))
  child.stderr.on('data', (chunk) => (output.text += String(chunk)))
  return { child, output }
}

const urlAfter = (word: string, text: string) =>
  new RegExp(`^${word} +(http://[\\d.:]+)$`, 'm').exec(text)?.[1] ?? `no ${word} in: ${text}`

async function started(state: string, command?: string, args?: string[]) {
  const { child, output } = run({ MAKEGOOD_STATE: path.join(parent, state) }, command, args)
  const deadline = Date.now() + STARTS_WITHIN_MS
  while (!/^Stop/m.test(output.text)) {
    if (Date.now() > deadline || child.exitCode !== null) throw new Error(output.text)
    await sleep(50)
  }
  const { pid = 0 } = child
  return {
    child,
    output,
    ids: family(pid),
    app: urlAfter('Makegood', output.text),
    sandbox: urlAfter('Sandbox', output.text),
  }
}

async function refused(env: Record<string, string>) {
  const { child, output } = run({ MAKEGOOD_STATE: path.join(parent, 'refused'), ...env })
  const [code] = await once(child, 'close')
  return { code, lines: output.text.trim().split('\n') }
}

describe('a clean checkout', () => {
  it('serves the app and the sandbox, with .dev.vars made from the example', async () => {
    const { app, sandbox, output } = await started('first')
    expect(await (await fetch(`${app}/readyz`)).json()).toMatchObject({ status: 'ready' })
    expect((await fetch(`${app}/healthz`)).status).toBe(200)
    expect((await fetch(sandbox)).status).toBe(200)
    expect(output.text).toContain(`Billing API  the sandbox, ${sandbox}`)
    const read = (name: string) => fs.readFileSync(path.join(folder, name), 'utf8')
    expect(read('.dev.vars')).toBe(read('.dev.vars.example'))
  })

  it('has the migrations that the Wrangler CLI looks for, in the database where it looks', async () => {
    const { child, ids } = await started('cli')
    child.kill('SIGTERM')
    expect(await leftOf(ids, ENDS_WITHIN_MS)).toEqual([])
    const wrangler = path.join(ROOT, 'node_modules/wrangler/bin/wrangler.js')
    const where = ['--local', '--persist-to', path.join(parent, 'cli')]
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [wrangler, 'd1', 'migrations', 'list', 'DB', ...where],
      { cwd: folder, env: { ...process.env, CI: 'true', WRANGLER_LOG: 'log' } },
    )
    expect(stdout).toContain('No migrations to apply')
  })
})

describe('nothing is left of it', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGKILL'] as const)('after %s', async (signal) => {
    const { child, ids } = await started(`ended-${signal}`)
    expect(ids.length).toBeGreaterThanOrEqual(3)
    child.kill(signal)
    expect(await leftOf(ids, ENDS_WITHIN_MS)).toEqual([])
  })

  it('after the death of the process that started it', async () => {
    const shell = `"${process.execPath}" scripts/start.ts & wait`
    const { child, ids } = await started('orphan', '/bin/sh', ['-c', shell])
    child.kill('SIGKILL')
    expect(await leftOf(ids, ENDS_WITHIN_MS)).toEqual([])
  })
})

describe('what is in its way is told in one line', () => {
  it.each(['PORT', 'SANDBOX_PORT'])('%s in use', async (variable) => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0
    const { code, lines } = await refused({ [variable]: String(port) })
    server.close()
    expect(lines).toEqual([
      `makegood: port ${port} is in use; choose another one: ${variable}=${port + 1} npm start`,
    ])
    expect(code).toBe(1)
  })

  it('a port that is none', async () => {
    const { code, lines } = await refused({ PORT: '70000' })
    expect(lines).toEqual([expect.stringMatching(/^makegood: PORT is '70000'/)])
    expect(code).toBe(1)
  })

  it('a state folder that another run uses', async () => {
    await started('shared')
    const { code, lines } = await refused({ MAKEGOOD_STATE: path.join(parent, 'shared') })
    expect(lines).toEqual([expect.stringMatching(/^makegood: the state folder .* is in use/)])
    expect(code).toBe(1)
  })
})
