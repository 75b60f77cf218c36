// What is wrong with the finders of a configuration, a line each; and which endpoint each is for.

import type { Rule } from './domain/rule.ts'
import type { Finder } from './gaps/finder.ts'
import { zendeskRequestTags } from './rules/zendesk-tags.ts'
import type { Endpoint } from './sources/source.ts'

type Endpoints = Iterable<readonly [name: string, endpoint: Endpoint]>

/** The one that it names, else the only one of its source; null where there is none, or several. */
export function endpointFor(
  { source, endpoint: named }: Pick<Finder, 'source' | 'endpoint'>,
  endpoints: Endpoints,
): string | null {
  const names = [...endpoints]
    .filter(([name, each]) => each.source.name === source && (named ?? name) === name)
    .map(([name]) => name)
  return names.length === 1 ? (names[0] ?? null) : null
}

export function finderProblems(
  finders: readonly Finder[],
  endpoints: Readonly<Record<string, Endpoint>>,
  rules: readonly Rule[],
): string[] {
  const named = Object.entries(endpoints)
  const names = finders.map((finder) => endpointFor(finder, named))
  const isSameAccount = (one: string | null, other: string | null = null): boolean =>
    one !== null && other !== null && accountOf(endpoints, one) === accountOf(endpoints, other)
  return finders.flatMap((finder, position) => {
    const { source, endpoint, problems: own, secrets } = finder
    const path = `findMissed[${position}] (${source})`
    const name = names[position] ?? null
    const unknown = `${path}.endpoint: there is no endpoint ${endpoint} of ${source}`
    const several = `${path}.endpoint: name one endpoint of ${source}; there is none, or several`
    return [
      ...own.map((problem) => `${path}.${problem}`),
      ...(name === null ? [endpoint === null ? several : unknown] : []),
      ...(name !== null && names.indexOf(name) < position
        ? [`findMissed[${position}]: there are two finders for ${name}`]
        : []),
      ...(name === null ? [] : accountProblems(finder, name, endpoints).map((line) => path + line)),
      ...finders.flatMap((other, before) =>
        before < position && isSharedSecret(finder, other) && !isSameAccount(name, names[before])
          ? [`${path}: has the secret of findMissed[${before}], which is for another account`]
          : [],
      ),
      ...(source === 'zendesk' && zendeskRequestTags(rules).length === 0
        ? [`${path}: no rule is asked by a tag, so nothing would ever be found`]
        : []),
      // The value is not repeated here: who puts a secret itself there must not find it in a log.
      ...(secrets.every((secret) => /^[A-Z][A-Z0-9_]{0,63}$/.test(secret))
        ? []
        : [`${path}: names of secrets are wanted, such as STRIPE_API_KEY`]),
    ]
  })
}

/**
 * Ids and duplicates are told apart by account: what one endpoint was delivered is missing for another of the
 * same sender under another account, and would be credited again.
 */
function accountProblems(
  { source, isSeparate }: Finder,
  name: string,
  endpoints: Readonly<Record<string, Endpoint>>,
): string[] {
  const others = Object.entries(endpoints).filter(
    ([other, endpoint]) =>
      endpoint.source.name === source && accountOf(endpoints, other) !== accountOf(endpoints, name),
  )
  if (isSeparate || others.length === 0) return []
  const listed = [name, ...others.map(([other]) => other)].join(', ')
  return [
    `: ${listed} have different accounts here: name one \`account\` for all that hear of the same ` +
      'things, or say `separate: true` where the others hear of none of them',
  ]
}

const accountOf = (endpoints: Readonly<Record<string, Endpoint>>, name: string): string =>
  endpoints[name]?.account ?? name

const isSharedSecret = (one: Finder, other: Finder): boolean =>
  one.source === other.source && one.identity === other.identity
