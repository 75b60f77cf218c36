// Checks an export, line by line in constant memory, against the keys that the reader trusts, and against an older
// checkpoint that he has kept. It is pure, so that a command and a page in a browser are the same check.

import { EXPORT_FORMAT } from './export-format.ts'
import { memberOf, numberOf, parsedLine, type Fields } from './json-line.ts'
import { openKept } from './kept-note.ts'
import {
  append,
  EMPTY_FRONTIER,
  isSameHash,
  leafHash,
  rootOf,
  rootOfInclusion,
  type Frontier,
} from './merkle.ts'
import { err, ok, type Result } from './result.ts'
import {
  decoded,
  openCheckpoint,
  type Checkpoint,
  type NoteTrouble,
  type PublicKey,
} from './signed-note.ts'
import { appendAll, splitHashes, TILE_HASHES } from './tiles.ts'

/** `seq`: the first bad entry; null where it is no single one's. */
export type ExportFault = { readonly seq: number | null; readonly what: string }

export type ExportReport = {
  readonly fault: ExportFault | null
  /** Entries that the checkpoint is of. */
  readonly size: number
  /** Those of them that the export holds, and of the last one, when it was. */
  readonly sealed: number
  readonly through: number | null
  /** Behind the checkpoint: nothing can be said of them yet. */
  readonly unsealed: number
  readonly isFiltered: boolean
}

/** Changed by `takeLine`. */
export type Verification = {
  readonly signed: Checkpoint
  readonly older: Checkpoint | null
  readonly isFiltered: boolean
  part: 'sealed' | 'unsealed' | 'end'
  fault: ExportFault | null
  /** Over the hashes that stand beside the entries: those of `block` are in it, and not in `behind`. */
  recorded: Frontier
  behind: Frontier
  block: readonly Uint8Array[]
  /** Over the entries as they are here, from the first on that differs from its hash; null before. */
  tree: Frontier | null
  /** Of a filtered export: the entry whose proof has to follow. */
  unproven: { readonly seq: number; readonly leaf: Uint8Array } | null
  lastSeq: number
  sealed: number
  unsealed: number
  through: number | null
}

const ENTRY = new TextEncoder().encode('{"action":')

/** `older`: a signed note that was kept; `formerKeys` are for it alone. The error is a sentence. */
export async function openExport(
  head: Uint8Array,
  keys: readonly PublicKey[],
  older: string | null,
  formerKeys: readonly PublicKey[] = [],
): Promise<Result<Verification, string>> {
  const read = memberOf(parsedLine(head), 'export')
  if (read === null || read['format'] !== EXPORT_FORMAT) {
    return err(`the first line is not the head of a ${EXPORT_FORMAT}`)
  }
  const { checkpoint, filter = null } = read
  if (typeof checkpoint !== 'string') return err('it has no checkpoint: nothing of it is sealed')
  const signed = await openCheckpoint(checkpoint, keys)
  if (typeof signed === 'string') return err(`its checkpoint ${NOTE_TROUBLES[signed]}`)
  const kept = older === null ? null : await openKept(older, [...keys, ...formerKeys])
  if (typeof kept === 'string') return err(`the older checkpoint ${NOTE_TROUBLES[kept]}`)
  const stale = kept && staleness(signed, kept, filter !== null)
  if (stale) return err(stale)
  return ok({
    signed,
    older: kept,
    isFiltered: filter !== null,
    part: 'sealed',
    fault: null,
    recorded: EMPTY_FRONTIER,
    behind: EMPTY_FRONTIER,
    block: [],
    tree: null,
    unproven: null,
    lastSeq: 0,
    sealed: 0,
    unsealed: 0,
    through: null,
  })
}

const NOTE_TROUBLES: Readonly<Record<NoteTrouble, string>> = {
  not_a_checkpoint: 'is not a signed checkpoint',
  signed_by_others: 'is not signed by the key that was given',
  signature_wrong: 'has a signature that does not fit it',
}

function staleness(signed: Checkpoint, kept: Checkpoint, isFiltered: boolean): string | null {
  if (kept.origin !== signed.origin) {
    return `the older checkpoint is of another log, ${kept.origin}; this is ${signed.origin}`
  }
  if (kept.size > signed.size) {
    return `the log was cut: it has ${signed.size} sealed entries, and the older checkpoint is of ${kept.size}`
  }
  return isFiltered ? 'only a whole export can be compared with an older checkpoint' : null
}

/** One line without its line break. */
export function takeLine(state: Verification, line: Uint8Array): void {
  if (state.part === 'end') return blame(state, null, 'something stands behind its end')
  if (ENTRY.every((byte, at) => line[at] === byte)) return takeEntry(state, line)
  const value = parsedLine(line)
  const hashes = memberOf(value, 'hashes')
  if (hashes) return takeHashes(state, hashes)
  const proof = memberOf(value, 'proof')
  if (proof) return takeProof(state, proof)
  const unsealed = memberOf(value, 'unsealed')
  if (unsealed && state.part === 'sealed' && unsealed['after'] === state.signed.size) {
    state.part = 'unsealed'
    return
  }
  const end = memberOf(value, 'end')
  if (!end) {
    const what = 'can not be read'
    if (!state.isFiltered) return blame(state, state.lastSeq + 1, what)
    return blame(state, null, `a line behind entry ${state.lastSeq} ${what}`)
  }
  state.part = 'end'
  const count = state.sealed + state.unsealed
  if (!state.isFiltered && count < state.signed.size) return blame(state, count + 1, 'is missing')
  if (end['entries'] !== count) {
    blame(state, null, `it should have ${String(end['entries'])} entries`)
  }
}

function takeEntry(state: Verification, line: Uint8Array): void {
  const entry = parsedLine(line)
  const [seq, at] = [numberOf(entry, 'seq'), numberOf(entry, 'at')]
  const last = state.lastSeq
  const next = last + 1
  if (seq === null || at === null) return blame(state, next, 'can not be read')
  if (seq <= last) return blame(state, seq, `stands behind entry ${last}`)
  if (!state.isFiltered && seq !== next) return blame(state, next, 'is missing')
  if (state.part === 'sealed' && seq > state.signed.size) {
    return blame(state, seq, 'is not sealed, and not marked so')
  }
  if (state.part === 'unsealed' && seq <= state.signed.size) {
    return blame(state, seq, 'is sealed, and marked as if it were not')
  }
  if (state.unproven) return blame(state, state.unproven.seq, 'has no proof')
  state.lastSeq = seq
  if (state.part === 'unsealed') {
    state.unsealed += 1
    return
  }
  state.sealed += 1
  state.through = at
  const leaf = leafHash(line)
  if (state.isFiltered) state.unproven = { seq, leaf }
  else takeLeaf(state, seq, leaf)
}

function takeLeaf(state: Verification, seq: number, leaf: Uint8Array): void {
  const { older, block, behind } = state
  const at = (seq - 1) % TILE_HASHES
  const recorded = behind.size === seq - 1 - at ? block[at] : undefined
  if (!recorded) return blame(state, seq, 'has no hash in front of it')
  const isSame = isSameHash(recorded, leaf)
  if (state.tree !== null || !isSame) {
    const before = state.tree ?? appendAll(behind, block.slice(0, at))
    state.tree = before.size === seq - 1 ? append(before, leaf) : before
  }
  if (!isSame) return blame(state, seq, 'is not as it was sealed')
  if (older?.size !== seq || state.tree !== null) return
  if (!isSameHash(rootOf(appendAll(behind, block.slice(0, at + 1))), older.root)) {
    blame(state, null, `its first ${seq} entries are not those of the older checkpoint`)
  }
}

function takeHashes(state: Verification, { from, sha256 }: Fields): void {
  const bytes = typeof sha256 === 'string' ? decoded(sha256) : null
  const first = state.recorded.size + 1
  const length = Math.min(TILE_HASHES, state.signed.size - state.recorded.size)
  if (
    state.isFiltered ||
    state.part !== 'sealed' ||
    from !== first ||
    bytes?.length !== length * 32
  ) {
    return blame(state, null, `the hashes of entry ${first} and those behind it are not there`)
  }
  state.block = splitHashes(bytes)
  state.behind = state.recorded
  state.recorded = appendAll(state.recorded, state.block)
}

function takeProof(state: Verification, { seq, sha256 }: Fields): void {
  const { unproven, signed } = state
  if (unproven === null || seq !== unproven.seq) {
    return blame(state, state.lastSeq, 'is followed by a proof that is not its own')
  }
  state.unproven = null
  const proof = Array.isArray(sha256) ? sha256.map((each) => decoded(String(each))) : [null]
  const whole = proof.filter((each) => each?.length === 32).filter((each) => each !== null)
  const index = unproven.seq - 1
  const root =
    whole.length === proof.length
      ? rootOfInclusion(unproven.leaf, { index, size: signed.size, proof: whole })
      : null
  if (root === null || !isSameHash(root, signed.root)) {
    blame(state, unproven.seq, 'is not in the log that was signed')
  }
}

/** The first one stands. */
function blame(state: Verification, seq: number | null, what: string): void {
  state.fault ??= { seq, what: seq === null ? what : `entry ${seq} ${what}` }
}

export function finishVerification(state: Verification): ExportReport {
  const { signed, isFiltered, sealed, unsealed, through } = state
  if (state.unproven) blame(state, state.unproven.seq, 'has no proof')
  if (!isFiltered && sealed < signed.size) blame(state, sealed + 1, 'is missing')
  if (state.part !== 'end') blame(state, null, 'it ends in the middle')
  if (!isFiltered) state.fault = treeFault(state)
  return { fault: state.fault, size: signed.size, sealed, through, unsealed, isFiltered }
}

/** Which it is where entries and hashes differ: the one that leads to the signed root is as it was. */
function treeFault({ fault, tree, recorded, signed }: Verification): ExportFault | null {
  const isSigned = (frontier: Frontier): boolean =>
    frontier.size === signed.size && isSameHash(rootOf(frontier), signed.root)
  if (isSigned(recorded)) return fault
  if (tree !== null && isSigned(tree)) {
    return { seq: null, what: 'its hashes were changed; its entries are as they were sealed' }
  }
  const what = 'its hashes do not lead to the signed root: any entry may have been changed'
  return fault === null ? { seq: null, what } : { ...fault, what: `${fault.what}; ${what}` }
}
