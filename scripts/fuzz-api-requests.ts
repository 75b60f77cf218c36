// Requests of the operator's API, drawn from its description and a seed: as it says, nearly so, and hostile.

import type { ApiCall } from './fuzz-api-calls.ts'
import { brokenBody, encoded, type Random } from './fuzz-requests.ts'

export type ApiRequest = {
  readonly kind: 'valid' | 'nearly' | 'hostile'
  readonly method: string
  /** As it is described: `/api/v1/events/{id}`. */
  readonly route: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array<ArrayBuffer> | null
}

/** Of what is there, by the first letters of ids, `adj_`, or by the resource where no form of them is said: `invoices`. */
export type KnownIds = Readonly<Record<string, readonly string[]>>

/** In keys that are none: it may stand in no answer and in no log line. */
export const SECRET_MARK = 'qzsecretmark9'

/** As they stand in JSON text, where no value of a program could say them. */
const HOSTILE_JSON: readonly string[] = [
  '1e400',
  '-1e400',
  '-0',
  '9007199254740993',
  '1e-400',
  '0.1',
  '-1',
  'null',
  'true',
  '""',
  '[]',
  '{}',
  '[[[[[[[[]]]]]]]]',
  '{"":{}}',
  '"\\u0000"',
  '"a\\u0000b"',
  '"\\ud800"',
  '"\\udc00\\ud800"',
  '"\\u2028\\u202e"',
  '"__proto__"',
  '"constructor"',
  '{"__proto__":{"isAdmin":true}}',
  '{"constructor":{"prototype":{"x":1}}}',
  '{"toString":1,"valueOf":2,"toJSON":3}',
  '"\' OR 1=1 --"',
  '"%00"',
  '"../../etc/passwd"',
  '"＝１"',
  '"=cmd|\' /C calc\'!A0"',
  '"2026-02-30T25:61:61Z"',
  '"+275760-09-13T00:00:00.001Z"',
  `"${'x'.repeat(5_000)}"`,
  `${'['.repeat(500)}${']'.repeat(500)}`,
]

const HOSTILE_PARTS: readonly string[] = [
  '%00',
  '%ff',
  '%E0%A4%A',
  '..%2f..%2fetc',
  '__proto__',
  'constructor',
  'toString',
  '%F0%9F%92%A9',
  '%ED%A0%80',
  "'%20OR%201=1--",
  '-1',
  '1e400',
  '9007199254740993',
  'adj_',
  `adj_${'0'.repeat(32)}`,
  `evt_${'Z'.repeat(32)}`,
  'rec_0',
  'rec_9007199254740993',
  'bootstrap',
  '%3Cscript%3E',
  'x'.repeat(2_000),
]

const HEADERS: readonly (readonly [string, string])[] = [
  ['content-type', 'application/x-www-form-urlencoded'],
  ['content-type', 'application/json; charset=utf-16'],
  ['content-type', 'text/csv'],
  ['content-type', 'multipart/form-data; boundary='],
  ['accept', 'text/html'],
  ['accept', 'text/plain'],
  ['accept', '*/*;q=1e400'],
  ['idempotency-key', 'a b'],
  ['idempotency-key', 'x'.repeat(300)],
  ['idempotency-key', '__proto__'],
  ['x-request-id', '../../etc/passwd'],
  ['if-match', '*'],
  ['content-encoding', 'gzip'],
  ['x-http-method-override', 'DELETE'],
  ['origin', 'https://evil.example'],
  ['cookie', `session=${SECRET_MARK}`],
]

export function drawApiRequest(
  calls: readonly ApiCall[],
  { key, ids, now }: { readonly key: string; readonly ids: KnownIds; readonly now: number },
  random: Random,
): ApiRequest {
  const { pick, below } = random
  const call = pick(calls)
  const kind = pick(['valid', 'nearly', 'nearly', 'hostile'] as const)
  const isHostile = kind === 'hostile'
  const given = { ids, now, random }
  const there = ids[call.path.split('/')[3] ?? ''] ?? []
  const path = call.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    if (isHostile && below(2) === 0) return pick(HOSTILE_PARTS)
    if (there.length > 0 && below(4) !== 0) return encodeURIComponent(pick(there))
    const found = call.parameters.find((each) => each.in === 'path' && each.name === name)
    return encodeURIComponent(String(valueOf(found?.schema, given)))
  })
  const headers: Record<string, string> = { 'x-api-key': key }
  if (isHostile && below(20) === 0) headers['x-api-key'] = `ck_mg_${SECRET_MARK}`
  const body = bodyOf(call, kind, given)
  if (body !== null && call.body !== null && below(8) !== 0)
    headers['content-type'] = call.body.type
  if (isHostile && below(2) === 0) {
    const [name, value] = pick(HEADERS)
    headers[name] = value
  }
  const whole = path + queryOf(call, kind, given)
  return { kind, method: call.method, route: call.path, path: whole, headers, body }
}

type Given = { readonly ids: KnownIds; readonly now: number; readonly random: Random }

function queryOf({ parameters }: ApiCall, kind: ApiRequest['kind'], given: Given): string {
  const { pick, below } = given.random
  const parts = parameters.flatMap((each) => {
    if (each.in !== 'query' || (each.required !== true && below(3) !== 0)) return []
    const isBroken = kind !== 'valid' && below(3) === 0
    const value = isBroken
      ? pick(HOSTILE_PARTS)
      : encodeURIComponent(String(valueOf(each.schema, given)))
    const part = `${each.name}=${value}`
    return isBroken && below(4) === 0 ? [part, part] : [part]
  })
  if (kind !== 'valid' && below(4) === 0)
    parts.push(`${pick(HOSTILE_PARTS)}=${pick(HOSTILE_PARTS)}`)
  return parts.length === 0 ? '' : `?${parts.join('&')}`
}

function bodyOf({ body }: ApiCall, kind: ApiRequest['kind'], given: Given): ApiRequest['body'] {
  const { below } = given.random
  if (body === null) return null
  const isText = !body.type.includes('json')
  const example = below(3) === 0 && body.example !== undefined ? body.example : undefined
  const whole = isText
    ? String(body.example)
    : JSON.stringify(example ?? valueOf(body.schema, given))
  if (kind === 'valid') return encoded(whole)
  const text = isText ? whole : changed(whole, given.random)
  return kind === 'nearly' ? encoded(text) : brokenBody(text, given.random)
}

/** One to three of its fields: another value, a name twice, one too many, none. */
function changed(text: string, { below, pick }: Random): string {
  const raw: string[] = []
  const hidden = (): string => `\u0001${raw.push(pick(HOSTILE_JSON)) - 1}\u0001`
  const fields = Object.entries(Object(JSON.parse(text)))
  for (let left = 1 + below(3); left > 0; left--) {
    const at = below(Math.max(fields.length, 1))
    const [name, value]: [string, unknown] = fields[at] ?? ['x', null]
    const isInside = typeof value === 'object' && value !== null && !Array.isArray(value)
    switch (below(6)) {
      case 0:
        fields.splice(at, 1)
        break
      case 1:
        fields.push([pick(['__proto__', 'constructor', 'no_such_field', '', 'toJSON']), hidden()])
        break
      case 2:
        // The same name twice.
        fields.push([name, hidden()])
        break
      case 3:
        if (isInside)
          fields[at] = [name, { ...value, [pick(['no_such', 'value', 'id'])]: hidden() }]
        break
      default:
        fields[at] = [name, hidden()]
    }
  }
  const written = fields.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`)
  return `{${written.join()}}`.replaceAll(
    /"\\u0001(\d+)\\u0001"/g,
    (_, at: string) => raw[Number(at)] ?? '0',
  )
}

const SAMPLE = '0123456789abcdefghjkmnpqrstvwxyz'

/** Something that the schema takes, as far as it says. */
function valueOf(schema: unknown, given: Given): unknown {
  const { random, ids, now } = given
  const { pick, below } = random
  const said: Record<string, unknown> = Object(schema)
  const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
  if ('const' in said) return said['const']
  if (list(said['enum']).length > 0) return pick(list(said['enum']))
  if (list(said['anyOf']).length > 0) return valueOf(pick(list(said['anyOf'])), given)
  const [kind] = [said['type']].flat()
  switch (kind) {
    case 'object': {
      const required = list(said['required'])
      return Object.fromEntries(
        Object.entries(Object(said['properties']))
          .filter(([name]) => required.includes(name) || below(2) === 0)
          .map(([name, field]) => [name, valueOf(field, given)]),
      )
    }
    case 'array':
      return Array.from({ length: 1 + below(3) }, () => valueOf(said['items'], given))
    case 'integer': {
      const [min, max] = [Number(said['minimum'] ?? -30_000), Number(said['maximum'] ?? 30_000)]
      return pick([min, max, 1, 2, 3, Math.min(max, min + below(1_000))])
    }
    case 'boolean':
      return below(2) === 0
    case 'null':
      return null
    case 'string': {
      if (said['format'] === 'date-time') return new Date(now - below(40) * 3_600_000).toISOString()
      if (said['format'] === 'email') return 'jo@acme.example'
      const prefix = /^\^([a-z]{3}_)/.exec(String(said['pattern']))?.[1]
      if (prefix !== undefined) return pick([...(ids[prefix] ?? []), `${prefix}${SAMPLE}`])
      return pick([
        ...list(said['examples']).map(String),
        'usd',
        'acme-42',
        'goodwill',
        'zendesk',
        'x',
        '1',
      ])
    }
    default:
      return pick(['text', 1, null, {}, []])
  }
}
