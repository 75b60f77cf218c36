// `npm run connect -- stripe` against the stand-in: one endpoint with our events and a secret that is shown
// once, cut off anywhere, and taken away.

import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { parseConnectArguments } from '../../scripts/connect-arguments.ts'
import { connectSettings } from '../../scripts/connect-settings.ts'
import { stripeApi } from '../../scripts/connect-stripe-api.ts'
import { connectStripe, disconnectStripe } from '../../scripts/connect-stripe.ts'
import { placeAt } from '../../scripts/place-of-address.ts'
import { ROOT } from '../../scripts/project.ts'
import { defineConfig } from '../../src/config.ts'
import { stripeRefundFailed } from '../../src/rules/stripe-refund-failed.ts'
import { stripeRefundRecord } from '../../src/rules/stripe-refund-record.ts'
import { stripe } from '../../src/sources/index.ts'
import { startSandbox, type RunningSandbox } from '../sandbox/running-sandbox.ts'

const EXAMPLE = 'STRIPE_WEBHOOK_SECRET="whsec_old"\nLINK_KEY="y"\n'
const KEY = 'sk_test_sandbox_stripe'
const EVENTS = ['refund.created', 'refund.failed', 'refund.updated']

const endpoint = stripe({ secret: 'STRIPE_WEBHOOK_SECRET' })
const base = { currency: 'usd', timeZone: 'UTC', endpoints: { stripe: endpoint } }
const config = defineConfig({ ...base, rules: [stripeRefundRecord(), stripeRefundFailed()] })
const onlyRecords = defineConfig({ ...base, rules: [stripeRefundRecord()] })

let sandbox: RunningSandbox
let root: string

beforeAll(async () => {
  sandbox = await startSandbox()
})
afterAll(() => sandbox.stop())
beforeEach(async () => {
  await sandbox.control('POST', '/reset')
  root = fs.mkdtempSync(path.join(tmpdir(), 'makegood-connect-'))
  fs.writeFileSync(path.join(root, '.dev.vars'), EXAMPLE)
  return () => fs.rmSync(root, { recursive: true, force: true })
})

const devVars = (): string => fs.readFileSync(path.join(root, '.dev.vars'), 'utf8')

async function at(method: string, id = '', body?: URLSearchParams): Promise<any> {
  const response = await fetch(`${sandbox.origin}/stripe/v1/webhook_endpoints${id}`, {
    method,
    headers: { authorization: `Bearer ${KEY}` },
    ...(body === undefined ? {} : { body }),
  })
  return response.json()
}
const endpoints = async (): Promise<any[]> => (await at('GET')).data

type Options = {
  readonly args?: readonly string[]
  readonly by?: typeof config
  readonly dies?: { readonly after: number; readonly lost: boolean }
  readonly env?: Readonly<Record<string, string>>
}

async function run({ args = ['--commet-collects', 'no'], by = config, dies, env }: Options = {}) {
  const [lines, calls, secrets]: [string[], string[], string[]] = [[], [], []]
  const asked = parseConnectArguments(['stripe', '--app', 'http://127.0.0.1:8787', ...args])
  const settings = connectSettings(root, asked)
  const outside = {
    async fetch(url: string, init: RequestInit) {
      calls.push(`${init.method} ${new URL(url).pathname}`)
      const isDead = dies !== undefined && calls.length > dies.after
      if (isDead && !dies.lost) throw new Error('killed')
      const response = await fetch(url, init)
      const answer: { secret?: string } = JSON.parse(await response.clone().text())
      if (answer.secret !== undefined) secrets.push(answer.secret)
      if (isDead) throw new Error('killed')
      return response
    },
    sleep: async () => undefined,
    say: (line: string) => lines.push(line),
  }
  let trouble: string | null = null
  try {
    const environment = {
      STRIPE_SECRET_KEY: KEY,
      STRIPE_API_URL: `${sandbox.origin}/stripe`,
      ...env,
    }
    const api = stripeApi(settings, environment, outside)
    const { app, secrets: file } = settings
    const place = placeAt(ROOT, app)
    const kept = { secrets: file, place, asked }
    const connection = { api, config: by, name: 'stripe', endpoint, app, ...kept }
    await (asked.undo ? disconnectStripe(connection) : connectStripe(connection))
  } catch (error) {
    trouble = error instanceof Error ? error.message : String(error)
  }
  return { lines, calls, secrets, trouble }
}
const undo = () => run({ args: ['--undo'] })
const writes = (calls: readonly string[]) => calls.filter((each) => !each.startsWith('GET'))

describe('on an empty account', () => {
  it('makes one endpoint with exactly our events; a second run changes nothing and says so', async () => {
    const first = await run()
    expect(first.trouble).toBeNull()
    const [only, ...others] = await endpoints()
    expect(others).toEqual([])
    expect(only).toMatchObject({
      url: 'http://127.0.0.1:8787/webhooks/stripe',
      api_version: '2026-07-29.dahlia',
      enabled_events: EVENTS,
      status: 'enabled',
    })
    expect(devVars()).toBe(EXAMPLE.replace('whsec_old', `${first.secrets[0]},whsec_old`))
    const second = await run()
    expect([second.trouble, writes(second.calls)]).toEqual([null, []])
    expect(second.lines.at(-1)).toContain('nothing was changed')
    expect(await endpoints()).toEqual([only])
  })

  it('--undo leaves nothing of ours, and everything of others', async () => {
    const foreign = new URLSearchParams({ url: 'https://a.example', 'metadata[makegood]': 'other' })
    foreign.append('enabled_events[]', '*')
    await at('POST', '', foreign)
    const before = await endpoints()
    await run()
    expect(writes((await run({ args: ['--undo', '--dry-run'] })).calls)).toEqual([])
    expect((await undo()).trouble).toBeNull()
    expect([await endpoints(), devVars()]).toEqual([before, EXAMPLE])
  })

  it('makes nothing in a dry run', async () => {
    const { calls, lines } = await run({ args: ['--commet-collects', 'no', '--dry-run'] })
    expect([writes(calls), await endpoints(), devVars()]).toEqual([[], [], EXAMPLE])
    expect(lines.join('\n')).toContain(EVENTS.join(', '))
  })

  it('is found behind a page of others', async () => {
    await run()
    for (let other = 0; other < 12; other++) {
      const foreign = new URLSearchParams({ url: 'https://a.example', 'enabled_events[]': '*' })
      await at('POST', '', foreign)
    }
    expect(writes((await run()).calls)).toEqual([])
  })
})

describe('cut off after any call', () => {
  it.each([false, true])(
    '(its answer lost: %s) the next run makes it whole, --undo takes it away',
    async (lost) => {
      const { calls } = await run()
      expect(calls).toHaveLength(4)
      for (let after = 0; after < calls.length; after++) {
        for (const next of [run, undo]) {
          await sandbox.control('POST', '/reset')
          fs.writeFileSync(path.join(root, '.dev.vars'), EXAMPLE)
          const cut = await run({ dies: { after, lost } })
          expect(cut.trouble).toContain('run this again')
          const { trouble, secrets } = await next()
          expect([after, trouble]).toEqual([after, null])
          if (next === run) {
            expect([after, await endpoints()]).toMatchObject([after, [{ enabled_events: EVENTS }]])
            const secret = [...cut.secrets, ...secrets].at(-1)
            expect(devVars()).toBe(EXAMPLE.replace('whsec_old', `${secret},whsec_old`))
            expect(writes((await run()).calls)).toEqual([])
            await undo()
          }
          expect([after, await endpoints(), devVars()]).toEqual([after, [], EXAMPLE])
        }
      }
    },
  )

  it('a secret that somebody else stores in the meantime is neither taken for its own nor taken away', async () => {
    const foreign = EXAMPLE.replace('whsec_old', 'whsec_of_somebody_else')
    for (const after of [2, 3]) {
      for (const next of [run, undo]) {
        await sandbox.control('POST', '/reset')
        fs.writeFileSync(path.join(root, '.dev.vars'), EXAMPLE)
        await run({ dies: { after, lost: false } })
        fs.writeFileSync(path.join(root, '.dev.vars'), foreign)
        const { trouble, secrets } = await next()
        expect([after, trouble]).toEqual([after, null])
        const own = next === run ? `${secrets[0]},` : ''
        const expected = EXAMPLE.replace('whsec_old', `${own}whsec_of_somebody_else`)
        expect([after, devVars()]).toEqual([after, expected])
      }
    }
  })

  it('a dry run says that the half would be made anew', async () => {
    await run({ dies: { after: 2, lost: false } })
    const { lines, calls } = await run({ args: ['--commet-collects', 'no', '--dry-run'] })
    expect(writes(calls)).toEqual([])
    expect(lines).toEqual([
      expect.stringMatching(/^would remove +endpoint, whose secret nobody knows/),
      expect.stringMatching(/^would make +endpoint, with refund\.created/),
      expect.stringMatching(/^dry run +nothing was changed/),
    ])
  })

  it.each([false, true])('(its answer lost: %s) an undoing is ended by the next', async (lost) => {
    for (let after = 0; after < 2; after++) {
      await run()
      expect((await run({ args: ['--undo'], dies: { after, lost } })).trouble).not.toBeNull()
      expect((await undo()).trouble).toBeNull()
      expect([after, await endpoints(), devVars()]).toEqual([after, [], EXAMPLE])
    }
  })
})

describe('what is there already', () => {
  it('gets the events of the rules as they are now', async () => {
    await run({ by: onlyRecords })
    expect(await endpoints()).toMatchObject([
      { enabled_events: ['refund.created', 'refund.updated'] },
    ])
    const { lines } = await run()
    expect(await endpoints()).toMatchObject([{ enabled_events: EVENTS }])
    expect(lines.join('\n')).toMatch(/changed +events +refund\.created, refund\.failed/)
  })

  it('with a secret that .dev.vars lost is told, since Stripe shows it once', async () => {
    await run()
    fs.writeFileSync(path.join(root, '.dev.vars'), EXAMPLE)
    expect((await run()).trouble).toMatch(/lacks the endpoint's secret.*--undo and connect again/)
  })

  it('for another app is left as it is', async () => {
    await run()
    const args = ['--commet-collects', 'no', '--app', 'https://elsewhere.example']
    expect((await run({ args })).trouble).toMatch(/calls http:\/\/127.*not https:\/\/elsewhere/)
    expect(await endpoints()).toHaveLength(1)
  })

  it('with an older API version is told to be made anew', async () => {
    const old = new URLSearchParams({
      url: 'http://127.0.0.1:8787/webhooks/stripe',
      api_version: '2026-06-24.dahlia',
      'metadata[makegood]': 'stripe',
      'enabled_events[]': 'refund.created',
    })
    await at('POST', '', old)
    expect((await run()).trouble).toMatch(/API version 2026-06-24.*lack the customer/)
  })
})

describe('whose Stripe it is', () => {
  it('has to be said, before anything is made', async () => {
    const { trouble, calls } = await run({ args: [] })
    expect(trouble).toMatch(/does Commet collect your payments\?.*--commet-collects yes or no/)
    expect(calls).toEqual([])
  })

  it('makes nothing where Commet collects, and names the rules to take out', async () => {
    const { trouble, calls, lines } = await run({ args: ['--commet-collects', 'yes'] })
    expect([trouble, calls]).toEqual([null, []])
    expect(lines.join('\n')).toContain('stripe-refund-record, stripe-refund-failed')
  })
})

describe('what stands in the way is told in one line', () => {
  it.each([
    [
      'no key',
      { env: { STRIPE_SECRET_KEY: '' } },
      /^STRIPE_SECRET_KEY is not set in the environment/,
    ],
    ['a publishable key', { env: { STRIPE_SECRET_KEY: 'pk_test_1' } }, /no secret key/],
    [
      'a wrong key',
      { env: { STRIPE_SECRET_KEY: 'sk_test_wrong' } },
      /401 .*STRIPE_SECRET_KEY is not a key of/,
    ],
    [
      'another address',
      { env: { STRIPE_API_URL: 'https://evil.example' } },
      /only https:\/\/api.stripe.com/,
    ],
    ['an app of this machine', { env: { STRIPE_API_URL: '' } }, /can't reach .*--app/],
    ['no rule', { by: defineConfig({ ...base, rules: [] }) }, /no rule for Stripe/],
  ])('%s', async (_, options: Options, expected) => {
    const { trouble } = await run(options)
    expect(trouble).toMatch(expected)
    expect(trouble?.split('\n')).toHaveLength(1)
    expect(await endpoints()).toEqual([])
  })

  it('a list that never ends makes nothing', async () => {
    await at('POST', '', new URLSearchParams({ url: 'https://a.example', 'enabled_events[]': '*' }))
    const faults = [{ kind: 'repeating_cursor', path: '/stripe/v1/webhook_endpoints' }]
    await sandbox.control('PUT', '/faults', { faults })
    const { trouble, calls } = await run()
    expect([trouble, writes(calls)]).toEqual([expect.stringContaining('does not end'), []])
  })
})

it('no secret and no key is printed, unless --print-secret says so', async () => {
  const quiet = await run()
  const undone = await undo()
  const loud = await run({ args: ['--commet-collects', 'no', '--print-secret'] })
  const [secret = '-'] = quiet.secrets
  for (const { lines } of [quiet, undone]) expect(lines.join('\n')).not.toContain(secret)
  expect(loud.lines.join('\n')).toContain(`STRIPE_WEBHOOK_SECRET="${loud.secrets[0]}"`)
  for (const { lines } of [quiet, undone, loud]) expect(lines.join('\n')).not.toContain(KEY)
})
