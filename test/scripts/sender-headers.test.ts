// The type that a sample's name stands for, written into the header as its sender writes it.

import { expect, it } from 'vitest'
import { senderHeaders } from '../../scripts/sender-headers.ts'
import { github, helpscout, shopify } from '../../src/sources/index.ts'

const signed = { secret: 'A_SECRET', mode: 'test' } as const
const proving = { 'shopify-hmac-sha256': 'a signature' }

it.each([
  [shopify(signed), 'refunds.create', {}, { 'shopify-topic': 'refunds/create', ...proving }],
  [helpscout(signed), 'convo.tags', {}, { 'x-helpscout-event': 'convo.tags' }],
  [github(signed), 'issues.labeled', { action: 'labeled' }, { 'x-github-event': 'issues' }],
])('$source.name is sent %s', (endpoint, event, body, headers) => {
  const facts = { id: null, timestamp: null }
  expect(senderHeaders(endpoint, event, body, facts, proving)).toMatchObject(headers)
})
