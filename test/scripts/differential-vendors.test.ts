// GitHub, HubSpot, Shopify, Linear and Paddle: generated requests, valid and mutated, through the way
// of every delivery of ours and through the vendor's own package. Stripe and Standard Webhooks stand in
// differential.test.ts.

import { Signature } from '@hubspot/api-client/lib/src/utils/signature.js'
import { LinearWebhookClient } from '@linear/sdk/webhooks'
import { verify as verifyGithub } from '@octokit/webhooks-methods'
import { Paddle } from '@paddle/paddle-node-sdk'
import '@shopify/shopify-api/adapters/web-api'
import { ApiVersion, shopifyApi } from '@shopify/shopify-api'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { github, hubspot, linear, paddle, shopify } from '../../src/sources/index.ts'
import { signaturesOf } from '../sources/sign-as.ts'
import {
  bodyText,
  differ,
  expectMeaningful,
  MUTATIONS,
  NOW_MS,
  onSignature,
  onTime,
  REQUESTS,
  SEED,
  textOf,
  type Policy,
  type Sent,
  type Vendor,
} from './differential.ts'

const options = { secret: 'A_WEBHOOK_SECRET', mode: 'test' } as const

beforeAll(() => {
  // Only the date: the vendors' verifiers read it, ours takes it as an argument.
  vi.useFakeTimers({ toFake: ['Date'], now: NOW_MS })
})
afterAll(() => {
  vi.useRealTimers()
})

const EMPTY_BODY: Policy = {
  name: 'we accept a signed empty body, and record it as unreadable',
  accepts: 'we',
  covers: ({ body }) => body.length === 0,
}

/** Throwing is refusing. */
async function holds(check: () => boolean | Promise<boolean>): Promise<boolean> {
  try {
    return await check()
  } catch {
    return false
  }
}

function githubVendor(): Vendor {
  const endpoint = github(options)
  return {
    endpoint,
    schemes: signaturesOf(endpoint),
    mutations: MUTATIONS,
    policies: [EMPTY_BODY],
    accepts: (sent, secret) =>
      holds(() =>
        verifyGithub(secret, bodyText(sent), textOf(sent.headers, 'x-hub-signature-256')),
      ),
  }
}

const sentAt = ({ headers }: Sent): string => textOf(headers, 'x-hubspot-request-timestamp')

function hubspotVendor(): Vendor {
  const endpoint = hubspot(options)
  return {
    endpoint,
    schemes: signaturesOf(endpoint),
    mutations: [
      ...MUTATIONS,
      onTime('a millisecond earlier', (time) => String(Number(time) - 1)),
      onTime('no time', () => ''),
      onTime('a word for a time', () => 'now'),
      onTime('letters behind the time', (time) => `${time}abc`),
      onTime('a fraction behind the time', (time) => `${time}.0`),
      onTime('a nought before the time', (time) => `0${time}`),
      onTime('two noughts before the time', (time) => `00${time}`),
      onTime('six noughts before the time', (time) => `000000${time}`),
      {
        name: 'another version',
        apply: ({ headers }) => headers.set('x-hubspot-signature-version', 'v9'),
      },
      {
        name: 'a v1 signature beside',
        apply: ({ headers }) => headers.set('x-hubspot-signature', 'a'.repeat(64)),
      },
    ],
    policies: [
      {
        name: 'we refuse a time that is more than 300 s ahead',
        accepts: 'the vendor',
        covers: (_, refusal) => refusal === 'timestamp_ahead',
      },
      {
        name: 'we refuse a time that is not 1 to 14 plain digits, the first no nought',
        accepts: 'the vendor',
        covers: (sent, refusal) =>
          refusal === 'timestamp_unreadable' && !/^[1-9]\d{0,13}$/.test(sentAt(sent)),
      },
    ],
    // Which version it is, and the time as a number, is left to the package's caller.
    accepts: ({ url, headers, body }, clientSecret) => {
      const isV3 = headers.has('x-hubspot-signature-v3')
      const named = headers.get('x-hubspot-signature-version') ?? ''
      return holds(() =>
        Signature.isValid({
          signatureVersion: isV3 ? 'v3' : named,
          signature: textOf(headers, isV3 ? 'x-hubspot-signature-v3' : 'x-hubspot-signature'),
          clientSecret,
          method: 'POST',
          url,
          requestBody: new TextDecoder('utf-8', { ignoreBOM: true }).decode(body),
          ...(isV3 ? { timestamp: Number(headers.get('x-hubspot-request-timestamp') ?? NaN) } : {}),
        }),
      )
    },
  }
}

const SHOPIFY_FAMILIES = ['shopify', 'x-shopify']

function shopifyVendor(): Vendor {
  const endpoint = shopify(options)
  const wanted = ['topic', 'shop-domain', 'api-version', 'webhook-id', 'event-id']
  const clients = new Map<string, ReturnType<typeof shopifyApi>>()
  const clientOf = (apiSecretKey: string) => {
    const client =
      clients.get(apiSecretKey) ??
      shopifyApi({
        apiKey: 'key',
        apiSecretKey,
        apiVersion: ApiVersion.October25,
        hostName: 'makegood.example',
        isEmbeddedApp: false,
        logger: { log: () => undefined },
      })
    clients.set(apiSecretKey, client)
    return client
  }
  const other = (name: string): string => (name.startsWith('x-') ? name.slice(2) : `x-${name}`)
  return {
    endpoint,
    schemes: signaturesOf(endpoint),
    headers: () =>
      Object.fromEntries(
        SHOPIFY_FAMILIES.flatMap((family) =>
          wanted.map((name) => [`${family}-${name}`, 'orders/x']),
        ),
      ),
    mutations: [
      ...MUTATIONS,
      {
        name: 'a bad signature in the other family',
        apply: ({ headers }, scheme) => headers.set(other(scheme.headers.signature), 'AAAA'),
      },
      {
        name: 'an empty signature in the other family',
        apply: ({ headers }, scheme) => headers.set(other(scheme.headers.signature), ''),
      },
    ],
    policies: [
      EMPTY_BODY,
      {
        name: 'we take an empty signature of Events for one',
        accepts: 'the vendor',
        covers: ({ headers }) => headers.get('shopify-hmac-sha256') === '',
      },
    ],
    accepts: async (sent, secret) => {
      const { headers } = sent
      const rawRequest = new Request(sent.url, { method: 'POST', headers })
      const rawBody = bodyText(sent)
      return holds(
        async () => (await clientOf(secret).webhooks.validate({ rawBody, rawRequest })).valid,
      )
    },
  }
}

function linearVendor(): Vendor {
  const endpoint = linear(options)
  return {
    endpoint,
    schemes: signaturesOf(endpoint),
    withTime: (body, ms) => ({ ...body, webhookTimestamp: ms }),
    mutations: MUTATIONS,
    policies: [],
    accepts: (sent, secret) =>
      holds(() => {
        const client = new LinearWebhookClient(secret)
        client.parseData(Buffer.from(sent.body), textOf(sent.headers, 'linear-signature'))
        return true
      }),
  }
}

const signed = ({ headers }: Sent): string => textOf(headers, 'paddle-signature')
const times = (sent: Sent): string[] =>
  signed(sent)
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith('ts='))
    .map((pair) => pair.slice('ts='.length))

const PADDLE_POLICIES: readonly Policy[] = [
  {
    name: 'we accept a time that is 6 to 300 s old',
    accepts: 'we',
    covers: (sent) => times(sent).every((time) => NOW_MS / 1_000 - Number(time) > 5),
  },
  {
    name: 'we refuse a time that is more than 300 s ahead',
    accepts: 'the vendor',
    covers: (_, refusal) => refusal === 'timestamp_ahead',
  },
  {
    name: 'we accept any of several signatures, not the last alone',
    accepts: 'we',
    covers: (sent) => signed(sent).split('h1=').length > 2,
  },
  {
    name: 'we accept blanks behind semicolons',
    accepts: 'we',
    covers: (sent) => /; /.test(signed(sent)),
  },
  {
    name: 'we refuse two times in one header',
    accepts: 'the vendor',
    covers: (sent, refusal) => refusal === 'header_malformed' && times(sent).length > 1,
  },
  {
    name: 'we refuse a time that is not 1 to 11 plain digits, the first no nought',
    accepts: 'the vendor',
    covers: (sent, refusal) =>
      ['timestamp_unreadable', 'header_malformed'].includes(refusal) &&
      !times(sent).every((time) => /^[1-9]\d{0,10}$/.test(time)),
  },
  {
    name: 'we refuse a blank or a comma in a value, as where the header came twice',
    accepts: 'the vendor',
    covers: (sent, refusal) => refusal === 'header_malformed' && /=[^;]*[\s,]/.test(signed(sent)),
  },
  {
    name: 'we refuse more than ten signatures',
    accepts: 'the vendor',
    covers: (_, refusal) => refusal === 'too_many_signatures',
  },
  {
    name: 'we refuse a header of more than 4,096 characters',
    accepts: 'the vendor',
    covers: (sent, refusal) => refusal === 'header_malformed' && signed(sent).length > 4_096,
  },
]

const inPaddleTime = (name: string, change: (time: string) => string) =>
  onSignature(name, (text) => text.replace(/ts=([^;]*)/, (_, time: string) => `ts=${change(time)}`))
const NOUGHTS = '0'.repeat(64)

function paddleVendor(): Vendor {
  const endpoint = paddle(options)
  const { webhooks } = new Paddle('an-api-key')
  return {
    endpoint,
    schemes: signaturesOf(endpoint),
    mutations: [
      ...MUTATIONS,
      inPaddleTime('a second earlier', (time) => String(Number(time) - 1)),
      inPaddleTime('no time', () => ''),
      inPaddleTime('a word for a time', () => 'now'),
      inPaddleTime('letters behind the time', (time) => `${time}abc`),
      inPaddleTime('a nought before the time', (time) => `0${time}`),
      onSignature('a bad signature behind', (text) => `${text};h1=${NOUGHTS}`),
      onSignature('a bad signature before', (text) => text.replace(';', `;h1=${NOUGHTS};`)),
      onSignature('eleven signatures', (text) =>
        text.replace(';', `;${`h1=${NOUGHTS};`.repeat(10)}`),
      ),
      onSignature('blanks behind the semicolons', (text) => text.replaceAll(';', '; ')),
      onSignature('the time again', (text) => `${text};${text.split(';')[0]}`),
      onSignature('the order turned round', (text) => text.split(';').toReversed().join(';')),
      onSignature('unknown pairs', (text) => `${text};x=1;flag`),
      onSignature('a long pair more', (text) => `${text};x=${'1'.repeat(5_000)}`),
    ],
    policies: PADDLE_POLICIES,
    accepts: (sent, secret) =>
      holds(() => webhooks.isSignatureValid(bodyText(sent), secret, signed(sent))),
  }
}

it.each([
  ['@octokit/webhooks-methods', githubVendor],
  ['@hubspot/api-client', hubspotVendor],
  ['@shopify/shopify-api', shopifyVendor],
  ['@linear/sdk', linearVendor],
  ['@paddle/paddle-node-sdk', paddleVendor],
])(
  `%s: ${REQUESTS} requests from seed ${SEED}, and every disagreement is a named policy`,
  { timeout: 300_000 },
  async (name, vendorOf) => {
    const vendor = vendorOf()
    const tally = await differ(vendor)
    console.info(name, 'seed', SEED, tally)
    expectMeaningful(tally, vendor.policies)
    expect(vendor.schemes.length).toBeGreaterThan(0)
  },
)
