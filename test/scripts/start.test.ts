// `npm start` as its user has it: a copy of this checkout at a path with a blank, without .dev.vars,
// started as a process and ended in every way that a process ends.
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import * as fs from 'node:fs'
import { createServer } from 'node:net'
import * as path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { copyCheckout, type Checkout } from './checkout.ts'
import { leftOf } from './processes.ts'

const ENDS_WITHIN_MS = 3_000

let checkout: Checkout

beforeAll(() => {
  checkout = copyCheckout()
})
afterEach(async () => checkout.stop())
afterAll(async () => checkout.remove())

async function refused(env: Record<string, string>) {
  const { child, output } = checkout.run({ MAKEGOOD_STATE: checkout.statePath('refused'), ...env })
  const [code] = await once(child, 'close')
  return { code, lines: output.text.trim().split('\n') }
}

describe('a clean checkout', () => {
  it('serves the app and the sandbox, with .dev.vars made from the example', async () => {
    const { app, sandbox, output } = await checkout.start('first')
    expect(await (await fetch(`${app}/readyz`)).json()).toMatchObject({ status: 'ready' })
    expect((await fetch(`${app}/healthz`)).status).toBe(200)
    expect((await fetch(sandbox)).status).toBe(200)
    expect(output.text).toContain(`Billing API  the sandbox, ${sandbox}`)
    const read = (name: string) => fs.readFileSync(path.join(checkout.folder, name), 'utf8')
    const own = /^AUDIT_KEY="PRIVATE\+KEY\+localhost\/audit\+\S+"\n/m
    expect(read('.dev.vars')).toMatch(own)
    expect(read('.dev.vars').replace(own, '')).toBe(read('.dev.vars.example'))
  })

  it('has the migrations that the Wrangler CLI looks for, in the database where it looks', async () => {
    const { child, ids } = await checkout.start('cli')
    child.kill('SIGTERM')
    expect(await leftOf(ids, ENDS_WITHIN_MS)).toEqual([])
    const wrangler = path.join(checkout.folder, 'node_modules/wrangler/bin/wrangler.js')
    const where = ['--local', '--persist-to', checkout.statePath('cli')]
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [wrangler, 'd1', 'migrations', 'list', 'DB', ...where],
      { cwd: checkout.folder, env: { ...process.env, CI: 'true', WRANGLER_LOG: 'log' } },
    )
    expect(stdout).toContain('No migrations to apply')
  })
})

describe('nothing is left of it', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGKILL'] as const)('after %s', async (signal) => {
    const { child, ids } = await checkout.start(`ended-${signal}`)
    expect(ids.length).toBeGreaterThanOrEqual(3)
    child.kill(signal)
    expect(await leftOf(ids, ENDS_WITHIN_MS)).toEqual([])
  })

  it('after the death of the process that started it', async () => {
    const shell = `"${process.execPath}" scripts/start.ts & wait`
    const { child, ids } = await checkout.start('orphan', '/bin/sh', ['-c', shell])
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

  it('one port for both', async () => {
    const { code, lines } = await refused({ PORT: '48787', SANDBOX_PORT: '48787' })
    expect(lines).toEqual(['makegood: PORT and SANDBOX_PORT are both 48787'])
    expect(code).toBe(1)
  })

  it('a port that is none', async () => {
    const { code, lines } = await refused({ PORT: '70000' })
    expect(lines).toEqual([expect.stringMatching(/^makegood: PORT is '70000'/)])
    expect(code).toBe(1)
  })

  it('a state folder that another run uses', async () => {
    await checkout.start('shared')
    const { code, lines } = await refused({ MAKEGOOD_STATE: checkout.statePath('shared') })
    expect(lines).toEqual([expect.stringMatching(/^makegood: the state folder .* is in use/)])
    expect(code).toBe(1)
  })
})
