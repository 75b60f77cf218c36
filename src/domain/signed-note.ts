// Signed notes and checkpoints in the C2SP formats (signed-note, tlog-checkpoint; Ed25519), so that other programs
// can check them. Keys are written as Go's sumdb/note writes them:
//   public  <name>+<id>+<base64 of 0x01 and the key>      private  PRIVATE+KEY+<name>+<id>+<base64 of 0x01 and the seed>

import { sha256 } from '@noble/hashes/sha2.js'

const ED25519 = 1
const KEY_BYTES = 32
const ID_BYTES = 4
const PRIVATE = 'PRIVATE+KEY+'
/** RFC 8410: what stands before the seed of an Ed25519 key in PKCS #8. */
const PKCS8 = Uint8Array.fromHex('302e020100300506032b657004220420')

export type Bytes = Uint8Array<ArrayBuffer>
export type PublicKey = { readonly name: string; readonly id: string; readonly bytes: Bytes }
export type SigningKey = { readonly name: string; readonly seed: Bytes }
/** As it was written down: whether the id is its own only `publicKeyOf` tells. */
export type NamedKey = SigningKey & { readonly id: string }

/** A log of `size` entries whose tree has this root. `origin` says which log. */
export type Checkpoint = {
  readonly origin: string
  readonly size: number
  readonly root: Uint8Array
}

const encoder = new TextEncoder()

/** A name has no blanks and no plus sign (signed-note). */
export const isKeyName = (name: string): boolean => /^[^\s+]+$/u.test(name)

function keyId(name: string, key: Uint8Array): string {
  const head = encoder.encode(`${name}\n`)
  const bytes = new Uint8Array([...head, ED25519, ...key])
  return sha256(bytes).slice(0, ID_BYTES).toHex()
}

const encodedKey = (bytes: Uint8Array): string => new Uint8Array([ED25519, ...bytes]).toBase64()

/** Null where it isn't of that form, or its id is another key's. */
export function readPublicKey(text: string): PublicKey | null {
  const [, name = '', id = '', encoded = ''] = /^([^\s+]+)\+([0-9a-f]{8})\+(\S+)$/u.exec(text) ?? []
  const bytes = decodedKey(encoded)
  return bytes && keyId(name, bytes) === id ? { name, id, bytes } : null
}

export const writePublicKey = ({ name, id, bytes }: PublicKey): string =>
  `${name}+${id}+${encodedKey(bytes)}`

/** Null where it isn't of that form. */
export function readSigningKey(text: string): NamedKey | null {
  if (!text.startsWith(PRIVATE)) return null
  const [name = '', id = '', ...rest] = text.slice(PRIVATE.length).split('+')
  const seed = decodedKey(rest.join('+'))
  return seed && isKeyName(name) ? { name, id, seed } : null
}

export async function writeSigningKey(key: SigningKey): Promise<string> {
  const { id } = await publicKeyOf(key)
  return `${PRIVATE}${key.name}+${id}+${encodedKey(key.seed)}`
}

function decodedKey(text: string): Bytes | null {
  const bytes = decoded(text)
  return bytes?.length === KEY_BYTES + 1 && bytes[0] === ED25519 ? bytes.slice(1) : null
}

/** Only what `toBase64` would write: one key and one hash have one text. */
export function decoded(text: string): Bytes | null {
  try {
    const bytes = Uint8Array.fromBase64(text)
    return bytes.toBase64() === text ? bytes : null
  } catch {
    return null
  }
}

const importSeed = (seed: Bytes): Promise<CryptoKey> =>
  crypto.subtle.importKey('pkcs8', new Uint8Array([...PKCS8, ...seed]), 'Ed25519', true, ['sign'])

export async function publicKeyOf({ name, seed }: SigningKey): Promise<PublicKey> {
  const jwk = await crypto.subtle.exportKey('jwk', await importSeed(seed))
  const text = 'x' in jwk && typeof jwk.x === 'string' ? jwk.x : ''
  const bytes = Uint8Array.fromBase64(text, { alphabet: 'base64url' })
  return { name, id: keyId(name, bytes), bytes }
}

export const checkpointText = ({ origin, size, root }: Checkpoint): string =>
  `${origin}\n${size}\n${root.toBase64()}\n`

/** Signed with each of the keys: who knows one of them can check it. */
export async function signCheckpoint(
  checkpoint: Checkpoint,
  keys: readonly SigningKey[],
): Promise<string> {
  const text = checkpointText(checkpoint)
  const lines = await Promise.all(
    keys.map(async (key) => {
      const { id } = await publicKeyOf(key)
      const imported = await importSeed(key.seed)
      const signature = await crypto.subtle.sign('Ed25519', imported, encoder.encode(text))
      const bytes = new Uint8Array([...Uint8Array.fromHex(id), ...new Uint8Array(signature)])
      return `— ${key.name} ${bytes.toBase64()}\n`
    }),
  )
  return `${text}\n${lines.join('')}`
}

export type NoteTrouble = 'not_a_checkpoint' | 'signed_by_others' | 'signature_wrong'

/**
 * What a note says, where one of the keys has signed it. A signature that claims to be of one of the keys and isn't
 * spoils the note, whatever else stands there.
 */
export async function openCheckpoint(
  note: string,
  keys: readonly PublicKey[],
): Promise<Checkpoint | NoteTrouble> {
  const read = readCheckpoint(note)
  if (read === null) return 'not_a_checkpoint'
  let isSigned = false
  for (const { name, id, signature } of read.signatures) {
    const key = keys.find((each) => each.name === name && each.id === id)
    if (!key) continue
    const imported = await crypto.subtle.importKey('raw', key.bytes, 'Ed25519', false, ['verify'])
    const bytes = encoder.encode(read.text)
    if (!(await crypto.subtle.verify('Ed25519', imported, signature, bytes))) {
      return 'signature_wrong'
    }
    isSigned = true
  }
  return isSigned ? read.checkpoint : 'signed_by_others'
}

/** The parts of a note that nobody has checked yet; null where it isn't a signed checkpoint. */
export function readCheckpoint(note: string) {
  const end = note.lastIndexOf('\n\n')
  const text = note.slice(0, end + 1)
  const body = /^([^\n]+)\n(0|[1-9]\d{0,14})\n([^\n]+)\n(?:[^\n]+\n)*$/.exec(text)
  const root = decoded(body?.[3] ?? '')
  const lines = note.slice(end + 2).split('\n')
  if (end < 0 || !body || root?.length !== KEY_BYTES || lines.pop() !== '') return null
  const signatures = lines.map(readSignature)
  if (!signatures.every((each) => each !== null) || signatures.length === 0) return null
  const [, origin = '', size = ''] = body
  return { text, checkpoint: { origin, size: Number(size), root }, signatures }
}

function readSignature(line: string) {
  const [, name = '', encoded = ''] = /^— ([^\s+]+) (\S+)$/u.exec(line) ?? []
  const bytes = decoded(encoded)
  if (!bytes || bytes.length <= ID_BYTES) return null
  return { name, id: bytes.slice(0, ID_BYTES).toHex(), signature: bytes.slice(ID_BYTES) }
}
