// Whether a text has the shape of a token signed by RS256 (RFC 7515). It proves nothing: it says whether
// fetching keys for it is worth the while.

import { SIGNATURE_HEADER_CHARS_MAX } from '../domain/limits.ts'
import { decode, textOfBytes } from './bytes.ts'
import { isObject, textOf } from './source.ts'

export function hasTokenShape(text: string): boolean {
  if (!(text.length <= SIGNATURE_HEADER_CHARS_MAX)) return false
  const [, head = ''] = /^([\w-]+)\.[\w-]+\.[\w-]+$/.exec(text) ?? []
  const bytes = decode(head, 'base64url')
  try {
    const header: unknown = JSON.parse((bytes && textOfBytes(bytes)) ?? '')
    return isObject(header) && header.alg === 'RS256' && textOf(header.kid) !== null
  } catch {
    return false
  }
}
