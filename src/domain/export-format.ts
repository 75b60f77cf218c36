// The lines of an export as NDJSON (docs/audit-format.md). An entry's line is, byte for byte, what its leaf is the
// hash of; every other line is an object of one name that no entry has.

import { canonical } from './canonical.ts'
import { joinHashes } from './tiles.ts'

export const EXPORT_FORMAT = 'makegood-audit-export/1'

/** Names and values of the filters; null of a whole export. */
export type ExportFilter = Readonly<Record<string, string | number>> | null

export type ExportHead = {
  readonly format: typeof EXPORT_FORMAT
  /** When it began, ISO 8601. */
  readonly at: string
  readonly filter: ExportFilter
  /** A signed note; null where nothing is sealed yet. */
  readonly checkpoint: string | null
  /** Every key that has ever signed the log, oldest first. */
  readonly keys: readonly string[]
}

export const headLine = (head: ExportHead): string => canonical({ export: head })

/** The leaf hashes of up to 256 entries from `from` on, in front of these. */
export const hashesLine = (from: number, hashes: readonly Uint8Array[]): string =>
  canonical({ hashes: { from, sha256: joinHashes(hashes).toBase64() } })

/** Behind an entry of a filtered export. */
export const proofLine = (seq: number, proof: readonly Uint8Array[]): string =>
  canonical({ proof: { seq, sha256: proof.map((hash) => hash.toBase64()) } })

/** What follows is behind the checkpoint. */
export const unsealedLine = (after: number): string => canonical({ unsealed: { after } })

export const endLine = (entries: number): string => canonical({ end: { entries } })
