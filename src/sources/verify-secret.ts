// Senders that repeat a secret instead of signing. It proves who called, never what was written.

import { SIGNATURE_HEADER_CHARS_MAX } from '../domain/limits.ts'
import { err, ok, type Result } from '../domain/result.ts'
import { decodeExactly, isSameBytes, textOfBytes, utf8 } from './bytes.ts'
import type { ProvenRequest } from './proof.ts'
import type { Refusal } from './refusal.ts'
import type { SharedSecretScheme } from './scheme.ts'

/** Null if the request carries one of the secrets. */
export async function verifySecret(
  { place }: SharedSecretScheme,
  request: ProvenRequest,
  secrets: readonly string[],
): Promise<Refusal | null> {
  const given = givenSecret(place, request)
  if (!given.ok) return given.error
  const usable = secrets.filter((secret) => isUsable(place, secret))
  if (usable.length === 0) return { reason: 'secret_unusable' }
  for (const secret of usable) {
    if (await isSameBytes(utf8(secret), given.value)) return null
  }
  return { reason: 'secret_mismatch' }
}

/** Whether a request could carry it: one that never matches is the operator's trouble. */
export function isUsable(place: SharedSecretScheme['place'], secret: string): boolean {
  // A user and a password stand in one secret, apart by the first colon.
  if (place.in === 'basic') return /^[^:]+:./s.test(secret)
  // A bearer token ends at a blank.
  if (place.in === 'bearer') return /^\S+$/.test(secret)
  return secret !== ''
}

function givenSecret(
  place: SharedSecretScheme['place'],
  request: ProvenRequest,
): Result<Uint8Array, Refusal> {
  switch (place.in) {
    case 'header':
      return headerValue(request.headers, place.header, /^([^]*)$/)
    case 'bearer':
      return headerValue(request.headers, 'authorization', /^bearer +([^ ]+)$/i)
    case 'basic': {
      const text = headerValue(request.headers, 'authorization', /^basic +([^ ]+)$/i)
      if (!text.ok) return text
      const bytes = decodeExactly(textOfBytes(text.value) ?? '', 'base64')
      return bytes === null ? err(malformed('authorization')) : ok(bytes)
    }
    case 'path':
      if (request.pathToken === null) return err({ reason: 'header_missing', header: ':path' })
      return ok(utf8(request.pathToken))
    case 'body':
      return bodyField(request.body, place.field)
  }
}

const malformed = (header: string): Refusal => ({ reason: 'header_malformed', header })

function headerValue(headers: Headers, header: string, form: RegExp): Result<Uint8Array, Refusal> {
  const value = headers.get(header)
  if (value === null) return err({ reason: 'header_missing', header })
  if (value.length > SIGNATURE_HEADER_CHARS_MAX) return err(malformed(header))
  const text = form.exec(value)?.[1]
  return text === undefined || text === '' ? err(malformed(header)) : ok(utf8(text))
}

/**
 * The one place that parses before it knows the sender, because Zoho CRM repeats its token nowhere
 * but in the body. JSON.parse runs no code of the body's, and the door has bounded its size.
 */
function bodyField(body: Uint8Array, field: string): Result<Uint8Array, Refusal> {
  const refused = err({ reason: 'body_not_admitted', field } as const)
  try {
    const parsed: unknown = JSON.parse(textOfBytes(body) ?? '')
    if (typeof parsed !== 'object' || parsed === null || !Object.hasOwn(parsed, field)) {
      return refused
    }
    const value: unknown = Reflect.get(parsed, field)
    return typeof value === 'string' && value !== '' ? ok(utf8(value)) : refused
  } catch {
    return refused
  }
}
