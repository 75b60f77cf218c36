// What a request says about its signature: the signatures themselves, the time and the id that they
// cover, and whether that time is near enough to now.

import {
  SIGNATURE_HEADER_CHARS_MAX,
  SIGNATURE_TOLERANCE_SECONDS,
  SIGNATURES_PER_HEADER_MAX,
} from '../domain/limits.ts'
import { err, ok, type Result } from '../domain/result.ts'
import type { Refusal } from './refusal.ts'
import type { SignatureForm, SignatureScheme, SignedPart } from './scheme.ts'
import type { SignedFacts } from './source.ts'

type Signatures = { readonly timestamp: string | null; readonly encoded: readonly string[] }

export function readSignatures(
  { form, headers }: SignatureScheme,
  header: string,
): Result<Signatures, Refusal> {
  const malformed = err({ reason: 'header_malformed', header: headers.signature } as const)
  if (header.length > SIGNATURE_HEADER_CHARS_MAX) return malformed
  const read = readForm(form, header)
  if (read === null || read.encoded.length === 0) return malformed
  if (read.encoded.length > SIGNATURES_PER_HEADER_MAX) {
    return err({ reason: 'too_many_signatures', max: SIGNATURES_PER_HEADER_MAX })
  }
  return ok(read)
}

function readForm(form: SignatureForm, header: string): Signatures | null {
  switch (form.kind) {
    case 'plain': {
      const text = header.trim()
      const prefix = form.prefix ?? ''
      return text.startsWith(prefix)
        ? { timestamp: null, encoded: [text.slice(prefix.length)] }
        : null
    }
    case 'versions': {
      const mark = `${form.version},`
      const encoded = header.split(' ').filter((part) => part.startsWith(mark))
      return { timestamp: null, encoded: encoded.map((part) => part.slice(mark.length)) }
    }
    case 'pairs': {
      const pairs = header.split(form.separator).map((part) => cutAtFirst('=', part.trim()))
      if (pairs.some(([, value = '']) => /[\s,;]/.test(value))) return null
      const times = pairs.filter(([name]) => name === form.timestamp)
      // Two times would leave open which of them was checked and which was signed.
      const timestamp = times.length === 1 ? (times[0]?.[1] ?? null) : null
      if (timestamp === null) return null
      const signatures = pairs.filter(([name]) => name === form.signature)
      return { timestamp, encoded: signatures.map(([, value = '']) => value) }
    }
  }
}

/** Behind the first one, because a padded base64 text ends with more of them. */
function cutAtFirst(mark: string, text: string): readonly [string, string?] {
  const at = text.indexOf(mark)
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + mark.length)]
}

/** Only visible ASCII is signed content: anything else would have two readings as bytes. */
export const isVisibleAscii = (text: string): boolean => /^[\x21-\x7e]{1,256}$/.test(text)

export function readFacts(
  scheme: SignatureScheme,
  headers: Headers,
  timestampInHeader: string | null,
): Result<SignedFacts, Refusal> {
  const named = (header: string | undefined): Result<string | null, Refusal> => {
    if (header === undefined) return ok(null)
    const value = headers.get(header)
    if (value === null) return err({ reason: 'header_missing', header })
    return isVisibleAscii(value) ? ok(value) : err({ reason: 'header_malformed', header })
  }
  const id = named(scheme.headers.id)
  if (!id.ok) return id
  if (id.value !== null && !isApart(id.value, scheme.signed)) {
    return err({ reason: 'header_malformed', header: scheme.headers.id ?? '' })
  }
  const timestamp = named(scheme.headers.timestamp)
  if (!timestamp.ok) return timestamp
  return ok({ id: id.value, timestamp: timestamp.value ?? timestampInHeader })
}

/** Else one signed text could be cut into id, time and body in two ways. */
function isApart(id: string, signed: readonly SignedPart[]): boolean {
  const at = signed.indexOf('id')
  const [before, after] = [signed[at - 1], signed[at + 1]]
  return (
    (typeof before !== 'object' || (before.text + id).lastIndexOf(before.text) === 0) &&
    (typeof after !== 'object' || (id + after.text).indexOf(after.text) === id.length)
  )
}

/** Null if the timestamp is near enough to now, both ways. */
export function checkAge(
  scheme: SignatureScheme,
  timestamp: string | null,
  nowMs: number,
): Refusal | null {
  if (scheme.timestamp === 'none') return null
  const signedAtMs = readTimestamp(scheme.timestamp, timestamp ?? '')
  if (signedAtMs === null) return { reason: 'timestamp_unreadable' }
  const tolerance = scheme.toleranceSeconds ?? SIGNATURE_TOLERANCE_SECONDS
  if (scheme.timestamp === 'milliseconds') return ageRefusal(signedAtMs, nowMs, tolerance)
  // Whole seconds on both sides, as senders' own libraries count: exactly 300 s old still passes.
  return ageRefusal(wholeSeconds(signedAtMs), wholeSeconds(nowMs), tolerance)
}

const wholeSeconds = (ms: number): number => Math.floor(ms / 1_000) * 1_000

/** For times that stand in a signed body as well. `toleranceSeconds` counts both ways. */
export function ageRefusal(
  signedAtMs: number,
  nowMs: number,
  toleranceSeconds: number,
): Refusal | null {
  const ageSeconds = (nowMs - signedAtMs) / 1_000
  if (Math.abs(ageSeconds) <= toleranceSeconds) return null
  if (ageSeconds > 0) return { reason: 'timestamp_stale', ageSeconds: Math.ceil(ageSeconds) }
  if (ageSeconds < 0) return { reason: 'timestamp_ahead', aheadSeconds: Math.ceil(-ageSeconds) }
  return { reason: 'timestamp_unreadable' }
}

/** A number has one spelling: a leading nought may be the end of what is signed before it. */
function readTimestamp(form: 'seconds' | 'milliseconds' | 'rfc3339', text: string): number | null {
  if (form === 'seconds') return /^[1-9]\d{0,10}$/.test(text) ? Number(text) * 1_000 : null
  if (form === 'milliseconds') return /^[1-9]\d{0,13}$/.test(text) ? Number(text) : null
  const isRfc3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/.test(text)
  const ms = isRfc3339 ? Date.parse(text.replace(/(\.\d{3})\d+/, '$1')) : NaN
  return Number.isNaN(ms) ? null : ms
}
