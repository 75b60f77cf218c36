// The circuit: the log says when it was open, and while it was, hardly anybody called.

import type { Books, Entry } from './books.ts'

/** A probe comes after half a minute at the earliest, by clocks that differ. */
const PROBE_MS_MIN = 25_000
/** Claims that the log shows after it opened, though who made them had asked before. */
const LATE_CLAIMS_MAX = 3

export function* checkCircuit(books: Books): Iterable<string> {
  let openedBy: Entry | null = null
  let claimed: string[] = []
  let invoiced = 0
  for (const entry of books.entries) {
    // The one whose invoice closes it has its entry before the closing.
    if (invoiced > LATE_CLAIMS_MAX && entry.action !== 'circuit.closed') {
      return yield `circuit_stays_open: ${invoiced} invoiced since ${openedBy?.seq}`
    }
    if (entry.action === 'adjustment.claimed' && openedBy !== null) claimed.push(entry.subject)
    // What was claimed before it opened was under way, however many they were.
    const isAsked = entry.action === 'adjustment.invoiced' && claimed.includes(entry.subject)
    if (isAsked && isProbed(openedBy)) invoiced += 1
    if (entry.action !== 'circuit.opened' && entry.action !== 'circuit.closed') continue
    yield* checkOpen(openedBy, entry, claimed.length)
    openedBy = entry.action === 'circuit.opened' ? entry : null
    claimed = []
    invoiced = 0
  }
  const [row] = books.world.database.rows<{ cause: string | null }>('SELECT cause FROM circuits')
  const [now, told] = [row?.cause ?? null, openedBy?.data['cause'] ?? null]
  if (now !== told) yield `circuit: ${now}, by its entries ${String(told)}`
}

/** The first answer closes it; but a limiter says itself when it is over. */
const isProbed = (openedBy: Entry | null): boolean =>
  openedBy !== null && openedBy.data['cause'] !== 'rate_limited'

function* checkOpen(openedBy: Entry | null, next: Entry, claims: number): Iterable<string> {
  const before = next.data[next.action === 'circuit.opened' ? 'before' : 'cause'] ?? null
  const told = openedBy?.data['cause'] ?? null
  if (before !== told) yield `circuit_entries: ${String(before)} after ${String(told)}`
  // A limiter says when it is over, and then nobody probes.
  if (openedBy === null || told === 'rate_limited') return
  const probes = Math.ceil((next.at - openedBy.at) / PROBE_MS_MIN)
  if (claims > probes + LATE_CLAIMS_MAX) {
    yield `claimed_while_open: ${claims} within ${next.at - openedBy.at} ms`
  }
}
