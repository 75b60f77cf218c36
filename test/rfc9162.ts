// The tree, its proofs and signed checkpoints once more, for the tests: written from RFC 9162 (2.1) and from C2SP's
// signed-note and tlog-checkpoint, recursively and over Web Crypto. Nothing of src/ is used.

type Bytes = Uint8Array<ArrayBuffer>

const concat = (...parts: readonly Uint8Array[]): Bytes => {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}

const sha256 = async (bytes: Bytes): Promise<Bytes> =>
  new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))

export const leafOf = (line: string): Promise<Bytes> =>
  sha256(concat(Uint8Array.of(0), new TextEncoder().encode(line)))

const node = (left: Uint8Array, right: Uint8Array): Promise<Bytes> =>
  sha256(concat(Uint8Array.of(1), left, right))

/** The largest power of two smaller than n. */
const k = (n: number): number => {
  let power = 1
  while (power * 2 < n) power *= 2
  return power
}

/** MTH(D[n]), over hashes of leaves. */
export async function treeHead(leaves: readonly Uint8Array[]): Promise<Uint8Array> {
  const [first] = leaves
  if (!first) return sha256(new Uint8Array())
  if (leaves.length === 1) return first
  const half = k(leaves.length)
  return node(await treeHead(leaves.slice(0, half)), await treeHead(leaves.slice(half)))
}

/** PATH(m, D[n]), read backwards: the root that a leaf with this proof has; null where it has a wrong length. */
export async function headOfProof(
  leaf: Uint8Array,
  index: number,
  size: number,
  proof: readonly Uint8Array[],
): Promise<Uint8Array | null> {
  if (size === 1) return proof.length === 0 ? leaf : null
  const last = proof.at(-1)
  if (!last) return null
  const rest = proof.slice(0, -1)
  const half = k(size)
  const isLeft = index < half
  const inner = isLeft
    ? await headOfProof(leaf, index, half, rest)
    : await headOfProof(leaf, index - half, size - half, rest)
  if (inner === null) return null
  return isLeft ? node(inner, last) : node(last, inner)
}

/** A checkpoint that the key of this text (`name+id+base64`) has signed; throws for any other. */
export async function verifiedCheckpoint(
  note: string,
  verifier: string,
): Promise<{ origin: string; size: number; root: Uint8Array }> {
  const [name = '', id = '', ...encoded] = verifier.split('+')
  const typed = Uint8Array.fromBase64(encoded.join('+'))
  const hash = await sha256(concat(new TextEncoder().encode(`${name}\n`), typed))
  if (typed[0] !== 1 || hash.slice(0, 4).toHex() !== id) throw new Error('no such key')
  const [text = '', signatures = ''] = note.split(/(?<=\n)\n(?=— )/)
  const signature = signatures
    .split('\n')
    .filter((line) => line.startsWith(`— ${name} `))
    .map((line) => Uint8Array.fromBase64(line.split(' ')[2] ?? ''))
    .find((bytes) => bytes.slice(0, 4).toHex() === id)
  if (!signature) throw new Error('not signed by this key')
  const key = await crypto.subtle.importKey('raw', typed.slice(1), 'Ed25519', false, ['verify'])
  const bytes = new TextEncoder().encode(text)
  const isSigned = await crypto.subtle.verify('Ed25519', key, signature.slice(4), bytes)
  if (!isSigned) throw new Error('the signature is wrong')
  const [origin = '', size = '', root = ''] = text.split('\n')
  return { origin, size: Number(size), root: Uint8Array.fromBase64(root) }
}
