// The one door: whether a request proves its sender, over the bytes as they came and in constant
// time. The clock and published keys are arguments. No downgrade: the first scheme that the request
// carries must hold; schemes of another header can't help it.

import { err, ok, type Result } from '../domain/result.ts'
import type { Proof, ProvenRequest } from './proof.ts'
import type { Refusal } from './refusal.ts'
import { carrierHeader, type Scheme, type Schemes } from './scheme.ts'
import type { SignedFacts } from './source.ts'
import { verifySecret } from './verify-secret.ts'
import { verifySignature } from './verify-signature.ts'
import { verifyToken } from './verify-token.ts'

/** What the proof covers besides the body, or why the request is refused. */
export async function verify(
  schemes: Schemes,
  request: ProvenRequest,
  proof: Proof,
): Promise<Result<SignedFacts, Refusal>> {
  const chosen = schemes.find((scheme) => isCarried(scheme, request)) ?? schemes[0]
  const carrier = carrierOf(chosen)
  const rivals = schemes.filter((scheme) => carrierOf(scheme) === carrier)
  const applying = rivals.filter((scheme) => applies(scheme, request.headers))
  if (applying.length === 0) return err(missingCondition(chosen, request.headers))

  const refusals: Refusal[] = []
  for (const scheme of applying) {
    const verified = await verifyOne(scheme, request, proof)
    if (verified.ok) return verified
    refusals.push(verified.error)
  }
  return err(mostTelling(refusals))
}

const NOTHING_SIGNED: SignedFacts = { id: null, timestamp: null }

async function verifyOne(
  scheme: Scheme,
  request: ProvenRequest,
  proof: Proof,
): Promise<Result<SignedFacts, Refusal>> {
  switch (scheme.kind) {
    case 'signature':
      return verifySignature(scheme, request, proof)
    case 'secret': {
      const refusal = await verifySecret(scheme, request, proof.secrets)
      return refusal === null ? ok(NOTHING_SIGNED) : err(refusal)
    }
    case 'jwt': {
      const refusal = await verifyToken(scheme, request, proof)
      return refusal === null ? ok(NOTHING_SIGNED) : err(refusal)
    }
  }
}

const carrierOf = (scheme: Scheme): string => {
  const header = carrierHeader(scheme)
  if (header !== null) return `header ${header}`
  return scheme.kind === 'secret' ? scheme.place.in : scheme.kind
}

function isCarried(scheme: Scheme, request: ProvenRequest): boolean {
  const header = carrierHeader(scheme)
  if (header !== null) return request.headers.has(header)
  if (scheme.kind === 'secret' && scheme.place.in === 'path') return request.pathToken !== null
  return true
}

const applies = (scheme: Scheme, headers: Headers): boolean =>
  scheme.kind !== 'signature' ||
  scheme.when === undefined ||
  !headers.has(scheme.headers.signature) ||
  headers.get(scheme.when.header) === scheme.when.is

function missingCondition(scheme: Scheme, headers: Headers): Refusal {
  const header = (scheme.kind === 'signature' && scheme.when?.header) || ''
  return { reason: headers.has(header) ? 'header_malformed' : 'header_missing', header }
}

/** Of several schemes of one header: what the one that got furthest says. */
function mostTelling(refusals: readonly Refusal[]): Refusal {
  const vague: readonly Refusal['reason'][] = ['secret_unusable', 'header_malformed']
  return (
    refusals.find(({ reason }) => !vague.includes(reason)) ??
    refusals.find(({ reason }) => reason === 'header_malformed') ??
    refusals[0] ?? { reason: 'secret_unusable' }
  )
}
