// What a process takes from its surroundings without asking its deps: the clock, timers, chance, fetch and
// Web Crypto. For the time of a run they are the simulator's, so the product runs as it is, and every run
// of one seed is the same.

import {
  createHmac,
  createPrivateKey,
  createPublicKey,
  hash as hashOf,
  hkdfSync,
  sign,
  timingSafeEqual,
  verify,
  type KeyObject,
} from 'node:crypto'

export type Surroundings = {
  readonly now: () => number
  readonly random: () => number
  readonly bytes: (count: number) => Uint8Array<ArrayBuffer>
  readonly fetch: typeof fetch
  /** A line of the product's log. */
  readonly log: (line: string) => void
  /** Answers what cancels it. */
  readonly timer: (run: () => void, ms: number) => () => void
}

/** Answers what puts the real ones back. */
export function takeGlobals(around: Surroundings): () => void {
  const cancels = new Map<number, () => void>()
  let timers = 0
  const restores = [
    replace(Date, 'now', around.now),
    replace(Math, 'random', around.random),
    replace(globalThis, 'fetch', around.fetch),
    replace(console, 'log', around.log),
    replace(globalThis, 'setTimeout', (run: () => void, ms = 0): number => {
      const id = (timers += 1)
      cancels.set(
        id,
        around.timer(() => {
          cancels.delete(id)
          run()
        }, ms),
      )
      return id
    }),
    replace(globalThis, 'clearTimeout', (id: number): void => {
      cancels.get(id)?.()
      cancels.delete(id)
    }),
    replace(crypto, 'randomUUID', () => uuidOf(around.bytes(16))),
    replace(crypto, 'getRandomValues', (into: Uint8Array) => {
      into.set(around.bytes(into.length))
      return into
    }),
    ...Object.entries(SUBTLE).map(([name, value]) => replace(crypto.subtle, name, value)),
  ]
  return () => restores.forEach((restore) => restore())
}

function replace(holder: object, name: string, value: unknown): () => void {
  const before = Object.getOwnPropertyDescriptor(holder, name)
  Object.defineProperty(holder, name, { configurable: true, writable: true, value })
  return () => {
    if (before === undefined) Reflect.deleteProperty(holder, name)
    else Object.defineProperty(holder, name, before)
  }
}

function uuidOf(bytes: Uint8Array): string {
  const hex = bytes.toHex()
  return [0, 8, 12, 16, 20].map((from, at, all) => hex.slice(from, all[at + 1])).join('-')
}

type Keyed = { readonly hash: string; readonly secret: Uint8Array }

const keys = new WeakMap<object, Keyed>()
const signing = new WeakMap<object, KeyObject>()

/** RFC 8410: what stands before the bytes of an Ed25519 public key. */
const SPKI = Buffer.from('302a300506032b6570032100', 'hex')

/** By format and bytes: a run has a handful, and asks for them at each tick. */
const signingKeys = new Map<string, KeyObject>()
const publicHalves = new WeakMap<KeyObject, object>()

function signingKey(format: string, bytes: Uint8Array): KeyObject {
  const name = `${format} ${bytes.toHex()}`
  const key = signingKeys.get(name) ?? readSigningKey(format, bytes)
  signingKeys.set(name, key)
  return key
}

function readSigningKey(format: string, bytes: Uint8Array): KeyObject {
  if (format === 'pkcs8') {
    return createPrivateKey({ key: Buffer.from(bytes), format: 'der', type: 'pkcs8' })
  }
  return createPublicKey({ key: Buffer.concat([SPKI, bytes]), format: 'der', type: 'spki' })
}

function publicHalf(key: KeyObject): object {
  const half = publicHalves.get(key) ?? createPublicKey(key).export({ format: 'jwk' })
  publicHalves.set(key, half)
  return half
}

/** The newest checkpoint is checked at each tick. */
const verified = new WeakMap<KeyObject, Map<string, boolean>>()
const VERIFIED_MAX = 1_000

function isSigned(key: KeyObject, given: Uint8Array, data: Uint8Array): boolean {
  const known = verified.get(key) ?? new Map<string, boolean>()
  verified.set(key, known)
  const name = `${given.toHex()} ${data.toHex()}`
  const answer = known.get(name) ?? verify(null, data, key, given)
  if (known.size >= VERIFIED_MAX) known.clear()
  known.set(name, answer)
  return answer
}

function knownSigning(key: object): KeyObject {
  const known = signing.get(key)
  if (known === undefined) throw new Error('a key that was not imported here')
  return known
}

const nodeName = (hash: string): string => hash.toLowerCase().replace('-', '')

function hashName(algorithm: unknown): string {
  if (typeof algorithm === 'string') return algorithm
  const name: unknown = Reflect.get(Object(algorithm), 'name')
  return typeof name === 'string' ? name : ''
}

function mac(key: object, data: Uint8Array): Uint8Array<ArrayBuffer> {
  const known = keys.get(key)
  if (known === undefined) throw new Error('a key that was not imported here')
  return new Uint8Array(createHmac(nodeName(known.hash), known.secret).update(data).digest())
}

/** The same answers as Web Crypto, but at once: a thread of its own would settle when it likes. */
const SUBTLE = {
  digest: async (algorithm: unknown, data: Uint8Array): Promise<ArrayBuffer> =>
    new Uint8Array(hashOf(nodeName(hashName(algorithm)), data, 'buffer')).buffer,
  importKey: async (format: string, secret: Uint8Array, algorithm: unknown): Promise<object> => {
    const key = {}
    if (hashName(algorithm) === 'Ed25519') {
      signing.set(key, signingKey(format, secret))
      return key
    }
    const hash = hashName(Reflect.get(Object(algorithm), 'hash'))
    keys.set(key, { hash, secret: Uint8Array.from(secret) })
    return key
  },
  deriveKey: async (
    {
      hash,
      salt,
      info,
    }: { readonly hash: unknown; readonly salt: Uint8Array; readonly info: Uint8Array },
    from: object,
    { hash: used, length }: { readonly hash: unknown; readonly length: number },
  ): Promise<object> => {
    const known = keys.get(from)
    if (known === undefined) throw new Error('a key that was not imported here')
    const made = hkdfSync(nodeName(hashName(hash)), known.secret, salt, info, length / 8)
    const key = {}
    keys.set(key, { hash: hashName(used), secret: new Uint8Array(made) })
    return key
  },
  /** Of a private key, as the product asks for it: its public half. */
  exportKey: async (_: 'jwk', key: object): Promise<object> => publicHalf(knownSigning(key)),
  sign: async (algorithm: unknown, key: object, data: Uint8Array): Promise<ArrayBuffer> =>
    hashName(algorithm) === 'Ed25519'
      ? new Uint8Array(sign(null, data, knownSigning(key))).buffer
      : mac(key, data).buffer,
  verify: async (algorithm: unknown, key: object, given: Uint8Array, data: Uint8Array) => {
    if (hashName(algorithm) === 'Ed25519') return isSigned(knownSigning(key), given, data)
    const expected = mac(key, data)
    return expected.length === given.length && timingSafeEqual(expected, given)
  },
}
