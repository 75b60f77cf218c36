// The local stack as the demo and other tests use it, round a Worker of three lines that answers
// what it was given.
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'
import { readDevVars } from '../../scripts/dev-vars.ts'
import { startStack } from '../../scripts/local-stack.ts'
import type { Stack } from '../../scripts/local-stack.ts'

const workerThatSays = (word: string) => `
const crons = []
export default {
  fetch: (_, { COMMET_API_URL: billing, PUBLIC_URL: address, EXTRA: extra = null }) => {
    console.log('seen by nobody')
    return Response.json({ word: '${word}', crons, billing, address, extra })
  },
  scheduled: ({ cron }) => {
    if (cron === 'refuse') throw new Error('no')
    crons.push(cron)
  },
  queue: () => undefined,
}
`

const folder = fs.mkdtempSync(path.join(tmpdir(), 'makegood-stack-'))
const entry = path.join(folder, 'worker.js')
let stack: Stack | undefined

beforeAll(() => fs.writeFileSync(entry, workerThatSays('one')))
afterEach(async () => stack?.stop())
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }))

const start = async (vars: Record<string, string>) => {
  const statePath = path.join(folder, 'state')
  stack = await startStack({ port: 0, sandboxPort: 0, statePath, vars, entry, log: 'quiet' })
  return stack
}
const ask = async ({ appUrl }: Stack) => (await fetch(appUrl)).json()

it('ticks with the cron of wrangler.toml or another one, and tells when the handler threw', async () => {
  const running = await start({})
  await running.tick('@restart')
  await running.tick()
  await expect(running.tick('refuse')).rejects.toThrow("ended with 'exception' (refuse)")
  expect(await ask(running)).toMatchObject({ crons: ['@restart', '* * * * *'] })
})

it('bills at the sandbox unless it is told otherwise', async () => {
  const running = await start({ EXTRA: 'x', COMMET_API_URL: '' })
  const { appUrl, sandboxUrl } = running
  expect(await ask(running)).toMatchObject({ billing: sandboxUrl, address: appUrl, extra: 'x' })
  await running.stop()
  const other = await start({ COMMET_API_URL: 'https://billing.example' })
  expect(await ask(other)).toMatchObject({ billing: 'https://billing.example' })
})

it('prints nothing of the Worker when it is quiet', async () => {
  const written = vi.spyOn(process.stdout, 'write')
  const running = await start({})
  await ask(running)
  await running.stop()
  expect(written.mock.calls.flat().join('')).not.toContain('seen by nobody')
  written.mockRestore()
})

it('reloads what changed, and goes on with the old code when the new one is broken', async () => {
  const running = await start({})
  fs.writeFileSync(entry, 'this is no JavaScript')
  await expect(running.reload()).rejects.toThrow(/worker\.js:1:\d+: Expected/)
  expect(await ask(running)).toMatchObject({ word: 'one' })
  fs.writeFileSync(entry, workerThatSays('two'))
  await running.reload()
  expect(await ask(running)).toMatchObject({ word: 'two' })
  await running.tick('after')
  expect(await ask(running)).toMatchObject({ crons: ['after'] })
})

it('frees the state folder for the next run', async () => {
  await (await start({})).stop()
  await (await start({})).stop()
  expect(fs.existsSync(path.join(folder, 'state', 'v3', 'd1'))).toBe(true)
})

it('reads .dev.vars as dotenv, whatever the environment says, and never overwrites it', () => {
  const root = fs.mkdtempSync(path.join(folder, 'checkout-'))
  fs.writeFileSync(path.join(root, '.dev.vars.example'), 'A="one # two" # why\n# B=2\nC=\'x\'\n')
  vi.stubEnv('A', 'of the environment')
  expect(readDevVars(root)).toEqual({ vars: { A: 'one # two', C: 'x' }, made: true })
  fs.writeFileSync(path.join(root, '.dev.vars'), 'A=mine\n')
  expect(readDevVars(root)).toEqual({ vars: { A: 'mine' }, made: false })
  vi.unstubAllEnvs()
})
