// docs/first-hour.md, command by command and in its order, in a copy of this checkout. Only ports and what the page
// leaves to its reader are filled in. Step 1 is test/scripts/start.test.ts.

import { once } from 'node:events'
import * as fs from 'node:fs'
import * as path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { freePort } from '../sandbox/running-sandbox.ts'
import { commandsOf } from '../markdown.ts'
import type { Run } from './checkout.ts'
import { fullCheckout, type FullCheckout } from './full-checkout.ts'
import { readPage, ROOT } from './pages.ts'

const STARTS_WITHIN_MS = 60_000
const SEALED_WITHIN_MS = 90_000
const PAGE = readPage('docs/first-hour.md')
/** The commands of its blocks, in their order, each in one line. */
const COMMANDS = commandsOf(PAGE.replaceAll(/`[^`\n]+`/g, '')).map(({ text }) =>
  text.replaceAll(/\s*\n\s*/g, ' '),
)

let checkout: FullCheckout
let ports: Record<string, string>
let app: Run
let done = 0

beforeAll(async () => {
  checkout = fullCheckout()
  fs.cpSync(path.join(ROOT, 'package-lock.json'), path.join(checkout.folder, 'package-lock.json'))
  ports = { PORT: String(await freePort()), SANDBOX_PORT: String(await freePort()) }
})
afterAll(async () => checkout.remove())

const address = (name: 'PORT' | 'SANDBOX_PORT'): string => `http://127.0.0.1:${ports[name]}`

/** The page's next command, which begins so; with what stands for the reader's own values. */
function next(beginning: string, own: readonly (readonly [string, string])[] = []): string {
  const command = COMMANDS[done] ?? 'nothing more'
  expect(command.startsWith(beginning), `${command} is not ${beginning}`).toBe(true)
  done += 1
  const filled = own.reduce((text, [from, to]) => text.replaceAll(from, to), command)
  const here = filled
    .replaceAll('http://127.0.0.1:8787', address('PORT'))
    .replaceAll('http://127.0.0.1:8790', address('SANDBOX_PORT'))
  // Those that take the usual port.
  if (/npm run connect/.test(here)) return `${here} --app ${address('PORT')}`
  return /npm run (?:send|audit -- export)/.test(here) ? `${here} --url ${address('PORT')}` : here
}

const begin = (command: string): Run =>
  checkout.run({ ...ports, NO_COLOR: '1' }, 'sh', ['-c', command])

async function end({ child, output }: Run): Promise<{ code: number | null; text: string }> {
  const [code] = await once(child, 'close')
  return { code, text: output.text }
}

/** What it prints. */
async function run(command: string): Promise<string> {
  const { code, text } = await end(begin(command))
  expect(code, `${command}\n${text}`).toBe(0)
  return text
}

async function until(isThere: () => boolean, running: Run, withinMs: number): Promise<void> {
  const deadline = Date.now() + withinMs
  while (!isThere()) {
    if (Date.now() > deadline || running.child.exitCode !== null)
      throw new Error(running.output.text)
    await sleep(100)
  }
}

async function start(command: string): Promise<void> {
  app = begin(`exec ${command}`)
  await until(() => /^Stop +Ctrl-C$/m.test(app.output.text), app, STARTS_WITHIN_MS)
}

/** Ctrl-C, and the same command again. */
async function restart(command: string): Promise<void> {
  const isStopped = once(app.child, 'close')
  app.child.kill('SIGINT')
  await isStopped
  await start(command)
}

const dataOf = (text: string): any =>
  JSON.parse(/^\{"success":true.*$/m.exec(text)?.[0] ?? text).data

it('the first hour goes as its page says, in its order', { timeout: 600_000 }, async () => {
  // 1. and 2.
  next('git clone')
  next('npm run demo')
  const npmStart = next('npm start')
  await start(npmStart)
  expect(app.output.text).toContain(address('SANDBOX_PORT'))

  // 3. Connect the Zendesk.
  const connecting = begin(next('ZENDESK_URL='))
  await until(() => /^waits +/m.test(connecting.output.text), connecting, STARTS_WITHIN_MS)
  const isConnected = end(connecting)
  await restart(npmStart)
  const connected = await isConnected
  expect([connected.code, connected.text]).toEqual([
    0,
    expect.stringMatching(/^adjustment +adj_\w+ +10\.00 USD +invoiced$/m),
  ])

  // 4. Write a rule.
  expect(await run(next('npm run new'))).toMatch(/^changed +makegood\.config\.ts$/m)
  await run(next('cp examples/late-delivery.ts'))
  await run(next('cp examples/late-delivery.sample.json'))
  const [, from = '', to = ''] = /replace `('fill in[^`]*)` by `('[^`]*)`/.exec(PAGE) ?? []
  const test = checkout.read('test/rules/late-delivery.test.ts')
  expect(test).toContain(from)
  checkout.write('test/rules/late-delivery.test.ts', test.replace(from, to))
  expect(await run(next('npm test'))).toMatch(/Tests +2 passed \(2\)/)
  await restart(npmStart)

  // 5. What would it do?
  const dry = next('curl -X POST')
  expect(dataOf(await run(`${dry} -sS`)).events[0].adjustments).toMatchObject([{ would: 'issue' }])
  const early = dry.replace('"hoursLate": 30', '"hoursLate": 3')
  expect(dataOf(await run(`${early} -sS`)).events).toMatchObject([{ fate: 'ignored' }])
  const send = next('npm run send')
  expect(await run(send)).toMatch(/^ +invoiced, invoice INV-\d+/m)
  expect(await run(send)).toMatch(/^fate +duplicate by rule late-delivery$/m)

  // 6. What would it have done?
  const backtest = next('npm run backtest')
  expect(await run(backtest)).toMatch(/^Nothing differs\.$/m)
  const rule = checkout.read('rules/late-delivery.ts')
  checkout.write('rules/late-delivery.ts', rule.replace('usd(15)', 'usd(20)'))
  expect(await run(backtest)).toMatch(
    /^1 differs\.$[^]*-5\.00 USD +amount\n +delivery:d1 of standard/m,
  )
  checkout.write('rules/late-delivery.ts', rule)

  // 7. Approve a hold.
  expect(await run(next('npm run send'))).toMatch(
    /^ +held: over_limit:holdAbove, over_limit:perAsker$/m,
  )
  const { key } = dataOf(await run(`${next('curl -X POST')} -sS`))
  const list = `${next('curl -H', [['ck_mg_…', key]])} -sS`
  const [{ id, version, amount }] = dataOf(await run(list))
  const approve = next('curl -X POST', [
    ['ck_mg_…', key],
    ['adj_…', id],
  ])
  expect(approve).toContain(`"version": ${version}, "amount": ${amount}`)
  expect(dataOf(await run(`${approve} -sS`)).approvals).toMatchObject([{ operator: 'boss' }])
  await expect
    .poll(async () => dataOf(await run(list))[0].state, { timeout: STARTS_WITHIN_MS })
    .toBe('invoiced')

  // 8. Verify the log, once a minute's cron has sealed it.
  const seen = app.output.text.length
  await until(() => app.output.text.slice(seen).includes('"event":"sealed"'), app, SEALED_WITHIN_MS)
  const [publicKey = ''] =
    /^localhost\/audit\+\S+$/m.exec(await run(next('npm run -s audit'))) ?? []
  await run(next('npm run audit -- export'))
  const verify = next('npm run audit -- verify', [['<public key>', publicKey]])
  expect(await run(verify)).toMatch(/^log intact through /m)
  checkout.write(
    'audit-log.ndjson',
    checkout.read('audit-log.ndjson').replace('operator:boss', 'operator:anna'),
  )
  const changed = await end(begin(verify))
  expect([changed.code, changed.text]).toEqual([
    1,
    expect.stringMatching(/^NOT INTACT: entry \d+/m),
  ])
  expect(COMMANDS.slice(done)).toEqual([])
})
