// What the doctor says of what it knows, as a table; and the command itself, here and against a running Makegood.

import { once } from 'node:events'
import * as fs from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { defineConfig, type ConfigInput } from '../../src/config.ts'
import { usd } from '../../src/domain/money.ts'
import { slack } from '../../src/notices/slack.ts'
import { zendeskComment } from '../../src/notices/zendesk-comment.ts'
import { creditRequested } from '../../src/rules/credit-requested.ts'
import { hubspotPropertyCredit } from '../../src/rules/hubspot-property-credit.ts'
import { zendeskTicketCredit } from '../../src/rules/zendesk-ticket-credit.ts'
import {
  front,
  github,
  hubspot,
  intercom,
  salesforce,
  standard,
  stripe,
  zendesk,
  zohocrm,
  zohodesk,
} from '../../src/sources/index.ts'
import { askBilling } from '../../scripts/doctor-billing.ts'
import { askApp } from '../../scripts/doctor-app.ts'
import { conclusionOf, type Facts } from '../../scripts/doctor-facts.ts'
import { findingsOf } from '../../scripts/doctor-findings.ts'
import { GIVING_UP } from '../../scripts/doctor-missed.ts'
import { remoteMigrations } from '../../scripts/doctor-gather.ts'
import { placeAt, placeFor } from '../../scripts/place-of-address.ts'
import { ROOT } from '../../scripts/project.ts'
import { copyCheckout } from './checkout.ts'
import { EXAMPLE_CONFIG } from './example-config.ts'
import { emptyAccount, newDatabase, wranglerOf, type FakeAccount } from './fake-wrangler.ts'

const configWith = (input: Partial<ConfigInput> = {}) =>
  defineConfig({
    currency: 'usd',
    timeZone: 'UTC',
    endpoints: { standard: standard({ secret: 'S', mode: 'test' }) },
    rules: [creditRequested()],
    notices: [slack()],
    ...input,
  })

const ticketRule = zendeskTicketCredit({ requestTag: 'credit', amounts: { credit_10: usd(10) } })
const ZENDESK = { zendesk: zendesk({ secret: 'Z', mode: 'test' }) }

const status: NonNullable<Facts['status']> = {
  billing: { state: 'closed', cause: null },
  claimsWait: false,
  sealing: 'sealing',
  held: 0,
  failed: 0,
  startedAt: new Map([['standard', '2026-10-01T09:00:00.000Z']]),
  refusedHosts: [],
  paused: null,
}
const billing: NonNullable<Facts['billing']> = {
  url: 'https://commet.co',
  mode: 'test',
  answer: 'ok',
  customers: { looked: 2, isAll: true, externalIds: ['acme-42', 'bolt-7'] },
}
const ready = {
  problems: [],
  endpoints: [{ name: 'standard', status: 'on' }],
  channels: [{ name: 'slack', status: 'on' }],
  limits: [{ name: 'API_CALLS', status: 'on' }],
}

/** Of a deployment to which nothing is lacking. */
const WELL: Facts = {
  node: '26.10.0',
  config: configWith(),
  configProblem: null,
  url: 'https://credits.acme.example',
  place: 'production',
  ready,
  status,
  statusProblem: null,
  migrations: { missing: [], unknown: [], where: null },
  billing,
  linkAddress: 'https://credits.acme.example',
  keptFile: null,
}

const told = (facts: Partial<Facts>): string[] =>
  findingsOf({ ...WELL, ...facts }).flatMap(({ level, what, text, todo }) =>
    level === 'ok' ? [] : [`${level} ${what}: ${text} | ${todo ?? ''}`],
  )

const customers = (externalIds: readonly string[], looked = externalIds.length, isAll = true) => ({
  billing: { ...billing, customers: { looked, isAll, externalIds } },
})

describe('the doctor', () => {
  it('has nothing to say of what is well', () => {
    expect(told({})).toEqual([])
    expect(findingsOf(WELL).map(({ text }) => text)).toContain('on since 2026-10-01')
  })

  it.each<readonly [string, Partial<Facts>, readonly RegExp[]]>([
    ['an old Node', { node: '18.20.0' }, [/^bad Node: 18\.20\.0 is too old \| install Node 20/]],
    [
      'a configuration that does not start',
      { config: null, configProblem: 'makegood.config.ts:3: no' },
      [/^bad configuration: makegood\.config\.ts:3: no \| npm run check$/],
    ],
    [
      'an address that does not answer',
      { ready: null, status: null },
      [/^bad address: https:\/\/credits\S+ does not answer/],
    ],
    [
      'a secret that is missing',
      { ready: { ...ready, problems: ['LINK_KEY is not set'] } },
      [/^bad settings: LINK_KEY is not set \| npm run setup$/],
    ],
    [
      'an endpoint without a secret',
      {
        ready: {
          ...ready,
          endpoints: [{ name: 'standard', status: 'off: its secret is not set' }],
        },
      },
      [/^warn standard: off: its secret is not set \| npm run setup/],
    ],
    [
      'another configuration than what runs',
      { ready: { ...ready, endpoints: [{ name: 'old', status: 'on' }] } },
      [/^warn configuration: what runs has the endpoints old \| npm run deploy$/],
    ],
    [
      'migrations that are missing',
      { migrations: { missing: ['0009_links.sql'], unknown: [], where: 'makegood of Acme' } },
      [/^bad migrations: the database lacks 0009_links\.sql \| npm run deploy applies them$/],
    ],
    [
      'a database that is newer',
      { migrations: { missing: [], unknown: ['0099_x.sql'], where: null } },
      [/^warn migrations: the database is newer: it has 0099_x\.sql/],
    ],
    [
      'an account that can not be asked, and everything else all the same',
      {
        migrations: { why: 'which account? CLOUDFLARE_ACCOUNT_ID' },
        status: { ...status, failed: 1 },
      },
      [
        /^unasked migrations: not asked: which account\? .* \| log in to the/,
        /^warn failed: 1 could/,
      ],
    ],
    [
      'a pause, which nobody else would tell',
      {
        status: {
          ...status,
          paused: { since: '2026-11-20T16:02:03.000Z', actor: 'operator:ops', cause: null },
        },
      },
      [
        /^bad paused: everything, since 2026-11-20T16:02Z, by operator:ops: nothing is issued \| DELETE \/api/,
      ],
    ],
    [
      'a restore that is not compared yet',
      {
        status: {
          ...status,
          paused: { since: '2026-11-20T16:02:03.000Z', actor: 'system', cause: 'restored' },
        },
      },
      [
        /^bad paused: .* \| npm run reconcile -- --restored --url https:\/\/credits\.acme\.example, which/,
      ],
    ],
    [
      'no key for the status',
      { status: null, statusProblem: 'not asked: there is no key' },
      [/^unasked status: not asked: there is no key \| MAKEGOOD_KEY: a key of/],
    ],
    [
      'a first delivery that has not come',
      { status: { ...status, startedAt: new Map([['standard', null]]) } },
      [/^warn standard: waits for its first delivery; its first day is not set until then/],
    ],
    [
      'a past that may be paid again',
      { config: configWith({ limits: { olderThanEndpoint: 'allow' } }) },
      [/^warn first day: what is older .*'hold'$/],
    ],
    [
      'a billing API that does not answer',
      { billing: { ...billing, answer: 'none', customers: null } },
      [/^bad billing API: https:\/\/commet\.co does not answer/],
    ],
    [
      'a key that it refuses',
      { billing: { ...billing, answer: 'refused', customers: null } },
      [/^bad billing API: .* refuses the key/],
    ],
    ['no key at all', { billing: null }, [/^unasked billing API: not asked/]],
    [
      'a pause that could not be read, and takes it for none in no case',
      { status: { ...status, paused: 'unknown' } },
      [/^unasked pause: whether all is paused was not answered/],
    ],
    [
      'a database that is not there yet',
      { url: null, migrations: null, status: null },
      [/^unasked migrations: there is no database yet \| npm start makes it$/],
    ],
    [
      'the sandbox, where it does not run',
      {
        url: null,
        billing: { ...billing, url: 'http://127.0.0.1:8790', answer: 'none', customers: null },
      },
      [/^unasked billing API: the sandbox does not run \| npm start$/],
    ],
    [
      'a key of another mode than an endpoint',
      { billing: { ...billing, mode: 'live' } },
      [/^warn mode: standard is declared test, and the billing key is for live: all of it is held/],
    ],
    [
      'an open circuit',
      { status: { ...status, billing: { state: 'open', cause: 'key_refused' } } },
      [/^bad billing: it is not called: key_refused \| npm run setup -- --renew COMMET_API_KEY$/],
    ],
    [
      'a record that is too old',
      { status: { ...status, claimsWait: true } },
      [/^bad record: nothing is issued until/],
    ],
    [
      'a log that is not as it was sealed',
      { status: { ...status, sealing: 'broken' } },
      [/^bad audit log: the audit log is not as it was sealed \| docs\/audit\.md/],
    ],
    [
      'a log that is not sealed in time',
      { status: { ...status, sealing: 'late' } },
      [/^warn audit log: entries wait longer/],
    ],
    [
      'what waits and what failed',
      { status: { ...status, held: 3, failed: 1 } },
      [/^warn failed: 1 could not be issued/, /^look held: 3 wait for a person/],
    ],
    [
      'links of workers.dev',
      { linkAddress: 'https://makegood.acme.workers.dev' },
      [/^warn links: links lead to makegood\.acme\.workers\.dev, which looks like phishing/],
    ],
    [
      'a domain of its own for links alone',
      {
        linkAddress: 'https://makegood.acme.workers.dev',
        config: configWith({ links: { origin: 'https://docs.acme.example' } }),
      },
      [],
    ],
    [
      'a host that was refused',
      { status: { ...status, refusedHosts: ['pdf.vendor.example', 'files.commet.co'] } },
      [
        /^bad links: they answer 503: PDFs are on pdf\.vendor\.example \| .*links: \{ hosts: \['pdf\.vendor\.example'\] \}$/,
      ],
    ],
    [
      'no channel',
      { config: configWith({ notices: [] }), ready: { ...ready, channels: [] } },
      [
        /^warn notices: no channel for people is on: nobody hears of holds and alarms, and no witness/,
      ],
    ],
    [
      'a channel without its secret',
      {
        ready: {
          ...ready,
          channels: [{ name: 'slack', status: 'off: SLACK_WEBHOOK_URL is not set' }],
        },
      },
      [/^warn notices: Slack is off: SLACK_WEBHOOK_URL is not set \| npm run setup$/, /no witness/],
    ],
    [
      'a limit of calls that is not bound',
      {
        ready: {
          ...ready,
          limits: [
            { name: 'LINK_MISSES', status: 'on' },
            { name: 'API_CALLS', status: 'off: wrangler.toml does not bind it' },
          ],
        },
      },
      [/^warn limits of calls: nobody is held back who calls too often: without API_CALLS \|/],
    ],
    [
      'drawn secrets that lie around',
      { keptFile: '.secrets.production' },
      [/^warn secrets: \.secrets\.production is here in clear/],
    ],
    ['no customers', customers([], 0), [/^warn customers: Commet has no customers yet/]],
    [
      'customers without external ids',
      customers([], 120),
      [/^warn customers: 0 of 120 customers .*: whom a source names is held \|/],
    ],
    [
      'few with one',
      customers(['a1', 'a2'], 500, false),
      [/^warn customers: 2 of the 500 newest customers at Commet have an external id \|/],
    ],
    [
      'e-mail addresses as external ids',
      customers(['a@acme.example', 'b@acme.example', 'c-1']),
      [/^warn customers: 2 external ids are e-mail addresses/],
    ],
  ])('tells %s', (_, facts, expected) => {
    const lines = told(facts)
    expect(lines).toEqual(expected.map((line) => expect.stringMatching(line)))
  })

  /** Everything that a command mends. */
  const ILL: Partial<Facts> = {
    ready: {
      problems: ['LINK_KEY is not set'],
      endpoints: [{ name: 'old', status: 'off: its secret is not set' }],
      channels: [{ name: 'slack', status: 'off: SLACK_WEBHOOK_URL is not set' }],
    },
    migrations: { missing: ['0009_links.sql'], unknown: [], where: null },
    status: { ...status, billing: { state: 'open', cause: 'key_refused' } },
    billing: { ...billing, answer: 'refused', customers: null },
  }

  it('advises of staging what is done to staging, and of this machine nothing that is deployed', () => {
    const staging = told({ ...ILL, place: 'staging', url: 'https://staging.acme.example' }).join(
      '\n',
    )
    expect(staging.match(/npm run (?:setup|deploy) -- --env staging/g)).toHaveLength(7)
    expect(staging).toContain('npm run setup -- --env staging --renew COMMET_API_KEY')
    expect(staging).not.toMatch(/npm run (?:setup|deploy)(?! -- --env staging)/)
    for (const url of [null, 'http://127.0.0.1:8787']) {
      const here = told({ ...ILL, url })
      expect(here.join('\n')).not.toMatch(/npm run (?:setup|deploy)/)
      expect(here).toContain('bad settings: LINK_KEY is not set | put it into .dev.vars')
    }
  })

  it('concludes nothing of what was not asked', () => {
    const end = (facts: Partial<Facts>) => conclusionOf(findingsOf({ ...WELL, ...facts }))
    expect(end({})).toEqual({ text: 'Nothing keeps it from working.', code: 0 })
    const unasked: Partial<Facts> = {
      status: null,
      statusProblem: 'not asked: there is no key',
      migrations: { why: 'nobody is logged in' },
      billing: null,
    }
    const rest = ' Not asked: migrations, status, billing API.'
    expect(end(unasked)).toEqual({
      text: `Nothing that was asked keeps it from working.${rest}`,
      code: 2,
    })
    const bad = { ...unasked, node: '18.0.0' }
    expect(end(bad)).toEqual({ text: `1 of these keep it from working.${rest}`, code: 1 })
  })

  it('says where no external id looks like those of a source, and is content with one', () => {
    const endpoints = { stripe: stripe({ secret: 'S' }) }
    const config = configWith({ endpoints, rules: [] })
    const on = { ready: { ...ready, endpoints: [{ name: 'stripe', status: 'on' }] }, status: null }
    const lines = told({ ...on, config, ...customers(['acme-42']) })
    expect(lines).toContainEqual(
      expect.stringMatching(/^warn customers: no external id looks like Stripe's \(cus_…\)/),
    )
    const well = told({ ...on, config, ...customers(['acme-42', 'cus_9s6XKzkNRiz8i3']) })
    expect(well.filter((line) => /customers/.test(line))).toEqual([])
  })

  it('asks whether customers are kept out of what asks, once for each desk whose word counts', () => {
    const endpoints = { ...ZENDESK, hubspot: hubspot({ secret: 'H', mode: 'test' }) }
    const asks = (config: Facts['config']) =>
      told({ config, ready: null, url: null }).filter((line) => /who asks/.test(line))
    const rules = [ticketRule, hubspotPropertyCredit({ mode: 'shadow' })]
    expect(
      asks(
        configWith({ endpoints, rules, notices: [zendeskComment({ requestTags: ['credit'] })] }),
      ),
    ).toEqual([
      expect.stringMatching(
        /^look who asks: zendesk: is it so that the amount's field is for agents only/,
      ),
    ])
    expect(asks(configWith())).toEqual([])
  })

  it('says which sources nobody asks for what never came', () => {
    const config = configWith({ endpoints: ZENDESK, rules: [ticketRule] })
    const lines = told({ config, ready: null, url: null })
    expect(lines).toContainEqual(expect.stringMatching(/^look missed: a delivery of zendesk/))
  })

  it('says of each sender that tries no second time that it doesn’t, and of no other', () => {
    const options = { secret: 'S', mode: 'test', unsigned: 'accept' } as const
    const endpoints = {
      issues: github({ secret: 'S', mode: 'test' }),
      rule: front({ secret: 'S', mode: 'test', kind: 'rule' }),
      application: front({ secret: 'S', mode: 'test' }),
      flow: salesforce({ ...options, kind: 'flow' }),
      messages: salesforce({ ...options, organizationId: '00D5g00000ACMEz' }),
      chat: intercom({ secret: 'S', mode: 'test' }),
      desk: zohodesk(options),
      crm: zohocrm(options),
      own: standard({ secret: 'S', mode: 'test' }),
    }
    const lines = told({ config: configWith({ endpoints }), ready: null, url: null })
    const named = lines.flatMap((line) => /^look missed: (\w+): /.exec(line)?.[1] ?? [])
    expect(named).toEqual(['issues', 'rule', 'flow', 'chat', 'desk', 'crm'])
    // As docs/missed-deliveries.md has it.
    const page = fs.readFileSync(path.join(ROOT, 'docs/missed-deliveries.md'), 'utf8')
    for (const { source, text } of GIVING_UP) {
      expect(page).toMatch(new RegExp(`^\\| \\[\`${source}\`\\].*\\| ${text} \\|`, 'm'))
    }
  })
})

describe('customers at the billing API', () => {
  const pages: Record<string, object> = {
    '': { success: true, data: [customer('c1', 'acme-42')], hasMore: true, nextCursor: 'n' },
    n: { success: true, data: [customer('c2', null)], hasMore: false },
  }
  function customer(id: string, externalId: string | null) {
    return {
      object: 'customer',
      livemode: false,
      id,
      externalId,
      email: 'x@acme.example',
      createdAt: '2026-01-01T00:00:00Z',
      updatedAt: '2026-01-01T00:00:00Z',
    }
  }

  it('are counted over their pages, by their external ids alone', async () => {
    const send = async (url: string | URL | Request): Promise<Response> =>
      Response.json(pages[new URL(String(url)).searchParams.get('cursor') ?? ''])
    expect(await askBilling('https://commet.co', 'ck_sandbox_1', send)).toEqual({
      url: 'https://commet.co',
      mode: 'test',
      answer: 'ok',
      customers: { looked: 2, isAll: true, externalIds: ['acme-42'] },
    })
  })

  it.each([
    [401, 'refused'],
    [503, 'none'],
  ])('answered %i are %s', async (code, answer) => {
    const body = { success: false, error: { type: 'x', code: 'x', message: 'x' } }
    const send = async () => Response.json(body, { status: code })
    const asked = await askBilling('https://commet.co', 'ck_1', send)
    expect(asked).toMatchObject({ answer, mode: 'live', customers: null })
  })
})

describe('a running Makegood', () => {
  const answers: Record<string, object> = {
    '/readyz': ready,
    '/api/v1/status': {
      data: {
        billing: status.billing,
        reconciliation: { claimsWait: false },
        audit: { state: 'sealing' },
        adjustments: { held: 0, failed: 0 },
        endpoints: [],
        refusedHosts: [],
      },
    },
    '/api/v1/switches': { data: [] },
  }

  it.each([
    ['is not paused where it says so', {}, null],
    [
      'that does not answer of a pause is not taken for one that goes on',
      { '/api/v1/switches': { error: 1 } },
      'unknown',
    ],
  ])('%s', async (_, change, paused) => {
    const all: Record<string, object> = { ...answers, ...change }
    const send = async (url: string) => Response.json(all[new URL(url).pathname])
    const asked = await askApp('https://credits.acme.example', 'ck_mg_1', send)
    expect(asked.status?.paused).toBe(paused)
  })
})

describe('the place of an address', () => {
  const root = fs.mkdtempSync(path.join(tmpdir(), 'makegood-places-'))
  fs.copyFileSync(path.join(ROOT, 'wrangler.toml'), path.join(root, 'wrangler.toml'))
  const vars = '[production.vars]\nPUBLIC_URL = "https://credits.acme.example"\n'
  fs.writeFileSync(path.join(root, 'deployment.toml'), vars)
  afterAll(() => fs.rmSync(root, { recursive: true }))

  it.each([
    ['https://credits.acme.example/x', 'production'],
    ['https://makegood.acme.workers.dev', 'production'],
    ['https://makegood-staging.acme.workers.dev', 'staging'],
    ['https://makegood-staging.acme.example', null],
    ['http://127.0.0.1:8787', null],
  ])('%s is %s', (address, place) => {
    expect(placeAt(root, address)).toBe(place)
  })

  it('is the one that is named, unless it is known to be the other', () => {
    const staging = 'https://makegood-staging.acme.workers.dev'
    expect(placeFor(root, staging, null)).toEqual({ place: 'staging', isGuess: false })
    expect(() => placeFor(root, staging, 'production')).toThrow('is of staging, and not of prod')
    const unknown = 'https://staging.acme.example'
    expect(placeFor(root, unknown, null)).toEqual({ place: 'production', isGuess: true })
    expect(placeFor(root, unknown, 'staging')).toEqual({ place: 'staging', isGuess: false })
  })
})

describe('the account', () => {
  const asked = (change: (account: FakeAccount) => void) => {
    const account = emptyAccount()
    change(account)
    return remoteMigrations(
      'production',
      wranglerOf(() => account),
    )
  }

  it('is named with what its database lacks', async () => {
    const found = await asked(
      (account) => (account.databases = { makegood: newDatabase('makegood') }),
    )
    expect(found).toMatchObject({ where: 'makegood of Acme', unknown: [] })
    expect('missing' in found && found.missing.length).toBeGreaterThan(5)
  })

  it.each<readonly [string, (account: FakeAccount) => void, RegExp]>([
    ['nobody is logged in', (account) => (account.accounts = null), /^nobody is logged in/],
    [
      'there are two',
      (account) => account.accounts?.push({ id: 'a2', name: 'Other' }),
      /^which account\?/,
    ],
    ['it is another one', () => undefined, /^makegood can't be read: Couldn't find a D1 DB/],
  ])('is a fact, and no end, where %s', async (_, change, why) => {
    expect(await asked(change)).toEqual({ why: expect.stringMatching(why) })
  })
})

describe('npm run doctor', () => {
  const checkout = copyCheckout({ 'makegood.config.ts': EXAMPLE_CONFIG })
  let app: string
  let sandboxPort: string
  beforeAll(async () => {
    const running = await checkout.start('state')
    app = running.app
    sandboxPort = new URL(running.sandbox).port
  })
  afterAll(async () => checkout.remove())

  const doctor = async (args: readonly string[], env: Record<string, string> = {}) => {
    // Whoever is logged in on this machine isn't there.
    const home = checkout.statePath('home')
    const all = { HOME: home, XDG_CONFIG_HOME: home, NO_COLOR: '1', ...env }
    const running = checkout.run(all, process.execPath, ['scripts/doctor.ts', ...args])
    const [code] = await once(running.child, 'close')
    return { code, text: running.output.text }
  }

  it('says of this checkout that nothing keeps it from working', async () => {
    const env = { MAKEGOOD_STATE: checkout.statePath('state'), SANDBOX_PORT: sandboxPort }
    const { code, text } = await doctor([], env)
    expect([code, text]).toEqual([0, expect.stringMatching(/^Nothing keeps it from working\.$/m)])
    expect(text).toMatch(/^warn +zendesk +waits for its first delivery/m)
    expect(text).toMatch(/^ok +billing API +http:\S+ answers to a sandbox key/m)
    expect(text).toMatch(/^ok +migrations +none is missing$/m)
    expect(text).toMatch(/customers at Commet have an external id$/m)
  })

  it('says it of a running one by its address, with the key of this machine or another', async () => {
    const { code, text } = await doctor(['--url', app])
    const end =
      /^Nothing that was asked keeps it from working\. Not asked: migrations, billing API\.$/m
    expect([code, text]).toEqual([2, expect.stringMatching(end)])
    expect(text).toMatch(/^warn +stripe +waits for its first delivery/m)
    expect(text).toMatch(
      /^\? +migrations +not asked: those of this machine are read without --url/m,
    )
    const other = { MAKEGOOD_KEY: 'ck_mg_another_key_than_it_has' }
    expect((await doctor(['--url', app], other)).text).toMatch(/^\? +status /m)
  })

  it('says of a pause that nothing is issued, since when and by whom, here and there', async () => {
    const headers = { 'x-api-key': 'ck_mg_local_development_only' }
    const switches = `${app}/api/v1/switches/all`
    expect((await fetch(switches, { method: 'PUT', headers })).status).toBe(200)
    const env = { MAKEGOOD_STATE: checkout.statePath('state'), SANDBOX_PORT: sandboxPort }
    const told = [await doctor(['--url', app]), await doctor([], env)]
    expect((await fetch(switches, { method: 'DELETE', headers })).status).toBe(200)
    for (const { code, text } of told) {
      expect([code, text]).toEqual([
        1,
        expect.stringMatching(
          /^BAD +paused +everything, since \d{4}-\S+Z, by operator:\w+: nothing/m,
        ),
      ])
    }
  })

  it('ends with 1 where an address answers otherwise', async () => {
    const other = createServer((_, response) => response.end('hello')).listen(0, '127.0.0.1')
    await once(other, 'listening')
    const address = other.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const { code, text } = await doctor(['--url', `http://127.0.0.1:${port}`])
    other.close()
    expect([code, text]).toEqual([
      1,
      expect.stringMatching(/^BAD +address +http:\S+ does not answer as/m),
    ])
    expect((await doctor(['--url', 'ftp://x'])).text).toMatch(/^makegood: --url ftp:/)
  })
})
