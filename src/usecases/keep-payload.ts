// What is kept of a delivery: redacted, and sealed by a salt of its own, so that the audit log's hash of it
// says nothing any more once both are forgotten. Decisions were made on the delivered bytes; what a rule
// reads stays readable, so that a requeue and a backtest decide alike.

import type { KeptPayload, Payload } from '../db/pack-payloads.ts'
import { decide } from '../domain/decide.ts'
import { isUnreadable, type SourceEvent, type Unreadable } from '../domain/event.ts'
import { sha256 } from '../domain/ids.ts'
import { BOUND_VALUE_BYTES_MAX, REDACTIONS_TRIED_MAX, SALT_BYTES } from '../domain/limits.ts'
import { redactData, redactText, textAsRead } from '../domain/redact.ts'
import type { Config } from '../config.ts'
import type { Deps } from '../deps.ts'
import type { Source } from '../sources/source.ts'

/** `event`: what was read of this payload. Null where it is larger than D1 takes once it is written again. */
export function redactedPayload(
  config: Pick<Config, 'redact' | 'rules'>,
  source: Source,
  event: SourceEvent | Unreadable,
  payload: Payload,
): Payload | null {
  const kept = { ...payload, body: redactedBody(config, source, event, payload) }
  return kept.body.length <= BOUND_VALUE_BYTES_MAX / BYTES_PER_UNIT_MAX ||
    new TextEncoder().encode(kept.body).length <= BOUND_VALUE_BYTES_MAX
    ? kept
    : null
}

/** Of UTF-8, for one UTF-16 unit. */
const BYTES_PER_UNIT_MAX = 3

function redactedBody(
  config: Pick<Config, 'redact' | 'rules'>,
  source: Source,
  event: SourceEvent | Unreadable,
  { encoding, body, isWhole }: Payload,
): string {
  const named = config.redact
  if (encoding === 'base64') {
    const text = latin1(Uint8Array.fromBase64(body))
    const kept = redactText(text, named)
    return kept === text ? body : Uint8Array.from(kept, (unit) => unit.charCodeAt(0)).toBase64()
  }
  const data = isUnreadable(event) ? (event.data ?? jsonOf(body)) : event.data
  // What its source writes in another form than JSON can't be written again here.
  if (data === undefined || (isWhole && source.parse !== undefined)) return redactText(body, named)
  try {
    const all = redactData(data, { named })
    if (all.data === data) return textAsRead(body, data)
    const spared = isUnreadable(event)
      ? new Set<string>()
      : readByRules(config.rules, source, event, all.data, all.places)
    return JSON.stringify(spared.size === 0 ? all.data : redactData(data, { named, spared }).data)
  } catch {
    // Nested too deep to be walked, or to be written.
    return redactText(body, named)
  }
}

const latin1 = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => String.fromCharCode(byte)).join('')

/** Undefined where it is no JSON. */
function jsonOf(body: string): unknown {
  try {
    return JSON.parse(body.replace(/^\uFEFF/, ''))
  } catch {
    return undefined
  }
}

/** The places without which a rule would read, or decide, something else: long ids look like cards. */
function readByRules(
  rules: Config['rules'],
  { name }: Source,
  event: SourceEvent,
  redacted: unknown,
  places: readonly string[],
): ReadonlySet<string> {
  const asked = rules.filter(({ source, on }) => source === name && on.includes(event.type))
  const seen = (data: unknown): string => {
    const alike = { ...event, data }
    return JSON.stringify([decide(rules, name, alike), asked.map((rule) => readBy(rule, alike))])
  }
  const before = seen(event.data)
  if (seen(redacted) === before) return new Set()
  const all = new Set(places)
  const isRead = (place: string): boolean => {
    const others = new Set(all)
    others.delete(place)
    return seen(redactData(event.data, { named: [], spared: others }).data) !== before
  }
  return new Set(places.slice(0, REDACTIONS_TRIED_MAX).filter(isRead))
}

/** A rule is the user's own code. */
function readBy(rule: Config['rules'][number], event: SourceEvent): unknown {
  try {
    return rule.read(event)
  } catch {
    return null
  }
}

/** With its salt, and the hash over both that goes into the audit log. */
export async function sealedPayload(
  { randomBytes }: Pick<Deps, 'randomBytes'>,
  payload: Payload,
): Promise<KeptPayload> {
  const salt = randomBytes(SALT_BYTES)
  const body = new TextEncoder().encode(payload.body)
  const both = new Uint8Array(salt.length + body.length)
  both.set(salt)
  both.set(body, salt.length)
  return { ...payload, salt: salt.toHex(), commitment: (await sha256(both)).toHex() }
}
