// The configured finders, each with the endpoint that it is for and with what it needs.

import type { Deps } from '../deps.ts'
import { assert } from '../domain/assert.ts'
import { endpointFor } from '../finder-problems.ts'
import type { Finder } from '../gaps/finder.ts'
import { notSet } from '../settings.ts'
import type { Endpoint } from '../sources/source.ts'

const NOTHING = { values: new Map<string, string>(), missing: [] }

export type ActiveFinder = {
  readonly name: string
  readonly endpoint: Endpoint
  readonly account: string
  readonly finder: Finder
  /** Values by names. */
  readonly secrets: ReadonlyMap<string, string>
  /** Why it is off; null where it is on. */
  readonly off: string | null
}

/** An endpoint that takes no deliveries is not searched for any either. */
export function findersOf({
  config,
  settings,
}: Pick<Deps, 'config' | 'settings'>): readonly ActiveFinder[] {
  return config.findMissed.map((finder) => {
    const name = endpointFor(finder, config.endpoints)
    const endpoint = name === null ? undefined : config.endpoints.get(name)
    assert(name !== null && endpoint !== undefined, 'a finder that the configuration let through')
    const { values, missing } = settings.finderSecrets.get(name) ?? NOTHING
    const isClosed = (settings.endpointSecrets.get(name)?.length ?? 0) === 0
    const off = isClosed ? 'its endpoint is off' : missing.length > 0 ? notSet(missing) : null
    return { name, endpoint, account: endpoint.account ?? name, finder, secrets: values, off }
  })
}
