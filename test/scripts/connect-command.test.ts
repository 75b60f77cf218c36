// `npm run connect` as its user has it: beside `npm start`, in a copy of this checkout, to the first delivery.

import { once } from 'node:events'
import * as fs from 'node:fs'
import * as path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freePort } from '../sandbox/running-sandbox.ts'
import { copyCheckout, type Checkout, type Run } from './checkout.ts'

const STARTS_WITHIN_MS = 60_000

let checkout: Checkout
let ports: Record<string, string>
let app: Run

beforeAll(async () => {
  checkout = copyCheckout()
  const samples = path.resolve(import.meta.dirname, '../fixtures/stripe')
  fs.cpSync(samples, path.join(checkout.folder, 'test/fixtures/stripe'), { recursive: true })
  ports = { PORT: String(await freePort()), SANDBOX_PORT: String(await freePort()) }
  app = await start()
})
afterAll(async () => checkout.remove())

/** The same ports and state each time, as a user's restart has them. */
async function start(): Promise<Run> {
  const run = checkout.run({ ...ports, MAKEGOOD_STATE: checkout.statePath('connect') })
  const deadline = Date.now() + STARTS_WITHIN_MS
  while (!/^Stop/m.test(run.output.text)) {
    if (Date.now() > deadline || run.child.exitCode !== null) throw new Error(run.output.text)
    await sleep(50)
  }
  return run
}

function connect(...args: readonly string[]): Run {
  const sandbox = `http://127.0.0.1:${ports['SANDBOX_PORT']}`
  const env = {
    ZENDESK_URL: `${sandbox}/zendesk`,
    ZENDESK_EMAIL: 'makegood@saas.example',
    ZENDESK_API_TOKEN: 'sandbox_zendesk_token',
    STRIPE_SECRET_KEY: 'sk_test_sandbox_stripe',
    STRIPE_API_URL: `${sandbox}/stripe`,
  }
  const all = ['scripts/connect.ts', ...args, '--app', address()]
  return checkout.run(env, process.execPath, all)
}
const address = () => `http://127.0.0.1:${ports['PORT']}`
const ended = async ({ child, output }: Run) => {
  const [code] = await once(child, 'close')
  return { code, text: output.text }
}

/** Once the command has said that the app knows another secret. */
async function restarted(running: Run): Promise<void> {
  while (!/^waits +/m.test(running.output.text)) {
    expect([running.child.exitCode, running.output.text]).toEqual([null, expect.any(String)])
    await sleep(50)
  }
  const isStopped = once(app.child, 'exit')
  app.child.kill('SIGTERM')
  await isStopped
  app = await start()
}

const read = (file: string) => fs.readFileSync(path.join(checkout.folder, file), 'utf8')
/** Without the key that `npm start` has drawn for the audit log. */
const devVars = (): string => read('.dev.vars').replace(/^AUDIT_KEY=.*\n/m, '')

describe('npm run connect -- zendesk', () => {
  it('waits until the app knows the secret, applies the macro, and prints what became of it', async () => {
    const running = connect('zendesk', '--ticket', '5158')
    const isClosed = ended(running)
    await restarted(running)
    expect(running.output.text).toMatch(/knows another ZENDESK_WEBHOOK_SECRET: restart npm start/)
    const { code, text } = await isClosed
    expect(text).toMatch(/^secret +known at http:\S+\/webhooks\/zendesk$/m)
    expect(text).toMatch(
      /^test +the macro "Credit 10" on ticket 5158: a real request, as an agent makes it$/m,
    )
    expect(text).toMatch(/^delivery +accepted at \/webhooks\/zendesk, signed$/m)
    expect(text).toMatch(/^event +evt_\w+ {2}makegood\.ticket$/m)
    expect(text).toMatch(/^fate +adjusted by rule zendesk-ticket-credit$/m)
    expect(text).toMatch(/^adjustment +adj_\w+ {2}-?10\.00 USD {2}invoiced$/m)
    expect(text).toMatch(/^note +Credit of 10\.00 USD for acme-42 is issued as invoice INV-\d+\.$/m)
    expect(code).toBe(0)
    const [, secret = ''] = /^ZENDESK_WEBHOOK_SECRET="([^,]+),/m.exec(read('.dev.vars')) ?? []
    expect(secret).not.toBe('')
    expect(text).not.toContain(secret)
  })

  it('of a closed ticket is told in one line', async () => {
    const closed = await ended(connect('zendesk', '--ticket', '5160'))
    expect(closed.text).toMatch(/^makegood: --ticket 5160: it is closed, .*choose another one$/m)
    expect(closed.code).toBe(1)
  })

  it('takes everything away, and leaves .dev.vars as the example is', async () => {
    const undone = await ended(connect('zendesk', '--undo'))
    expect([undone.code, undone.text]).toEqual([
      0,
      expect.stringContaining('nothing of ours is left'),
    ])
    expect(devVars()).toBe(read('.dev.vars.example'))
  })

  it.each([
    ['nothing', [], /^makegood: npm run connect -- zendesk/],
    ['another source', ['front'], /^makegood: npm run connect -- zendesk/],
    ['an unknown option', ['zendesk', '--force'], /^makegood: Unknown option '--force'/],
    ['a ticket that is none', ['zendesk', '--ticket', 'x'], /^makegood: --ticket x: the number/],
  ])('of %s says what it wants', async (_, args, expected) => {
    const { code, text } = await ended(connect(...args))
    expect(text.trimEnd().split('\n')).toEqual([expect.stringMatching(expected)])
    expect(code).toBe(1)
  })
})

describe('npm run connect -- stripe', () => {
  it('waits until the app knows the secret, then for a refund, and prints what became of it', async () => {
    const running = connect('stripe', '--commet-collects', 'no')
    const isClosed = ended(running)
    await restarted(running)
    while (!/^test +refund something/m.test(running.output.text)) {
      expect([running.child.exitCode, running.output.text]).toEqual([null, expect.any(String)])
      await sleep(50)
    }
    // As Stripe signs: with the secret that connect has stored.
    const send = ['scripts/send.ts', 'stripe', 'refund.created', '--url', address()]
    expect((await ended(checkout.run({}, process.execPath, send))).code).toBe(0)
    const { code, text } = await isClosed
    expect(text).toMatch(/^event +evt_\w+ {2}refund\.created$/m)
    expect(text).toMatch(/^fate +adjusted by rule stripe-refund-record$/m)
    expect(text).not.toMatch(/whsec_/)
    expect(code).toBe(0)
    const undone = await ended(connect('stripe', '--undo'))
    expect([undone.code, devVars()]).toEqual([0, read('.dev.vars.example')])
  })
})
