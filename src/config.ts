// The configuration: what `makegood.config.ts` says, checked before anything runs. A wrong one does
// not start.

import { currencyDecimals } from './domain/currencies.ts'
import { LINK_EXPIRE_DAYS_DEFAULT, LINK_EXPIRE_DAYS_MAX } from './domain/limits.ts'
import type { Rule } from './domain/rule.ts'
import { coversBody } from './sources/scheme.ts'
import type { Endpoint } from './sources/source.ts'

export type LinkOptions = {
  /** Days after which a link answers 410. Default 400. */
  readonly expireAfterDays?: number
  /** Hosts that a link may redirect to, besides Commet's own and the billing address's. */
  readonly hosts?: readonly string[]
}

export type ConfigInput = {
  /** The currency that customers are billed in: an ISO 4217 code with two decimals. */
  readonly currency: string
  /** IANA name; days and months of limits and reports are counted in it. */
  readonly timeZone: string
  readonly endpoints: Readonly<Record<string, Endpoint>>
  /** In order of precedence: the first that doesn't ignore an event decides. */
  readonly rules: readonly Rule[]
  readonly links?: LinkOptions
}

export type Config = {
  readonly currency: string
  readonly timeZone: string
  readonly endpoints: ReadonlyMap<string, Endpoint>
  readonly rules: readonly Rule[]
  readonly links: { readonly expireAfterDays: number; readonly hosts: readonly string[] }
}

const FIELDS = ['currency', 'timeZone', 'endpoints', 'rules', 'links']
const LINK_FIELDS = ['expireAfterDays', 'hosts']
const COMMET_HOST = 'commet.co'

/** Throws one Error that lists every problem, a line each, with the path of the field. */
export function defineConfig(input: ConfigInput): Config {
  const problems = [
    ...unknownFields(input, FIELDS, ''),
    ...unknownFields(input.links ?? {}, LINK_FIELDS, 'links.'),
    ...currencyProblems(input.currency),
    ...timeZoneProblems(input.timeZone),
    ...Object.entries(input.endpoints).flatMap(([name, endpoint]) =>
      endpointProblems(name, endpoint),
    ),
    ...accountProblems(input),
    ...secretProblems(input),
    ...ruleProblems(input),
    ...linkProblems(input.links ?? {}),
  ]
  if (problems.length > 0) {
    throw new Error(`makegood.config.ts:\n${problems.map((line) => `  ${line}`).join('\n')}`)
  }
  return {
    currency: input.currency,
    timeZone: input.timeZone,
    endpoints: new Map(Object.entries(input.endpoints)),
    rules: input.rules,
    links: {
      expireAfterDays: input.links?.expireAfterDays ?? LINK_EXPIRE_DAYS_DEFAULT,
      hosts: [COMMET_HOST, ...(input.links?.hosts ?? [])],
    },
  }
}

const unknownFields = (value: object, known: readonly string[], path: string): string[] =>
  Object.keys(value)
    .filter((field) => !known.includes(field))
    .map((field) => `${path}${field}: there is no such setting; known are ${known.join(', ')}`)

function currencyProblems(currency: string): string[] {
  const decimals = currencyDecimals(currency)
  if (decimals === null) return [`currency: ${currency} is not a lower-case ISO 4217 code`]
  if (decimals === 2) return []
  return [
    `currency: ${currency} has ${decimals} decimals; only currencies with two can be billed yet`,
  ]
}

function timeZoneProblems(timeZone: string): string[] {
  const problem = `timeZone: ${timeZone} is not an IANA time zone such as Europe/Berlin`
  // Intl takes undefined for the host's own zone, and offsets, which know no summer time.
  if (!/^[A-Za-z]/.test(timeZone ?? '')) return [problem]
  try {
    new Intl.DateTimeFormat('en', { timeZone })
    return []
  } catch {
    return [problem]
  }
}

function endpointProblems(name: string, endpoint: Endpoint): string[] {
  const path = `endpoints.${name}`
  const problems = endpoint.problems.map((problem) => `${path}.${problem}`)
  if (!/^[a-z][a-z0-9-]{0,62}$/.test(name)) {
    problems.push(`${path}: a name is a part of the address: small letters, digits, hyphens`)
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
  { endpoints }: ConfigInput,
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
function accountProblems(input: ConfigInput): string[] {
  const accountOf = ({ account }: Endpoint, name: string) => account ?? name
  const isOtherSource = (one: Endpoint, other: Endpoint) => one.source.name !== other.source.name
  return [
    ...[...differing(input, accountOf, isOtherMode)].map(
      ([account, names]) =>
        `endpoints: the account ${account} has live and test endpoints (${names}); give each its own`,
    ),
    ...[...differing(input, accountOf, isOtherSource)].map(
      ([account, names]) =>
        `endpoints: the account ${account} has different sources (${names}); give each its own`,
    ),
  ]
}

/** Whoever may send tests could send the same delivery to the live endpoint, and it would hold. */
const secretProblems = (input: ConfigInput): string[] =>
  [...differing(input, ({ secret }) => secret, isOtherMode)].map(
    ([, names]) => `endpoints: ${names} have one secret, but are live and test; give each its own`,
  )

function ruleProblems({ rules, endpoints }: ConfigInput): string[] {
  const sources = new Set(Object.values(endpoints).map((endpoint) => endpoint.source.name))
  return rules.flatMap((rule, position) => {
    const problems: string[] = []
    if (!/^[a-z][a-z0-9-]{0,62}$/.test(rule.id)) {
      problems.push(`rules[${position}].id: "${rule.id}" must be small letters, digits, hyphens`)
    }
    if (rules.findIndex((other) => other.id === rule.id) < position) {
      problems.push(`rules[${position}].id: there are two rules with the id ${rule.id}`)
    }
    if (!sources.has(rule.source)) {
      problems.push(
        `rules[${position}]: ${rule.id} reads ${rule.source}, which no endpoint receives`,
      )
    }
    return problems
  })
}

function linkProblems({ expireAfterDays, hosts }: LinkOptions): string[] {
  const problems: string[] = []
  const days = expireAfterDays ?? LINK_EXPIRE_DAYS_DEFAULT
  if (!(Number.isInteger(days) && days >= 1 && days <= LINK_EXPIRE_DAYS_MAX)) {
    problems.push(
      `links.expireAfterDays: ${days} is not a whole number of days from 1 to ${LINK_EXPIRE_DAYS_MAX}`,
    )
  }
  for (const host of hosts ?? []) {
    if (!/^[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(host)) {
      problems.push(`links.hosts: ${host} is not a host name such as files.example.com`)
    }
  }
  return problems
}
