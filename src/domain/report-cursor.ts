// Where a report goes on, with what was added up so far. At the API whoever changes it
// deceives himself alone; a page takes none that a link from elsewhere brings.

import * as z from 'zod/mini'
import { REASON_CHARS_MAX, REPORT_CURSOR_CHARS_MAX } from './limits.ts'
import { readShape } from './read-shape.ts'

const count = z.int().check(z.gte(0))
const place = z.strictObject({ start: z.int(), end: z.int() })
const mode = z.nullable(z.enum(['live', 'test']))
const settlement = z.enum(['owed', 'already_paid'])
const word = z.string().check(z.maxLength(REASON_CHARS_MAX))

const invoiced = z.strictObject({
  adjustments: count,
  net: z.int(),
  tax: z.int(),
  total: z.int(),
})
const tally = z.strictObject({ adjustments: z.int(), credits: z.int(), charges: z.int() })

const sum = z.strictObject({
  mode,
  currency: word,
  settlement,
  reason: word,
  credits: invoiced,
  charges: invoiced,
  voided: invoiced,
})
const total = z.strictObject({
  mode,
  currency: word,
  settlement,
  asked: tally,
  recorded: tally,
  invoiced: tally,
  notInvoiced: tally,
  fromEarlier: tally,
  differing: tally,
})
const openSum = z.strictObject({
  mode,
  currency: word,
  settlement,
  state: z.enum(['held', 'failed']),
  adjustments: count,
  credits: z.int(),
  charges: z.int(),
})

const cursor = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('report'),
    month: z.string(),
    asOf: count,
    isListed: z.boolean(),
    progress: z.strictObject({
      phase: z.enum(['invoiced', 'recorded', 'events']),
      at: z.int(),
      seq: z.int(),
      recorded: place,
      events: place,
      sums: z.readonly(z.array(sum)),
      totals: z.readonly(z.array(total)),
      waiting: z.strictObject({ conflict: count, undecided: count, dismissed: count }),
    }),
  }),
  z.strictObject({
    kind: z.literal('open'),
    month: z.string(),
    asOf: count,
    progress: z.strictObject({
      phase: z.enum(['held', 'failed']),
      seq: count,
      left: z.nullable(count),
      sums: z.readonly(z.array(openSum)),
    }),
  }),
])

export type ReportCursor = z.output<typeof cursor>

/** The names of fields, which are most of it, travel as one character each. */
const NAMES = (
  'kind month asOf isListed progress phase at seq recorded events sums totals waiting mode ' +
  'currency settlement reason credits charges voided adjustments net tax total asked ' +
  'invoiced notInvoiced fromEarlier differing state start end conflict undecided dismissed'
).split(' ')
const SHORT = new Map<string, string>(NAMES.map((name, at) => [name, at.toString(36)] as const))
const LONG = new Map<string, string>(NAMES.map((name, at) => [at.toString(36), name] as const))

/** Null where it would be longer than an address can be. */
export function writeCursor(value: ReportCursor): string | null {
  const bytes = new TextEncoder().encode(JSON.stringify(renamed(value, SHORT)))
  const text = bytes.toBase64({ alphabet: 'base64url', omitPadding: true })
  return text.length > REPORT_CURSOR_CHARS_MAX ? null : text
}

/** Null where it is no cursor of a report. */
export function readCursor(text: string): ReportCursor | null {
  try {
    const bytes = Uint8Array.fromBase64(text, { alphabet: 'base64url' })
    const value: unknown = JSON.parse(
      new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes),
    )
    const read = readShape(cursor, renamed(value, LONG))
    return read.success ? read.data : null
  } catch {
    return null
  }
}

function renamed(value: unknown, names: ReadonlyMap<string, string>): unknown {
  if (Array.isArray(value)) return value.map((each) => renamed(each, names))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [names.get(name) ?? name, renamed(each, names)]),
  )
}
