// Two pure functions of the product keep their answers in a run, since they are asked the same again and again:
// an entry's hash each time the log is compared with its tree, and how a time zone writes a day. And SHA-256 is
// Node's. All this has to be there before they are loaded.

import { registerHooks } from 'node:module'

/** Of so many entries; a run has some thousands. */
const HASHES_MAX = 50_000

const HASHES = `
const hashes = new Map()
export const entryHash = (row) => {
  const entry = JSON.stringify([row.seq, row.at, row.actor, row.action, row.subject, row.data])
  const known = hashes.get(entry)
  if (known !== undefined) return known
  if (hashes.size >= ${HASHES_MAX}) hashes.clear()
  const hash = hashedEntry(row)
  hashes.set(entry, hash)
  return hash
}
`

const FORMATS = `
const formats = new Map()
function DayFormat(locale, options) {
  const known = formats.get(options.timeZone) ?? new Intl.DateTimeFormat(locale, options)
  formats.set(options.timeZone, known)
  return known
}
`

const SHA256 = `
import { hash } from 'node:crypto'
export const sha256 = (bytes) => new Uint8Array(hash('sha256', bytes, 'buffer'))
`

const CHANGES = [
  {
    file: '/src/domain/sealed-entry.ts',
    from: 'export const entryHash =',
    to: 'const hashedEntry =',
    added: HASHES,
  },
  {
    file: '/src/domain/day.ts',
    from: 'new Intl.DateTimeFormat(',
    to: 'new DayFormat(',
    added: FORMATS,
  },
  {
    file: '/@noble/hashes/sha2.js',
    from: 'export const sha256 =',
    to: 'const ownSha256 =',
    added: SHA256,
  },
] as const

registerHooks({
  load(url, context, next) {
    const loaded = next(url, context)
    const change = CHANGES.find(({ file }) => url.endsWith(file))
    const source = String(loaded.source ?? '')
    // What is written otherwise by now runs as it is.
    if (change === undefined || !source.includes(change.from)) return loaded
    return { ...loaded, source: source.replace(change.from, change.to) + change.added }
  },
})
