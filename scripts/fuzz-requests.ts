// Requests that no sender would make, drawn from a seed: bodies and headers of real deliveries, broken
// in every way that we know of. The same seed draws the same requests.

import type { Vector } from './run-vector.ts'

export type Random = {
  /** 0 ≤ x < 1. */
  readonly next: () => number
  /** 0 ≤ n < below. */
  readonly below: (below: number) => number
  readonly pick: <T>(from: readonly T[]) => T
}

/** Mulberry32: small, fast, and the same everywhere. */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  const below = (limit: number): number => Math.floor(next() * limit)
  const pick = <T>(from: readonly T[]): T => {
    const one = from[below(from.length)]
    if (one === undefined) throw new Error('nothing to pick from')
    return one
  }
  return { next, below, pick }
}

const DEPTH_MAX = 100_000
const KEYS_MAX = 1_000_000

/** What stands in place of a value of the body. */
const VALUES: readonly string[] = String.raw`
  1e400 -1e400 -0 1e-400 9007199254740993 0.1 1792999996 253402300800 NaN undefined null true
  "" "\u0020" [] {} [[]] {"":{}} "\u0000" "\ud800" "\udc00\ud800" "\u2028\u202e" "__proto__"
  {"__proto__":{"type":"x"}} {"constructor":{"prototype":{}}} {"toString":1,"valueOf":2}
  {"toJSON":1} "2026-02-30T25:61:61Z" "+275760-09-13T00:00:00.001Z" "１７９３"`
  .trim()
  .split(/\s+/)

const RARE: readonly ((random: Random) => string)[] = [
  ({ below, pick }) => pick(['[', '{"a":', '[{"type":']).repeat(below(DEPTH_MAX)),
  ({ below }) => {
    const depth = below(DEPTH_MAX)
    return '['.repeat(depth) + ']'.repeat(depth)
  },
  ({ below }) => {
    const depth = below(DEPTH_MAX)
    return `${'{"data":'.repeat(depth)}1${'}'.repeat(depth)}`
  },
  ({ below }) => `[${Array.from({ length: below(2_000) }, (_, n) => `{"id":${n}}`).join()}]`,
]

/** So seldom that a run of some thousands meets it a few times. */
const manyKeys = ({ below }: Random): string => {
  const count = below(KEYS_MAX)
  return `{"type":"x",${Array.from({ length: count }, (_, n) => `"${n.toString(36)}":0`).join()}}`
}

const ONCE_IN_RARE = 400
const ONCE_IN_MANY_KEYS = 20_000

const encoder = new TextEncoder()
/** Of a buffer of their own, whatever the platform’s types say. */
export const encoded = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(encoder.encode(text))

export function brokenBody(body: string, random: Random): Uint8Array<ArrayBuffer> {
  const { below, pick } = random
  if (below(ONCE_IN_MANY_KEYS) === 0) return encoded(manyKeys(random))
  if (below(ONCE_IN_RARE) === 0) return encoded(pick(RARE)(random))
  let text = body
  for (let left = 1 + below(3); left > 0; left -= 1) text = pick(TEXT_MUTATIONS)(text, random)
  const bytes = encoded(text)
  return below(4) === 0 ? pick(BYTE_MUTATIONS)(bytes, random) : bytes
}

const TEXT_MUTATIONS: readonly ((text: string, random: Random) => string)[] = [
  (text, { below }) => text.slice(0, below(text.length + 1)),
  (text, { below }) => text.slice(below(text.length + 1)),
  (text) => `[${text},${text}]`,
  (text) => `[${text}]`,
  (text) => `\ufeff${text}`,
  (text) => text + text,
  (text, { pick }) => text.replace('{', `{"__proto__":${pick(VALUES)},`),
  // A key twice: the second wins, whatever it is.
  (text, { pick }) => text.replace(/("[^"]+"):/, `$1:${pick(VALUES)},$1:`),
  (text, { pick, below }) => {
    const values = [...text.matchAll(/:("[^"]*"|[-\d.]+|true|false|null)/g)]
    const value = values[below(Math.max(values.length, 1))]
    if (!value) return pick(VALUES)
    return `${text.slice(0, value.index)}:${pick(VALUES)}${text.slice(value.index + value[0].length)}`
  },
  (text, { below }) => {
    const at = below(text.length + 1)
    return text.slice(0, at) + String.fromCharCode(below(0x1_0000)) + text.slice(at + 1)
  },
  (_, { pick }) => pick(VALUES),
]

const BYTE_MUTATIONS: readonly ((
  bytes: Uint8Array<ArrayBuffer>,
  random: Random,
) => Uint8Array<ArrayBuffer>)[] = [
  (bytes, { below }) => bytes.map((byte) => (below(64) === 0 ? below(256) : byte)),
  (bytes) => Uint8Array.of(...bytes.subarray(0, 64), 0, 0xff, 0xfe, 0xc0, 0x80),
  (_, { below }) => Uint8Array.from({ length: below(200) }, () => below(256)),
  () => new Uint8Array(0),
  // UTF-16, as a sender that knows no better would write it.
  (bytes) => Uint8Array.from([...bytes].flatMap((byte) => [byte, 0])),
]

const HEADER_MUTATIONS: readonly ((value: string, random: Random) => string)[] = [
  () => '',
  (value, { below }) => value.slice(0, below(value.length + 1)),
  (value) => `${value}, ${value}`,
  (value) => `${value},${value};${value} ${value}`,
  (value) => value.replace(/[a-z]/g, (letter) => letter.toUpperCase()),
  (value) => value.padEnd(5_000, 'A'),
  (value) => value.replaceAll('=', ''),
  (value) => `${value}=`,
  (value) => `v1,${'A'.repeat(43)}= `.repeat(20) + value,
  (value, { below }) => value.replace(/\d+/, (digits) => `${digits}${below(10)}`),
  (_, { pick }) => pick(['NaN', '-1', '0', '1e9', 'Infinity', '9'.repeat(14), '9'.repeat(400)]),
  (_, { below }) =>
    Array.from({ length: below(60) }, () => String.fromCharCode(0x21 + below(0xde))).join(''),
  (_, { pick }) => pick(['t=1,t=2,v1=', 't==,v1==', 'v1,', 'sha256=', 'Basic ', 'Bearer  x', '..']),
]

export function brokenHeaders(vector: Pick<Vector, 'headers'>, random: Random): Headers {
  const { below, pick } = random
  const headers = new Headers(vector.headers)
  const names = Object.keys(vector.headers)
  for (let left = below(3); left > 0; left -= 1) {
    const name = pick(names)
    if (below(6) === 0) headers.delete(name)
    else headers.set(name, pick(HEADER_MUTATIONS)(headers.get(name) ?? '', random))
  }
  return headers
}
