// Intercom, Help Scout, Front, Gorgias, Pipedrive, Jira and HubSpot: the cases of their own that the table of
// all sources does not have.

import { describe, expect, it } from 'vitest'
import {
  front,
  gorgias,
  helpscout,
  hubspot,
  intercom,
  jira,
  pipedrive,
} from '../../src/sources/index.ts'
import { openDelivery } from '../../src/sources/open-delivery.ts'
import type { DeliveryFacts, Endpoint } from '../../src/sources/source.ts'
import conversationTagged from '../fixtures/front/conversation_tagged.json'
import ruleTag from '../fixtures/front/rule.tag.json'
import sync from '../fixtures/front/sync.json'
import gorgiasTicket from '../fixtures/gorgias/makegood.ticket.json'
import convoTags from '../fixtures/helpscout/convo.tags.json'
import resolved from '../fixtures/intercom/ticket.resolved.json'
import issueUpdated from '../fixtures/jira/issue_updated.json'
import dealChanged from '../fixtures/pipedrive/change.deal.json'
import { ADDRESS, signAs, signaturesOf, type Signing } from './sign-as.ts'

const NOW_MS = 1_793_000_000_000
const SECRET = 'a secret of the sender'
const signed = { secret: 'A_SECRET', mode: 'test' } as const
const unsigned = { ...signed, unsigned: 'accept' } as const

const application = front(signed)
const rule = front({ ...signed, kind: 'rule' })

const FACTS: DeliveryFacts = {
  signed: { id: null, timestamp: null },
  unsignedHeader: () => null,
}

const proved = (endpoint: Endpoint, signing: Partial<Signing>): Promise<Headers> => {
  const [scheme] = signaturesOf(endpoint)
  if (scheme === undefined) throw new Error('it does not sign')
  const by: Signing = { secret: SECRET, timestamp: String(NOW_MS), id: '', body: '', ...signing }
  return signAs(scheme, by)
}

async function open(endpoint: Endpoint, body: unknown, headers: Headers): Promise<unknown> {
  const bytes = new TextEncoder().encode(JSON.stringify(body))
  const request = { method: 'POST', url: ADDRESS, headers, body: bytes, pathToken: null }
  const opened = await openDelivery(endpoint, [SECRET, 'commet:pd-secret-0001'], request, NOW_MS)
  return opened.ok ? opened.value : opened.error
}

const text = (body: unknown): string => JSON.stringify(body)

describe('Intercom', () => {
  const endpoint = intercom(signed)

  it('a second attempt is the same notification', () => {
    const again = { ...resolved, delivery_attempts: 2, first_sent_at: 1_792_999_996 }
    expect(endpoint.source.read(again, FACTS)).toMatchObject([{ ownId: resolved.id }])
  })

  it.each([
    ['SHA-256 under its own name', 'SHA-256', 'sha256='],
    ['SHA-256 under the name of SHA-1', 'SHA-256', 'sha1='],
    ['no prefix', 'SHA-1', ''],
    ['the prefix in capitals', 'SHA-1', 'SHA1='],
  ] as const)('%s is refused', async (_, hash, prefix) => {
    const headers = await proved(endpoint, { body: text(resolved), hash })
    const signature = headers.get('x-hub-signature')?.replace('sha1=', '') ?? ''
    headers.set('x-hub-signature', prefix + signature)
    const reason = prefix === 'sha1=' ? 'signature_mismatch' : 'header_malformed'
    expect(await open(endpoint, resolved, headers)).toMatchObject({ reason })
  })

  it('of one workspace refuses what another one has sent with the same secret', async () => {
    const ours = intercom({ ...signed, workspaceId: resolved.app_id })
    const opened = async (at: Endpoint, body: object) =>
      open(at, body, await proved(at, { body: text(body) }))
    expect(await opened(ours, resolved)).toMatchObject({ events: [{ ownId: resolved.id }] })
    for (const app_id of ['z9y8x7w6', undefined, [resolved.app_id]]) {
      const foreign = { ...resolved, app_id }
      const refusal = { reason: 'body_not_admitted', field: 'app_id' }
      expect(await opened(ours, foreign)).toEqual(refusal)
      expect(await opened(endpoint, foreign)).toMatchObject({ events: [{ ownId: resolved.id }] })
    }
  })

  it('a workspace that can’t be one is a problem of the configuration', () => {
    expect(intercom({ ...signed, workspaceId: 'a1b2c3d4' }).problems).toEqual([])
    for (const workspaceId of ['', 'A1 B2']) {
      expect(intercom({ ...signed, workspaceId }).problems).toEqual([
        `workspaceId: "${workspaceId}" is not small letters and digits such as a1b2c3d4`,
      ])
    }
  })

  it('takes a 200, and may ask by HEAD whether the address is there', () => {
    expect(endpoint.source).toMatchObject({ accepted: { status: 200 }, probes: ['HEAD'] })
  })
})

describe('Help Scout', () => {
  const endpoint = helpscout(signed)

  it('a signature in hex is refused', async () => {
    const headers = await proved(endpoint, { body: text(convoTags), encoding: 'hex' })
    headers.set('x-helpscout-event', 'convo.tags')
    expect(await open(endpoint, convoTags, headers)).toEqual({ reason: 'signature_mismatch' })
  })

  it('an authenticated body whose header names no event is kept as unreadable', async () => {
    const headers = await proved(endpoint, { body: text(convoTags) })
    expect(await open(endpoint, convoTags, headers)).toMatchObject({
      events: [{ unreadable: 'no_event_type' }],
      isWhole: true,
    })
  })
})

describe('Front', () => {
  const greeted = async (challenge: string, signing: Partial<Signing> = {}) => {
    const headers = await proved(application, { body: text(sync), ...signing })
    headers.set('x-front-challenge', challenge)
    return open(application, sync, headers)
  }

  it('gets its challenge back, once the signature holds', async () => {
    expect(await greeted('c9a1-random')).toEqual({
      kind: 'handshake',
      answer: {
        status: 200,
        content: { type: 'application/json', text: '{"challenge":"c9a1-random"}' },
      },
    })
    expect(await greeted('c9a1-random', { secret: 'a guess' })).toEqual({
      reason: 'signature_mismatch',
    })
  })

  it.each(['', 'two words', 'x'.repeat(257)])('is no mirror for %j', async (challenge) => {
    expect(await greeted(challenge)).toMatchObject({ events: [{ type: 'sync' }] })
  })

  it('a challenge beside an event swallows no event', async () => {
    const headers = await proved(application, { body: text(conversationTagged) })
    headers.set('x-front-challenge', 'c9a1-random')
    expect(await open(application, conversationTagged, headers)).toMatchObject({
      events: [{ type: 'conversation_tagged' }],
    })
  })

  it('an old time is refused, however well it is signed', async () => {
    const signing = { body: text(conversationTagged), timestamp: String(NOW_MS - 301_000) }
    const headers = await proved(application, signing)
    expect(await open(application, conversationTagged, headers)).toMatchObject({
      reason: 'timestamp_stale',
    })
  })

  it('neither kind of webhook passes for the other, with or without its headers', async () => {
    const ofRule = await proved(rule, { body: text(ruleTag) })
    expect(await open(rule, ruleTag, ofRule)).toMatchObject({ events: [{ type: 'tag' }] })
    expect(await open(application, ruleTag, ofRule)).toMatchObject({ reason: 'header_missing' })
    ofRule.set('x-front-request-timestamp', String(NOW_MS))
    expect(await open(application, ruleTag, ofRule)).toEqual({ reason: 'signature_mismatch' })
    const ofApplication = await proved(application, { body: text(ruleTag) })
    expect(await open(rule, ruleTag, ofApplication)).toEqual({ reason: 'signature_mismatch' })
  })
})

describe('Gorgias', () => {
  it.each([
    ['x-webhook-secret', SECRET, undefined],
    ['x-webhook-secret', '', 'header_malformed'],
    ['x-webhook-secret', `${SECRET}x`, 'secret_mismatch'],
    ['x-gorgias-signature', SECRET, 'header_missing'],
  ])('%s: %j', async (name, value, reason) => {
    const opened = await open(gorgias(unsigned), gorgiasTicket, new Headers({ [name]: value }))
    expect(opened).toMatchObject(reason ? { reason } : { events: [{ type: 'makegood.ticket' }] })
  })

  it('a header’s name that no header can have is a problem of the configuration', () => {
    expect(gorgias({ ...unsigned, header: 'x-acme' }).problems).toEqual([])
    expect(gorgias({ ...unsigned, header: 'X Acme' }).problems).toEqual([
      'header: "X Acme" is not a header\'s name in small letters',
    ])
  })
})

describe('HubSpot', () => {
  const portalId = 24_680_135
  const ours = { portalId, subscriptionId: 9, eventId: 77, subscriptionType: 'deal.propertyChange' }
  const refusal = { reason: 'body_not_admitted', field: 'portalId' }

  it.each([
    ['its own events', [ours, { ...ours, eventId: 78 }], { events: [{}, {}] }],
    ['another portal’s event', [{ ...ours, portalId: 24_680_136 }], refusal],
    ['another portal’s event beside its own', [ours, { ...ours, portalId: 24_680_136 }], refusal],
    ['an event of no portal', [{ ...ours, portalId: undefined }], refusal],
    ['its number as a text', [{ ...ours, portalId: String(portalId) }], refusal],
    ['a workflow’s body, which may claim any portal', { portalId, kind: 'makegood.deal' }, refusal],
  ])('of one portal, and %s', async (_, body, expected) => {
    const endpoint = hubspot({ ...signed, portalId })
    const headers = await proved(endpoint, { body: text(body) })
    expect(await open(endpoint, body, headers)).toMatchObject(expected)
    expect(await open(hubspot(signed), body, headers)).toMatchObject({ kind: 'events' })
  })

  it('a portal that can’t be one is a problem of the configuration', () => {
    expect(hubspot({ ...signed, portalId }).problems).toEqual([])
    for (const wrong of [0, 1.5, Number.NaN]) {
      expect(hubspot({ ...signed, portalId: wrong }).problems).toEqual([
        `portalId: ${wrong} is not a number such as 24680135`,
      ])
    }
  })
})

describe('Pipedrive', () => {
  const endpoint = pipedrive(unsigned)
  const credentials = btoa('commet:pd-secret-0001')

  it.each([
    [`Basic ${credentials}`, undefined],
    [`Bearer ${credentials}`, 'header_malformed'],
    ['Basic commet:pd-secret-0001', 'header_malformed'],
    [`Basic ${btoa('commet')}`, 'secret_mismatch'],
    [`Basic ${btoa('commet:pd-secret-0001:')}`, 'secret_mismatch'],
  ])('%s', async (authorization, reason) => {
    const opened = await open(endpoint, dealChanged, new Headers({ authorization }))
    expect(opened).toMatchObject(reason ? { reason } : { events: [{ type: 'change.deal' }] })
  })

  it('a second attempt is the same change', () => {
    const again = { ...dealChanged, meta: { ...dealChanged.meta, attempt: 2 } }
    expect(endpoint.source.read(again, FACTS)).toMatchObject([{ ownId: dealChanged.meta.id }])
  })

  it('webhooks v1, whose `meta.id` is the deal, are unreadable', () => {
    const v1 = { v: 1, event: 'updated.deal', meta: { action: 'updated', object: 'deal', id: 812 } }
    expect(endpoint.source.read(v1, FACTS)).toEqual([{ unreadable: 'no_event_type' }])
  })
})

describe('Jira', () => {
  const endpoint = jira(signed)

  it('keeps the delivery’s identifier, and does not use it', async () => {
    const headers = await proved(endpoint, { body: text(issueUpdated) })
    headers.set('x-atlassian-webhook-identifier', 'b5e0c1d2-0000-4000-8000-000000000001')
    headers.set('x-atlassian-webhook-retry', '2')
    expect(await open(endpoint, issueUpdated, headers)).toMatchObject({
      events: [{ ownId: null, type: 'jira:issue_updated' }],
      isWhole: true,
      unsignedId: 'b5e0c1d2-0000-4000-8000-000000000001',
    })
  })

  it.each(['sha1', 'sha512', 'md5'])('the method %s is refused', async (method) => {
    const headers = await proved(endpoint, { body: text(issueUpdated) })
    const signature = headers.get('x-hub-signature') ?? ''
    headers.set('x-hub-signature', signature.replace('sha256', method))
    expect(await open(endpoint, issueUpdated, headers)).toMatchObject({
      reason: 'header_malformed',
    })
  })

  it('agrees with the example that Atlassian publishes', async () => {
    const known = 'sha256=a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9'
    const example = { secret: "It's a Secret to Everybody", body: 'Hello World!' }
    const headers = await proved(endpoint, example)
    expect(headers.get('x-hub-signature')).toBe(known)
    const request = {
      method: 'POST',
      url: ADDRESS,
      headers: new Headers({ 'x-hub-signature': known }),
      body: new TextEncoder().encode(example.body),
      pathToken: null,
    }
    expect(await openDelivery(endpoint, [example.secret], request, NOW_MS)).toMatchObject({
      ok: true,
      value: { events: [{ unreadable: 'not_json' }] },
    })
  })
})
