// The secrets that a configuration asks for. Pure: nothing is asked here.

import type { Config } from '../src/config.ts'
import { billingMode } from '../src/domain/adjustment.ts'
import { endpointFor } from '../src/finder-problems.ts'
import { secretList } from '../src/sources/secret-list.ts'
import type { Endpoint } from '../src/sources/source.ts'
import { isSecretUsable } from '../src/sources/usable-secret.ts'
import type { Place } from './deployment.ts'
import { NAMED_PLACES, SOURCE_PLACES } from './secret-places.ts'

export type WantedSecret = {
  readonly name: string
  /** What works once it is there. */
  readonly opens: string
  readonly place: string
  /** `new,old` takes both, as long as its sender still has the old one. */
  readonly isList: boolean
  /** Nothing goes out without it; the others may come later, and what they open is off until then. */
  readonly isRequired: boolean
  /** What is wrong with a value, without the value; null where nothing is. */
  readonly fault: (value: string) => string | null
}

const COMMET_KEY = /^ck_(?!mg_)[\x21-\x7e]+$/
const ONE_LINE = /^[\x20-\x7e]+$/

/** In the order in which they are asked: what nothing works without comes first. */
export function wantedSecrets(config: Config, place: Place): readonly WantedSecret[] {
  const wanted = [
    commetKey(place),
    ...[...config.endpoints].map(([name, endpoint]) => ofEndpoint(name, endpoint)),
    ...config.notices.flatMap(({ title, secrets }) =>
      secrets.map((name) => named(name, `${title} is told`, 'docs/notices.md')),
    ),
    ...config.findMissed.flatMap((finder) => {
      const endpoint = endpointFor(finder, config.endpoints) ?? finder.source
      const opens = `${endpoint} is asked for deliveries that never came`
      return finder.secrets.map((name) => named(name, opens, 'docs/missed-deliveries.md'))
    }),
  ]
  const byName = new Map<string, WantedSecret>()
  for (const each of wanted) {
    const known = byName.get(each.name)
    // One secret may serve several.
    byName.set(each.name, known ? { ...known, opens: `${known.opens}; ${each.opens}` } : each)
  }
  return [...byName.values()]
}

const commetKey = (place: Place): WantedSecret => ({
  name: 'COMMET_API_KEY',
  opens: 'anything is issued at all',
  place: NAMED_PLACES['COMMET_API_KEY'] ?? '',
  isList: false,
  isRequired: true,
  fault: (value) => {
    if (!COMMET_KEY.test(value)) return 'it is no key of Commet, which begin ck_'
    const isLive = billingMode(value) === 'live'
    return place === 'staging' && isLive ? 'staging takes a sandbox key only, ck_sandbox_…' : null
  },
})

function ofEndpoint(name: string, { source, schemes, secret, mode }: Endpoint): WantedSecret {
  const page = `docs/sources/${source.name}.md`
  return {
    name: secret,
    opens: `/webhooks/${name} takes deliveries of ${source.title}`,
    place: `${SOURCE_PLACES[source.name] ?? 'its page says where'} (${page})`,
    isList: true,
    isRequired: false,
    fault: (value) => {
      const all = secretList(value)
      if (!ONE_LINE.test(value) || all.length === 0) return 'one line of text is wanted'
      if (mode !== 'test' && all.some((each) => source.publicSecrets?.includes(each))) {
        return `it is one that ${source.title} publishes for tests`
      }
      const areUsable = all.every((each) => isSecretUsable(schemes, each))
      return areUsable ? null : `it is not of the form that ${source.title} needs; see ${page}`
    },
  }
}

const named = (name: string, opens: string, page: string): WantedSecret => ({
  name,
  opens,
  place: `${NAMED_PLACES[name] ?? 'its page says where'} (${page})`,
  isList: false,
  isRequired: false,
  fault: (value) => {
    if (!ONE_LINE.test(value)) return 'one line of text is wanted'
    return name.endsWith('_URL') && URL.parse(value)?.protocol !== 'https:'
      ? 'an https address is wanted'
      : null
  },
})
