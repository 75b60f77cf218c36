// Every way in which a configuration can be wrong, and what its author reads.

import { describe, expect, it } from 'vitest'
import { defineConfig, type ConfigInput } from '../src/config.ts'
import { usd } from '../src/domain/money.ts'
import { creditRequested } from '../src/rules/credit-requested.ts'
import { stripeRefundRecord } from '../src/rules/stripe-refund-record.ts'
import { zendeskTicketCredit } from '../src/rules/zendesk-ticket-credit.ts'
import { secretList } from '../src/sources/secret-list.ts'
import { freshdesk, front, hubspot, standard, stripe, zendesk } from '../src/sources/index.ts'

const GOOD: ConfigInput = {
  currency: 'usd',
  timeZone: 'Europe/Berlin',
  endpoints: {
    stripe: stripe({ secret: 'STRIPE_WEBHOOK_SECRET' }),
    'zendesk-eu': zendesk({ secret: 'ZENDESK_WEBHOOK_SECRET', mode: 'live', account: 'zendesk' }),
    standard: standard({ secret: 'STANDARD_WEBHOOK_SECRET', mode: 'test' }),
  },
  rules: [
    zendeskTicketCredit({ requestTag: 'credit_requested', amounts: { credit_10: usd(10) } }),
    stripeRefundRecord(),
    creditRequested(),
  ],
}

/** What its author reads, line by line; empty where it starts. `any`: no compiler stops him. */
function problems(changed: any): string[] {
  try {
    defineConfig({ ...GOOD, ...changed })
    return []
  } catch (error) {
    expect(error).toBeInstanceOf(Error)
    const [first, ...lines] = (error as Error).message.split('\n')
    expect(first).toBe('makegood.config.ts:')
    return lines.map((line) => line.trim())
  }
}

describe('a good configuration', () => {
  it('starts, with links that live for 400 days and lead to Commet only', () => {
    const config = defineConfig(GOOD)
    expect(config).toMatchObject({ currency: 'usd', timeZone: 'Europe/Berlin' })
    expect([...config.endpoints.keys()]).toEqual(['stripe', 'zendesk-eu', 'standard'])
    expect(config.endpoints.get('zendesk-eu')).toMatchObject({ mode: 'live', account: 'zendesk' })
    expect(config.endpoints.get('stripe')).toMatchObject({ mode: null, account: null })
    expect(config.rules).toBe(GOOD.rules)
    for (const make of [stripe, zendesk, standard]) {
      expect(make({ secret: 'A', account: 'shop', mode: 'live' })).toMatchObject({
        account: 'shop',
      })
      expect(make({ secret: 'A', mode: 'live' })).toMatchObject({ secret: 'A', account: null })
    }
    expect(config.links).toEqual({
      expireAfterDays: 400,
      hosts: ['commet.co'],
      path: '/i',
      origin: null,
    })
  })

  it('keeps Commet among the hosts that its author lists', () => {
    const links = {
      expireAfterDays: 1,
      hosts: ['files.example.com'],
      path: '/documents',
      origin: 'https://docs.example.com',
    }
    expect(defineConfig({ ...GOOD, links }).links).toEqual({
      ...links,
      hosts: ['commet.co', 'files.example.com'],
    })
  })
})

describe('a wrong configuration does not start', () => {
  const NO_CODE = 'is not a lower-case ISO 4217 code'
  const NAME = 'a name is a part of the address: small letters, digits, hyphens'
  const named = (name: string) => ({
    endpoints: { ...GOOD.endpoints, [name]: stripe({ secret: 'A' }) },
  })
  const withSecret = (secret: string) => ({
    endpoints: { ...GOOD.endpoints, stripe: stripe({ secret }) },
  })
  const SECRET_WANTED =
    'endpoints.stripe.secret: the name of a secret is wanted, such as STRIPE_WEBHOOK_SECRET'

  it.each<[string, object, string[]]>([
    ['currency in capitals', { currency: 'USD' }, [`currency: USD ${NO_CODE}`]],
    ['currency unknown', { currency: 'dollars' }, [`currency: dollars ${NO_CODE}`]],
    ['currency empty', { currency: '' }, [`currency:  ${NO_CODE}`]],
    ['currency missing', { currency: undefined }, [`currency: undefined ${NO_CODE}`]],
    [
      'currency without decimals',
      { currency: 'jpy' },
      ['currency: jpy has 0 decimals; only currencies with two can be billed yet'],
    ],
    [
      'currency with three decimals',
      { currency: 'kwd' },
      ['currency: kwd has 3 decimals; only currencies with two can be billed yet'],
    ],
    [
      'time zone unknown',
      { timeZone: 'Berlin' },
      ['timeZone: Berlin is not an IANA time zone such as Europe/Berlin'],
    ],
    [
      'time zone empty',
      { timeZone: '' },
      ['timeZone:  is not an IANA time zone such as Europe/Berlin'],
    ],
    [
      'time zone missing',
      { timeZone: undefined },
      ['timeZone: undefined is not an IANA time zone such as Europe/Berlin'],
    ],
    [
      'time zone as an offset',
      { timeZone: '+02:00' },
      ['timeZone: +02:00 is not an IANA time zone such as Europe/Berlin'],
    ],
    ['endpoint in capitals', named('Stripe'), [`endpoints.Stripe: ${NAME}`]],
    ['endpoint with a slash', named('a/b'), [`endpoints.a/b: ${NAME}`]],
    ['endpoint that begins with a digit', named('1a'), [`endpoints.1a: ${NAME}`]],
    ['endpoint without a name', named(''), [`endpoints.: ${NAME}`]],
    ['endpoint of 64 characters', named('a'.repeat(64)), [`endpoints.${'a'.repeat(64)}: ${NAME}`]],
    ['secret missing', withSecret(''), [SECRET_WANTED]],
    ['secret in small letters', withSecret('stripe_secret'), [SECRET_WANTED]],
    [
      'mode missing',
      {
        endpoints: {
          ...GOOD.endpoints,
          zen: { ...zendesk({ secret: 'A', mode: 'test' }), mode: null },
        },
      },
      ["endpoints.zen.mode: zendesk doesn't say if it is live: 'live' or 'test'"],
    ],
    [
      'mode left out of the call',
      { endpoints: { ...GOOD.endpoints, own: standard({ secret: 'A' } as any) } },
      ["endpoints.own.mode: standard doesn't say if it is live: 'live' or 'test'"],
    ],
    [
      'mode misspelt',
      { endpoints: { ...GOOD.endpoints, own: standard({ secret: 'A', mode: 'prod' as any }) } },
      ["endpoints.own.mode: standard doesn't say if it is live: 'live' or 'test'"],
    ],
    [
      'two rules with one id',
      { rules: [...GOOD.rules, stripeRefundRecord()] },
      ['rules[3].id: there are two rules with the id stripe-refund-record'],
    ],
    [
      'rule with an id that is none',
      { rules: [{ ...creditRequested(), id: 'My rule' }] },
      ['rules[0].id: "My rule" must be small letters, digits, hyphens'],
    ],
    [
      'rule whose source no endpoint receives',
      {
        endpoints: { stripe: stripe({ secret: 'A' }) },
        rules: [stripeRefundRecord(), creditRequested()],
      },
      ['rules[1]: credit-requested reads standard, which no endpoint receives'],
    ],
    [
      'setting unknown',
      { limit: 5 },
      [
        'limit: there is no such setting; known are currency, timeZone, endpoints, rules, reasons, limits, links, notices, findMissed, texts, redact, retention, access',
      ],
    ],
    [
      'text of a notice with an unknown field',
      { texts: { issued: ['{ammount}', 'PDF: {link}', ''] } },
      [
        'texts.issued[0]: {ammount} is not known; known are {word}, {amount}, {customer}, {invoice}, {link}',
        'texts.issued[2]: a text on one line is wanted, of 1 to 500 characters',
      ],
    ],
    ['texts that are a list', { texts: [] }, ['texts: settings in braces are wanted']],
    [
      'setting of links unknown',
      { links: { expireDays: 5 } },
      [
        'links.expireDays: there is no such setting; known are expireAfterDays, hosts, path, origin',
      ],
    ],
    ...[0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '400', 3_651, 1e300].map(
      (days): [string, object, string[]] => [
        `links that live for ${JSON.stringify(days)} days`,
        { links: { expireAfterDays: days } },
        [`links.expireAfterDays: ${days} is not a whole number of days from 1 to 3650`],
      ],
    ),
    ...[
      'https://files.example.com',
      'files.example.com/',
      'FILES.example.com',
      '*.example.com',
      'com',
      '',
      'a b.example',
      'files.example.com:8443',
    ].map((host): [string, object, string[]] => [
      `link host "${host}"`,
      { links: { hosts: [host] } },
      [`links.hosts: ${host} is not a host name such as files.example.com`],
    ]),
    ...['i', '/', '/a/b', '/A', '/i?', '/api', '/webhooks', '/docs', `/${'x'.repeat(33)}`].map(
      (path): [string, object, string[]] => [
        `links at the path "${path}"`,
        { links: { path } },
        [`links.path: ${path} is not a path of one free name, such as /i or /documents`],
      ],
    ),
    ...[
      'docs.example.com',
      'http://docs.example.com',
      'https://docs.example.com/',
      'https://docs.example.com/i',
      'https://me@docs.example.com',
      '',
    ].map((origin): [string, object, string[]] => [
      `links at the origin "${origin}"`,
      { links: { origin } },
      [`links.origin: ${origin} is not an origin such as https://docs.example.com`],
    ]),
  ])('%s', (_, changed, lines) => {
    expect(problems(changed)).toEqual(lines)
  })

  const withEndpoints = (endpoints: object) => problems({ endpoints, rules: [] })

  it('an account with live and test endpoints', () => {
    const both = {
      acme: zendesk({ secret: 'A', mode: 'live' }),
      'acme-test': zendesk({ secret: 'B', mode: 'test', account: 'acme' }),
    }
    expect(withEndpoints(both)).toEqual([
      'endpoints: the account acme has live and test endpoints (acme and acme-test); give each its own',
    ])
    expect(withEndpoints({ ...both, 'acme-test': zendesk({ secret: 'B', mode: 'test' }) })).toEqual(
      [],
    )
  })

  it('an account of different sources, in which a weak one could take a strong one’s ids', () => {
    const account = 'acme'
    const weak = freshdesk({ secret: 'B', mode: 'live', unsigned: 'accept', account })
    const wrong = (names: string) => [
      `endpoints: the account acme has different sources (${names}); give each its own`,
    ]
    expect(withEndpoints({ strong: stripe({ secret: 'A', account }), weak })).toEqual(
      wrong('strong and weak'),
    )
    expect(withEndpoints({ weak, acme: stripe({ secret: 'A' }) })).toEqual(wrong('weak and acme'))
    expect(
      withEndpoints({
        application: front({ secret: 'A', mode: 'live', account }),
        rule: front({ secret: 'B', mode: 'live', kind: 'rule', account }),
      }),
    ).toEqual([])
  })

  it('a secret of live and test endpoints', () => {
    const live = zendesk({ secret: 'A', mode: 'live' })
    const test = hubspot({ secret: 'A', mode: 'test' })
    const lines = [
      'endpoints: one and two have one secret, but are live and test; give each its own',
    ]
    expect(withEndpoints({ one: live, two: test })).toEqual(lines)
    expect(withEndpoints({ one: test, two: live })).toEqual(lines)
    expect(withEndpoints({ one: live, two: { ...test, secret: 'B' } })).toEqual([])
    expect(withEndpoints({ one: live, two: hubspot({ secret: 'A', mode: 'live' }) })).toEqual([])
    expect(withEndpoints({ one: stripe({ secret: 'A' }), two: test })).toEqual([])
  })

  it('never repeats a secret that stands where its name belongs', () => {
    for (const secret of [
      'whsec_5RsampleStripeEndpointSecret0001',
      'dGVzdC16ZW5kZXNr',
      'sk_live_1',
    ]) {
      const lines = problems(withSecret(secret))
      expect(lines).toEqual([SECRET_WANTED])
      expect(lines.join()).not.toContain(secret)
    }
  })

  it('says everything that is wrong at once', () => {
    expect(
      problems({
        currency: 'USD',
        timeZone: 'x',
        limit: 1,
        links: { expireAfterDays: 0 },
        endpoints: {},
      }),
    ).toHaveLength(4 + GOOD.rules.length)
  })
})

describe('the secrets of an environment', () => {
  it.each<[string | undefined, string[]]>([
    [undefined, []],
    ['', []],
    [' , ,', []],
    ['current', ['current']],
    ['current,previous', ['current', 'previous']],
    [' current , previous ,', ['current', 'previous']],
    ['1,2,3,4,5,6', ['1', '2', '3', '4']],
  ])('%o are %o, the current one first', (value, secrets) => {
    expect(secretList(value)).toEqual(secrets)
  })
})

describe('access', () => {
  const tag = 'a'.repeat(64)
  const good = { team: 'acme', audience: tag, roles: { 'ann@acme.example': ['read', 'approve'] } }

  it('is off where nothing is said, and else knows where its keys are and who may do what', () => {
    expect(defineConfig(GOOD).access).toBeNull()
    const access = { ...good, roles: { 'Ann@ACME.example': ['read'], '*@acme.example': ['read'] } }
    expect(problems({ access })).toEqual([])
    expect(problems({ access: { ...good, audience: [tag, 'b'.repeat(64)] } })).toEqual([])
    const { access: made } = defineConfig({
      ...GOOD,
      access: {
        ...good,
        roles: {
          'Ann@ACME.example': ['read'],
        },
      },
    })
    expect(made).toMatchObject({
      issuer: 'https://acme.cloudflareaccess.com',
      audiences: [tag],
      keysAddress: 'https://acme.cloudflareaccess.com/cdn-cgi/access/certs',
    })
    expect([...(made?.roles ?? [])]).toEqual([['ann@acme.example', ['read']]])
  })

  it.each<[string, unknown, string]>([
    ['nothing in braces', 'acme', 'access: settings in braces are wanted'],
    ['null', null, 'access: settings in braces are wanted'],
    ['a misspelt setting', { ...good, rolles: {} }, 'access.rolles: there is no such setting'],
    [
      'the whole address of the team',
      { ...good, team: 'acme.cloudflareaccess.com' },
      'access.team: ',
    ],
    ['a path in the team', { ...good, team: 'evil.example/' }, 'access.team: '],
    ['no team', { ...good, team: undefined }, 'access.team: '],
    ['a name for a tag', { ...good, audience: 'makegood' }, 'access.audience: '],
    ['no tag', { ...good, audience: [] }, 'access.audience: '],
    ['five tags', { ...good, audience: Array(5).fill(tag) }, 'access.audience: '],
    ['no roles', { ...good, roles: undefined }, 'access.roles: scopes by e-mail are wanted'],
    ['nobody', { ...good, roles: {} }, 'access.roles: nobody is named'],
    ['a list', { ...good, roles: ['ann@acme.example'] }, 'access.roles: scopes by e-mail'],
    [
      'one twice',
      { ...good, roles: { 'a@b.example': ['read'], 'A@b.example': ['read'] } },
      'access.roles: an e-mail is there twice',
    ],
    ['everybody', { ...good, roles: { '*': ['read'] } }, 'access.roles: * is neither an e-mail'],
    [
      'a part of a name',
      { ...good, roles: { 'a*@b.example': ['read'] } },
      'access.roles: a*@b.example is neither',
    ],
    [
      'any domain',
      { ...good, roles: { '*@*.example': ['read'] } },
      'access.roles: *@*.example is neither',
    ],
    [
      'a role that is none',
      { ...good, roles: { 'a@b.example': ['owner'] } },
      'access.roles.a@b.example: a list of',
    ],
    ['no scope', { ...good, roles: { 'a@b.example': [] } }, 'access.roles.a@b.example: a list of'],
    [
      'a scope twice',
      { ...good, roles: { 'a@b.example': ['read', 'read'] } },
      'access.roles.a@b.example: a list of',
    ],
    [
      'too many',
      {
        ...good,
        roles: Object.fromEntries(
          Array.from({ length: 501 }, (_, n) => [`a${n}@b.example`, ['read']]),
        ),
      },
      'access.roles: more than 500',
    ],
  ])('%s is refused', (_, access, problem) => {
    const found = problems({ access })
    expect(found).toHaveLength(1)
    expect(found[0]).toContain(problem)
  })
})
