// The log's tree and its checkpoints, worked out once more from the entries with nothing of src/: RFC 9162 over
// the lines of RFC 8785, and C2SP's signed notes.

import { createHash, createPublicKey, verify } from 'node:crypto'
import { AUDIT_PUBLIC_KEY } from '../config.ts'
import type { Books, Entry } from './books.ts'

type Checkpoint = { readonly size: number; readonly root: string; readonly note: string }
type Tile = { readonly hashes: Uint8Array }

export function* checkSealed({ world, entries }: Books): Iterable<string> {
  const { database } = world
  const [row] = database.rows<{ fault: string | null }>('SELECT fault FROM audit_sealing')
  if (row?.fault) yield `seal_fault: ${row.fault}`
  const checkpoints = database.rows<Checkpoint>('SELECT * FROM audit_checkpoints ORDER BY size')
  const sealed = checkpoints.at(-1)?.size ?? 0
  if (sealed !== entries.length) yield `sealed: ${sealed} of ${entries.length} entries`
  const leaves = entries.map(leafOf)
  const roots = rootsOf(leaves)
  for (const { size, root, note } of checkpoints) {
    if (roots[size] !== root) yield `root: of ${size} entries`
    if (!isSigned(note, size, root)) yield `checkpoint: of ${size} entries ${note}`
  }
  const tiles = database.rows<Tile>('SELECT hashes FROM audit_tiles WHERE level = 0 ORDER BY idx')
  const kept = Buffer.concat(tiles.map(({ hashes }) => hashes))
  if (!kept.equals(Buffer.concat(leaves.slice(0, sealed)))) yield 'tiles: not the entries'
}

const sha256 = (...parts: readonly Uint8Array[]): Uint8Array =>
  createHash('sha256').update(Buffer.concat(parts)).digest()

const leafOf = ({ seq, at, actor, action, subject, data }: Entry): Uint8Array =>
  sha256(Uint8Array.of(0), Buffer.from(canonical({ seq, at, actor, action, subject, data })))

/** Names in order. Numbers and texts JSON writes in the one way already. */
function canonical(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  const fields = Object.entries(value).toSorted(([left], [right]) => (left < right ? -1 : 1))
  return `{${fields.map(([name, each]) => `${JSON.stringify(name)}:${canonical(each)}`).join(',')}}`
}

type Subtree = { readonly size: number; readonly hash: Uint8Array }

/** Base64, by how many of the leaves the tree has. */
function rootsOf(leaves: readonly Uint8Array[]): string[] {
  const joined = (left: Uint8Array, right: Uint8Array): Uint8Array =>
    sha256(Uint8Array.of(1), left, right)
  const roots = [Buffer.from(sha256()).toString('base64')]
  const whole: Subtree[] = []
  for (const hash of leaves) {
    whole.push({ size: 1, hash })
    for (;;) {
      const [left, right] = whole.slice(-2)
      if (left === undefined || right === undefined || left.size !== right.size) break
      whole.splice(-2, 2, { size: 2 * left.size, hash: joined(left.hash, right.hash) })
    }
    const root = whole.map((each) => each.hash).reduceRight((right, left) => joined(left, right))
    roots.push(Buffer.from(root).toString('base64'))
  }
  return roots
}

const SPKI = Buffer.from('302a300506032b6570032100', 'hex')
const ALGORITHM_AND_ID_BYTES = { algorithm: 1, id: 4 } as const

function isSigned(note: string, size: number, root: string): boolean {
  const [name = '', , encoded = ''] = AUDIT_PUBLIC_KEY.split('+')
  const [text = '', signature = ''] = note.split('\n\n')
  const isItsText = text === `${name}\n${size}\n${root}`
  const raw = Buffer.from(encoded, 'base64').subarray(ALGORITHM_AND_ID_BYTES.algorithm)
  const key = createPublicKey({ key: Buffer.concat([SPKI, raw]), format: 'der', type: 'spki' })
  const bytes = Buffer.from(signature.replace(`— ${name} `, '').trim(), 'base64')
  const signed = bytes.subarray(ALGORITHM_AND_ID_BYTES.id)
  return isItsText && verify(null, Buffer.from(`${text}\n`), key, signed)
}
