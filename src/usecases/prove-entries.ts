// The proof that entries are in the log as it was signed, made from its tiles.

import { readTiles, type StoredCheckpoint } from '../db/read-seal.ts'
import type { Deps } from '../deps.ts'
import { PROVEN_PER_STEP } from '../domain/limits.ts'
import { HASH_BYTES, inclusionProof, isSameHash, rootOfInclusion } from '../domain/merkle.ts'
import { entryHash, type EntryRow } from '../domain/sealed-entry.ts'
import { decoded, readCheckpoint } from '../domain/signed-note.ts'
import { readFrom, tileName, tilesByName, tilesFor, type TileKey } from '../domain/tiles.ts'
import { checkNote } from './check-log.ts'

type ProofDeps = Pick<Deps, 'db' | 'settings'>
type Proof = readonly Uint8Array[]

/** Of entries up to `size`. Of neighbours most tiles are the same: they are read once. */
export async function proofsOf(
  { db }: ProofDeps,
  rows: readonly EntryRow[],
  size: number,
): Promise<readonly Proof[]> {
  const keys = new Map<string, TileKey>()
  for (const { seq } of rows) {
    for (const key of tilesFor((read) => inclusionProof(seq - 1, size, read))) {
      keys.set(tileName(key), key)
    }
  }
  const tiles = tilesByName(await readTiles(db, [...keys.values()]))
  const nothing = new Uint8Array(HASH_BYTES)
  const read = readFrom(tiles, () => nothing)
  return rows.map(({ seq }) => inclusionProof(seq - 1, size, read))
}

/**
 * Where an entry stands: in the log that was signed, with its proof; in one whose signature can't be checked, since no
 * key is configured; in one that others have signed; behind it; or it isn't what was signed.
 */
export type PlacedEntry = EntryRow &
  (
    | { readonly place: PlaceLedTo; readonly proof: Proof }
    | { readonly place: 'not_yet_sealed' | 'not_as_sealed'; readonly proof: null }
  )

type PlaceLedTo = 'sealed' | 'not_checked' | 'signed_by_others'

/** In their order; each is compared with the signed root itself. */
export async function placeEntries(
  deps: ProofDeps,
  rows: readonly EntryRow[],
  checkpoint: StoredCheckpoint | null,
): Promise<readonly PlacedEntry[]> {
  const placed: PlacedEntry[] = []
  const size = checkpoint?.size ?? 0
  const leads = checkpoint && (await placeOf(deps, checkpoint))
  const root = decoded(checkpoint?.root ?? '') ?? new Uint8Array(0)
  for (let start = 0; start < rows.length; start += PROVEN_PER_STEP) {
    const step = rows.slice(start, start + PROVEN_PER_STEP)
    const sealed = step.filter(({ seq }) => seq <= size)
    const proofs = await proofsOf(deps, sealed, size)
    for (const row of step) {
      const proof = proofs[sealed.indexOf(row)]
      const led = proof && rootOfInclusion(entryHash(row), { index: row.seq - 1, size, proof })
      if (!proof) placed.push({ ...row, place: 'not_yet_sealed', proof: null })
      else if (leads && led && isSameHash(led, root)) {
        placed.push({ ...row, place: leads, proof })
      } else placed.push({ ...row, place: 'not_as_sealed', proof: null })
    }
  }
  return placed
}

/** What can be said of an entry that leads to its root; null where the checkpoint isn't what was signed. */
async function placeOf(deps: ProofDeps, checkpoint: StoredCheckpoint): Promise<PlaceLedTo | null> {
  const fault = await checkNote(deps, checkpoint)
  if (fault === null) return 'sealed'
  const said = readCheckpoint(checkpoint.note)?.checkpoint
  const isSo = said?.size === checkpoint.size && said.root.toBase64() === checkpoint.root
  if (!isSo || fault.reason !== 'signed_by_others') return null
  const { auditKeys, formerAuditKeys } = deps.settings
  return auditKeys.length + formerAuditKeys.length === 0 ? 'not_checked' : 'signed_by_others'
}
