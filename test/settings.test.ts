// Which secrets of the environment an endpoint takes: what a vendor publishes proves nothing.

import { describe, expect, it } from 'vitest'
import { env } from 'cloudflare:workers'
import { defineConfig } from '../src/config.ts'
import exampleText from '../.dev.vars.example?raw'
import { slack } from '../src/notices/slack.ts'
import { zendeskComment } from '../src/notices/zendesk-comment.ts'
import { readSettings } from '../src/settings.ts'
import { openDelivery } from '../src/sources/open-delivery.ts'
import {
  basic,
  bearer,
  generic,
  standard,
  stripe,
  zendesk,
  zohodesk,
} from '../src/sources/index.ts'
import type { Endpoint } from '../src/sources/source.ts'
import { signDelivery } from '../scripts/sign-delivery.ts'
import testConfig from './makegood.config.ts'

/** As it stands in Zendesk's pages; written out, so that a slip in the source's list shows. */
const PUBLISHED = 'dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ=='
const OWN = 'Qm9ndXMtemVuZGVzay1zaWduaW5nLXNlY3JldC0wMDE='

const parseExample = (text: string): Record<string, string> =>
  Object.fromEntries(
    [...text.matchAll(/^(\w+)="(.*)"$/gm)].map(([, name = '', value = '']) => [name, value]),
  )

const settingsWith = (value: string, mode: 'live' | 'test') =>
  readSettings(
    Object.assign({}, env, { ZENDESK_WEBHOOK_SECRET: value }),
    defineConfig({
      currency: 'usd',
      timeZone: 'UTC',
      endpoints: { zendesk: zendesk({ secret: 'ZENDESK_WEBHOOK_SECRET', mode }) },
      rules: [],
    }),
  )

describe('the secret that Zendesk publishes for its test button', () => {
  it('turns a live endpoint off, and is named without its value', () => {
    const { endpointSecrets, problems } = settingsWith(PUBLISHED, 'live')
    expect(endpointSecrets.get('zendesk')).toEqual([])
    expect(problems).toEqual([
      'ZENDESK_WEBHOOK_SECRET holds a secret that Zendesk publishes for tests: it is not used',
    ])
  })

  it('is left out of a live endpoint that has one of its own as well', () => {
    for (const value of [`${OWN},${PUBLISHED}`, `${PUBLISHED}, ${OWN}`]) {
      expect(settingsWith(value, 'live').endpointSecrets.get('zendesk')).toEqual([OWN])
    }
  })

  it('serves an endpoint that is declared a test', async () => {
    const { endpointSecrets, problems } = settingsWith(PUBLISHED, 'test')
    expect([endpointSecrets.get('zendesk'), problems]).toEqual([[PUBLISHED], []])
    const endpoint = zendesk({ secret: 'ZENDESK_WEBHOOK_SECRET', mode: 'test' })
    const nowMs = 1_793_000_000_000
    const sent = await signDelivery(endpoint, PUBLISHED, '{"kind":"makegood.ticket"}', { nowMs })
    const request = {
      method: 'POST',
      url: 'https://makegood.example/webhooks/zendesk',
      headers: new Headers(sent.headers),
      body: new TextEncoder().encode(sent.body),
      pathToken: null,
    }
    expect(await openDelivery(endpoint, [PUBLISHED], request, nowMs)).toMatchObject({ ok: true })
    expect(await openDelivery(endpoint, [OWN], request, nowMs)).toMatchObject({ ok: false })
  })
})

it('a secret of the sender’s own is taken, live or not', () => {
  for (const mode of ['live', 'test'] as const) {
    const { endpointSecrets, problems } = settingsWith(OWN, mode)
    expect([endpointSecrets.get('zendesk'), problems]).toEqual([[OWN], []])
  }
})

describe('a secret of another form than the sender needs', () => {
  const settingsOf = (endpoint: Endpoint, value: string) =>
    readSettings(
      Object.assign({}, env, { ZENDESK_WEBHOOK_SECRET: value }),
      defineConfig({ currency: 'usd', timeZone: 'UTC', endpoints: { here: endpoint }, rules: [] }),
    )
  const secret = 'ZENDESK_WEBHOOK_SECRET'
  const own = { secret, mode: 'live' } as const
  const unsigned = { ...own, unsigned: 'accept' } as const
  const event = { type: { is: 'a.type' } }
  const signature = { header: 'x-hmac', secretAs: 'hex' } as const
  const bytes = (length: number): string => `whsec_${btoa('x'.repeat(length))}`

  it.each<[string, Endpoint, string, string]>([
    ['a bearer token with a blank', bearer({ ...unsigned, event }), 'two words', 'one-word'],
    ['a password without a user', basic({ ...unsigned, event }), 'password', 'user:pass word'],
    ['a token’s audience without its issuer', zohodesk(unsigned), 'aud', 'iss|aud'],
    ['a key that is no hex', generic({ ...own, signature, event }), 'xyz', 'c0ffee'],
    ['a Standard Webhooks secret of 23 bytes', standard(own), bytes(23), bytes(24)],
  ])('%s turns the endpoint off, and /readyz names it', (_, endpoint, bad, good) => {
    const { title } = endpoint.source
    const problem = `${secret} holds a secret of another form than ${title} needs: it is not used`
    const off = settingsOf(endpoint, bad)
    expect([off.endpointSecrets.get('here'), off.problems]).toEqual([[], [problem]])
    const both = settingsOf(endpoint, `${bad},${good}`)
    expect([both.endpointSecrets.get('here'), both.problems]).toEqual([[good], [problem]])
    const on = settingsOf(endpoint, good)
    expect([on.endpointSecrets.get('here'), on.problems]).toEqual([[good], []])
  })
})

describe('a channel', () => {
  const ALL = {
    ZENDESK_URL: 'https://acme.zendesk.example',
    ZENDESK_EMAIL: 'makegood@acme.example',
    ZENDESK_API_TOKEN: 'a-token',
  }
  const settingsOf = (secrets: Record<string, string>) =>
    readSettings(
      Object.assign({}, env, secrets),
      defineConfig({
        currency: 'usd',
        timeZone: 'UTC',
        endpoints: {},
        rules: [],
        notices: [zendeskComment(), slack()],
      }),
    )

  it('is on with all of its secrets, and off without any, which keeps nothing else from working', () => {
    const { channelSecrets, channelsOff, problems } = settingsOf(ALL)
    expect(Object.fromEntries(channelSecrets.get('zendesk') ?? [])).toEqual(ALL)
    expect(channelSecrets.has('slack')).toBe(false)
    expect([...channelsOff]).toEqual([['slack', ['SLACK_WEBHOOK_URL']]])
    expect(problems).toEqual([])
  })

  it('is off with some of them, which one line says', () => {
    const { channelSecrets, problems } = settingsOf({ ZENDESK_URL: ALL.ZENDESK_URL })
    expect(channelSecrets.size).toBe(0)
    expect(problems).toEqual([
      'Zendesk is told nothing: ZENDESK_EMAIL, ZENDESK_API_TOKEN are not set',
    ])
  })
})

describe('the values of .dev.vars.example', () => {
  const example = parseExample(exampleText)
  const config = defineConfig({
    currency: 'usd',
    timeZone: 'UTC',
    endpoints: {
      stripe: stripe({ secret: 'STRIPE_WEBHOOK_SECRET' }),
      zendesk: zendesk({ secret: 'ZENDESK_WEBHOOK_SECRET', mode: 'test' }),
      standard: standard({ secret: 'STANDARD_WEBHOOK_SECRET', mode: 'test' }),
    },
    rules: [],
  })
  const settingsAt = (address: object) =>
    readSettings(Object.assign({}, env, { PUBLIC_URL: undefined }, example, address), config)

  it('work on this machine', () => {
    const { problems, bootstrapKey, endpointSecrets } = settingsAt({
      PUBLIC_URL: 'http://127.0.0.1:8787',
    })
    expect(problems).toEqual([])
    expect(bootstrapKey).toBe(example['BOOTSTRAP_KEY'])
    expect([...endpointSecrets.values()].map(({ length }) => length)).toEqual([1, 1, 1])
  })

  it.each([
    ['without an address of its own', {}],
    ['at its own', { PUBLIC_URL: 'https://credits.acme.example' }],
    ['at one that only looks local', { PUBLIC_URL: 'https://127.0.0.1.acme.example' }],
  ])('open nothing where it is deployed %s, and are named without their values', (_, address) => {
    const settings = settingsAt(address)
    expect(Object.keys(example).length).toBeGreaterThan(5)
    expect([settings.bootstrapKey, settings.billing, settings.linkKeys]).toEqual([null, null, []])
    expect([...settings.endpointSecrets.values()]).toEqual([[], [], []])
    for (const [name, value] of Object.entries(example)) {
      expect(settings.problems).toContain(`${name} is that of .dev.vars.example: it is not used`)
      expect(JSON.stringify([...settings.problems])).not.toContain(value)
    }
  })
})

describe('the keys of the audit log', () => {
  const AUDIT_KEY = env.AUDIT_KEY ?? ''
  const OTHER =
    'PRIVATE+KEY+other.example/audit+8b7962ad+AWRlZmdoaWprbG1ub3BxcnN0dXZ3eHl6e3x9fn+AgYKD'
  const FORMER = 'makegood.example/audit+9970207e+AXm1Vi6P5lT5QHixEuipi6eQH4U65pW+1+DjkQutBJZk'
  const OTHERS = 'other.example/audit+8b7962ad+AQu8NGpXZnw4ASC9nH/X5R0sX9/qN80vW/QFssa/by14'
  const settingsOf = (named: Readonly<Record<string, string>>) =>
    readSettings(Object.assign({}, env, named), testConfig)
  const ofTheLog = (problems: readonly string[]): readonly string[] =>
    problems.filter((problem) => problem.includes('AUDIT_KEY'))

  it.each([
    ['of that name', FORMER],
    ['of another', OTHERS],
  ])(
    'have one name, which is the log’s, and a former one %s may stand beside them',
    (_, former) => {
      const made = settingsOf({ AUDIT_KEY, AUDIT_KEY_FORMER: former })
      expect([made.auditKeys.length, made.formerAuditKeys.length]).toEqual([1, 1])
      expect(ofTheLog(made.problems)).toEqual([])
    },
  )

  it('are refused where those that sign have two: once one of them is gone the log could go on no further', () => {
    const made = settingsOf({ AUDIT_KEY: `${OTHER},${AUDIT_KEY}` })
    expect(made.auditKeys).toEqual([])
    expect(ofTheLog(made.problems)).toEqual([
      'AUDIT_KEY holds keys of several names, and a log has one: it is not sealed',
    ])
  })
})
