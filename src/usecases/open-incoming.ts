// Opens a delivery with the keys that its sender publishes, where it signs by a token.

import type { Deps } from '../deps.ts'
import { err, type Result } from '../domain/result.ts'
import { openDelivery, type Opened } from '../sources/open-delivery.ts'
import type { ProvenRequest } from '../sources/proof.ts'
import type { Refusal } from '../sources/refusal.ts'
import type { Endpoint } from '../sources/source.ts'
import { hasTokenShape } from '../sources/token-shape.ts'

/** Nothing is wrong with the delivery that we know of: its sender has to try again. */
export type KeysTrouble = { readonly reason: 'keys_unavailable'; readonly address: string }

/** `secrets`: current first. `nowMs`: the clock to verify at. */
export async function openIncoming(
  deps: Pick<Deps, 'keysAt'>,
  endpoint: Endpoint,
  secrets: readonly string[],
  request: ProvenRequest,
  nowMs: number,
): Promise<Result<Opened, Refusal | KeysTrouble>> {
  const scheme = endpoint.schemes.find((each) => each.kind === 'jwt')
  // Without what looks like a token there is nothing to check, and nobody makes us fetch.
  if (scheme === undefined || !hasTokenShape(request.headers.get(scheme.header) ?? '')) {
    return openDelivery(endpoint, secrets, request, nowMs)
  }
  const unavailable = err({ reason: 'keys_unavailable', address: scheme.keysAddress } as const)
  const keys = await deps.keysAt(scheme.keysAddress)
  if (keys === null) return unavailable
  const opened = await openDelivery(endpoint, secrets, request, nowMs, keys)
  if (opened.ok || !isUnknownKey(opened.error)) return opened
  const newer = await deps.keysAt(scheme.keysAddress, 'again')
  if (newer === null) return unavailable
  return newer === keys ? opened : openDelivery(endpoint, secrets, request, nowMs, newer)
}

const isUnknownKey = (refusal: Refusal): boolean =>
  refusal.reason === 'token_claim_wrong' && refusal.claim === 'kid'
