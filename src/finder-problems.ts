// What is wrong with the finders of a configuration, a line each; and which endpoint each is for.

import type { Finder } from './gaps/finder.ts'
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
): string[] {
  const named = Object.entries(endpoints)
  const names = finders.map((finder) => endpointFor(finder, named))
  return finders.flatMap(({ source, endpoint, problems: own, secrets }, position) => {
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
      // The value is not repeated here: who puts a secret itself there must not find it in a log.
      ...(secrets.every((secret) => /^[A-Z][A-Z0-9_]{0,63}$/.test(secret))
        ? []
        : [`${path}: names of secrets are wanted, such as STRIPE_API_KEY`]),
    ]
  })
}
