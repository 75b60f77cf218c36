// Whose login at Cloudflare Access it is. Access says who somebody is, by a token that it signs; what he may do
// is in the configuration. Nothing is read from the database for it.

import type { Deps } from '../deps.ts'
import { isEmail, personOf, type Access } from '../domain/access.ts'
import { ACCESS_AHEAD_SECONDS_MAX } from '../domain/limits.ts'
import type { Operator } from '../domain/operator.ts'
import { err, ok, type Result } from '../domain/result.ts'
import type { PublicKey, TokenScheme } from '../sources/scheme.ts'
import { hasTokenShape } from '../sources/token-shape.ts'
import { claimsOf, verifyToken, type Claims } from '../sources/verify-token.ts'

export const ASSERTION_HEADER = 'cf-access-jwt-assertion'

export type PersonTrouble =
  /** `why`: the reason of the verification, or the claim that is wrong. */
  | { readonly reason: 'assertion_refused'; readonly why: string }
  /** A service token's: a program takes a key. */
  | { readonly reason: 'assertion_without_person' }
  | { readonly reason: 'role_missing' }
  | { readonly reason: 'access_keys_unavailable' }

export async function findPerson(
  deps: Pick<Deps, 'keysAt' | 'now'>,
  access: Access,
  assertion: string,
): Promise<Result<Operator, PersonTrouble>> {
  // What can't be a token makes nobody fetch keys.
  if (!hasTokenShape(assertion)) return refused('shape')
  const keys = await deps.keysAt(access.keysAddress)
  if (keys === null) return err({ reason: 'access_keys_unavailable' })
  const why = await troubleOf(access, assertion, keys, deps.now())
  if (why === null) return personIn(access, assertion)
  if (why !== 'kid') return refused(why)
  const newer = await deps.keysAt(access.keysAddress, 'again')
  if (newer === null) return err({ reason: 'access_keys_unavailable' })
  const still = newer === keys ? why : await troubleOf(access, assertion, newer, deps.now())
  return still === null ? personIn(access, assertion) : refused(still)
}

const refused = (why: string): Result<Operator, PersonTrouble> =>
  err({ reason: 'assertion_refused', why })

/** Null where it holds: signature, issuer, audience, times, and that it is an application's. */
async function troubleOf(
  { issuer, audiences, keysAddress }: Access,
  assertion: string,
  keys: readonly PublicKey[],
  nowMs: number,
): Promise<string | null> {
  const scheme: TokenScheme = { kind: 'jwt', header: ASSERTION_HEADER, keysAddress }
  const headers = new Headers({ [ASSERTION_HEADER]: assertion })
  const request = { method: '', url: '', headers, body: new Uint8Array(), pathToken: null }
  const secrets = audiences.map((audience) => `${issuer}|${audience}`)
  const refusal = await verifyToken(scheme, request, { secrets, nowMs, keys })
  if (refusal !== null) {
    return refusal.reason === 'token_claim_wrong' ? refusal.claim : refusal.reason
  }
  const claims = claimsOf(assertion)
  return claims === null ? 'claims' : wrongClaim(claims, nowMs)
}

/** Of Access's own rules, besides those of every token: whole seconds, and a session's token opens nothing. */
function wrongClaim({ type, iat, nbf }: Claims, nowMs: number): string | null {
  if (type !== 'app') return 'type'
  const latest = nowMs / 1_000 + ACCESS_AHEAD_SECONDS_MAX
  if (!(typeof iat === 'number' && iat <= latest)) return 'iat'
  return nbf === undefined || (typeof nbf === 'number' && nbf <= latest) ? null : 'nbf'
}

function personIn(access: Access, assertion: string): Result<Operator, PersonTrouble> {
  const email = claimsOf(assertion)?.email
  if (typeof email !== 'string' || !isEmail(email))
    return err({ reason: 'assertion_without_person' })
  const person = personOf(access, email)
  return person === null ? err({ reason: 'role_missing' }) : ok(person)
}
