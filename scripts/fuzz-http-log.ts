// What a log line may say: codes, ids and numbers. A text is held against the form of its field, so
// that nothing of a request passes for one, and no line has the mark that every body carries.

import { ALL_SOURCES } from '../sandbox/all-sources.ts'
import { carrierHeader, type Scheme } from '../src/sources/scheme.ts'
import type { Endpoint } from '../src/sources/source.ts'

/** Stands in bodies and in no other place. Letters and digits only, so that it is never escaped. */
export const BODY_MARK = 'qzfuzzmark7'

const endpoints = Object.entries<Endpoint>(ALL_SOURCES.endpoints)

const headersOf = (scheme: Scheme): (string | null)[] =>
  scheme.kind === 'signature'
    ? [...Object.values(scheme.headers), scheme.when?.header ?? null]
    : [carrierHeader(scheme), 'authorization', ':path']

const oneOf = (texts: readonly (string | null)[]): RegExp =>
  new RegExp(`^(${texts.filter((text) => text !== null).join('|')})$`)

const CODE = /^[a-z]+(_[a-z]+)*$/
const ID = /^(evt|adj|lnk|inv)_[0-9a-z]{8,64}$/

const FORMS: Readonly<Record<string, RegExp>> = {
  // What the billing API refuses is no fault of ours; every other alarm is one here.
  event: /^(request|message|sweep|alarm\.adjustment_failed)$/,
  // The billing API's own begins `req_`.
  requestId: /^([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|req_[0-9A-Za-z]{1,64})$/,
  method: /^(GET|POST)$/,
  route: oneOf([
    '/\\*',
    '/healthz',
    '/webhooks/:endpoint/:token\\?',
    '/api/v1/events/',
    '/api/v1/events/:id',
    '/api/v1/events',
  ]),
  endpoint: oneOf(endpoints.map(([name]) => name)),
  reason: oneOf([
    'unknown_endpoint',
    'header_missing',
    'header_malformed',
    'too_many_signatures',
    'timestamp_unreadable',
    'timestamp_stale',
    'timestamp_ahead',
    'signature_mismatch',
    'secret_mismatch',
    'token_claim_wrong',
    'body_not_admitted',
  ]),
  header: oneOf(endpoints.flatMap(([, { schemes }]) => schemes.flatMap(headersOf))),
  claim: oneOf(['iss', 'aud', 'exp', 'iat', 'nbf', 'alg', 'kid', 'typ']),
  field: oneOf([
    'OrganizationId',
    'webhookTimestamp',
    'channel_id',
    'token',
    'not_utf8',
    'not_json',
    'not_xml',
    'not_an_object',
    'reader_failed',
  ]),
  // The one key that the run has: the name of a key is an operator's word, never a sender's.
  operator: /^bootstrap$/,
  queue: /^adjustments$/,
  result: CODE,
  step: CODE,
  code: CODE,
  adjustment: ID,
  invoice: ID,
}

/** What is wrong with a line; null where nothing is. */
export function lineTrouble(line: string): string | null {
  if (line.includes(BODY_MARK)) return 'it has something of a body'
  const said = lineOf(line)
  if (said === null) return 'it is no JSON object'
  for (const [field, value] of Object.entries(said)) {
    if (typeof value === 'number' || value === null) continue
    const form = FORMS[field]
    if (typeof value !== 'string' || !form?.test(value)) return `its ${field} is of no known form`
  }
  return null
}

/** What a line says; null where it is no JSON object. */
export function lineOf(line: string): Record<string, unknown> | null {
  try {
    const said: unknown = JSON.parse(line)
    return typeof said === 'object' && said !== null ? { ...said } : null
  } catch {
    return null
  }
}
