// What is wrong with the endpoints of a configuration, a line each.

import { OPERATOR_ENDPOINT } from './domain/by-hand.ts'
import { coversBody } from './sources/scheme.ts'
import type { Endpoint } from './sources/source.ts'

type Endpoints = Readonly<Record<string, Endpoint>>

export function endpointProblems(name: string, endpoint: Endpoint): string[] {
  const path = `endpoints.${name}`
  const problems = endpoint.problems.map((problem) => `${path}.${problem}`)
  if (!/^[a-z][a-z0-9-]{0,62}$/.test(name)) {
    problems.push(`${path}: a name is a part of the address: small letters, digits, hyphens`)
  }
  if (name === OPERATOR_ENDPOINT || endpoint.account === OPERATOR_ENDPOINT) {
    problems.push(`${path}: ${OPERATOR_ENDPOINT} is what people make by hand; take another name`)
  }
  // The value is not repeated here: who puts a secret itself there must not find it in a log.
  if (!/^[A-Z][A-Z0-9_]{0,63}$/.test(endpoint.secret)) {
    problems.push(`${path}.secret: the name of a secret is wanted, such as STRIPE_WEBHOOK_SECRET`)
  }
  if (!endpoint.schemes.every(coversBody) && !endpoint.acceptsUnsigned) {
    problems.push(
      `${path}.unsigned: nothing proves what ${endpoint.source.title} writes; 'accept' says that this is known`,
    )
  }
  // A mode that a user's file leaves out arrives as undefined, whatever the type says.
  if (!endpoint.source.saysMode && endpoint.mode !== 'live' && endpoint.mode !== 'test') {
    problems.push(
      `${path}.mode: ${endpoint.source.name} doesn't say if it is live: 'live' or 'test'`,
    )
  }
  return problems
}

/** The first two endpoints that differ in what must be the same for all that share something. */
function* differing(
  endpoints: Endpoints,
  shared: (endpoint: Endpoint, name: string) => string,
  differs: (one: Endpoint, other: Endpoint) => boolean,
): Generator<readonly [shared: string, names: string]> {
  const entries = Object.entries(endpoints)
  const sharers = Map.groupBy(entries, ([name, endpoint]) => shared(endpoint, name))
  for (const [what, all] of sharers) {
    const pairs = all.flatMap((one, at) => all.slice(at + 1).map((other) => [one, other] as const))
    const pair = pairs.find(([[, one], [, other]]) => differs(one, other))
    if (pair) yield [what, `${pair[0][0]} and ${pair[1][0]}`]
  }
}

const isOtherMode = (one: Endpoint, other: Endpoint): boolean =>
  (one.mode === 'live' && other.mode === 'test') || (one.mode === 'test' && other.mode === 'live')

/**
 * In one account a subject has one adjustment, and an event's id one event: what a test makes, or a
 * sender that proves less, would stand in the way of the live and the better proven one.
 */
export function accountProblems(endpoints: Endpoints): string[] {
  const accountOf = ({ account }: Endpoint, name: string) => account ?? name
  const isOtherSource = (one: Endpoint, other: Endpoint) => one.source.name !== other.source.name
  return [
    ...[...differing(endpoints, accountOf, isOtherMode)].map(
      ([account, names]) =>
        `endpoints: the account ${account} has live and test endpoints (${names}); give each its own`,
    ),
    ...[...differing(endpoints, accountOf, isOtherSource)].map(
      ([account, names]) =>
        `endpoints: the account ${account} has different sources (${names}); give each its own`,
    ),
  ]
}

/** Whoever may send tests could send the same delivery to the live endpoint, and it would hold. */
export const secretProblems = (endpoints: Endpoints): string[] =>
  [...differing(endpoints, ({ secret }) => secret, isOtherMode)].map(
    ([, names]) => `endpoints: ${names} have one secret, but are live and test; give each its own`,
  )
