// The environment, read once: which billing API, which keys, what is missing. A missing secret
// closes what needs it; it never opens anything.

import type { Config } from './config.ts'
import { billingMode } from './domain/adjustment.ts'
import type { Mode } from './domain/event.ts'
import { LINK_KEY_CHARS_MIN, OPERATOR_KEY_CHARS_MIN } from './domain/limits.ts'
import { isLoopback } from './domain/link.ts'
import {
  readPublicKey,
  readSigningKey,
  type NamedKey,
  type PublicKey,
} from './domain/signed-note.ts'
import { secretOf, type Env } from './env.ts'
import { endpointFor } from './finder-problems.ts'
import type { Channel } from './notices/channel.ts'
import type { Endpoint } from './sources/source.ts'
import { secretList } from './sources/secret-list.ts'
import { isSecretUsable } from './sources/usable-secret.ts'

export const COMMET_API_URL_DEFAULT = 'https://commet.co'

export type Settings = {
  /** Null where there is no key, or the address can't be used: then nothing is issued. */
  readonly billing: {
    readonly baseUrl: string
    readonly apiKey: string
    readonly mode: Mode
  } | null
  readonly bootstrapKey: string | null
  readonly linkKeys: readonly string[]
  /** Current first; empty: the audit log isn't sealed. */
  readonly auditKeys: readonly NamedKey[]
  /** Public halves of keys that have signed it and are gone: the newest checkpoint may be theirs. */
  readonly formerAuditKeys: readonly PublicKey[]
  readonly publicUrl: string | null
  /** What is deployed, where the deployment says it. */
  readonly gitCommit: string | null
  /** Of each endpoint, current first; empty means that the endpoint is off. */
  readonly endpointSecrets: ReadonlyMap<string, readonly string[]>
  /** Of each channel that has all that it needs, by the configured names; the others are off. */
  readonly channelSecrets: ReadonlyMap<string, ReadonlyMap<string, string>>
  /** Of each channel that is off: the names of what is not set. */
  readonly channelsOff: ReadonlyMap<string, readonly string[]>
  /** Of each endpoint that has a finder: what is set of what that needs, and the names of what is not. */
  readonly finderSecrets: ReadonlyMap<string, NamedSecrets>
  /** What keeps the deployment from working, by name and never by value. */
  readonly problems: readonly string[]
}

/** Makegood's own keys begin `ck_mg_`: one of them is no billing key. */
const COMMET_KEY = /^ck_(?!mg_)[\x21-\x7e]+$/
/** The official SDK refuses keys that don't begin `ck_`. */
const MAKEGOOD_KEY = new RegExp(`^ck_mg_[\\x21-\\x7e]{${OPERATOR_KEY_CHARS_MIN},}$`)

/** What .dev.vars.example holds, in clear or in base64: everybody knows it. */
const EXAMPLE = /local.development|bG9jYWwtZGV2ZWxvcG1lbn/

export function readSettings(given: Env, config: Config): Settings {
  const env = { ...given }
  const examples = examplesIn(env)
  for (const name of examples) Reflect.deleteProperty(env, name)
  const baseUrl = readAddress(env.COMMET_API_URL ?? COMMET_API_URL_DEFAULT)
  const apiKey = matching(env.COMMET_API_KEY, COMMET_KEY)
  const bootstrapKey = matching(env.BOOTSTRAP_KEY, MAKEGOOD_KEY)
  const linkKeys = secretList(env.LINK_KEY)
  const areLinkKeysLong = linkKeys.every((key) => key.length >= LINK_KEY_CHARS_MIN)
  const { auditKeys, ...audit } = readAuditSettings(env)
  const publicUrl = env.PUBLIC_URL ? readAddress(env.PUBLIC_URL) : null
  const requirements: [boolean, string][] = [
    [baseUrl !== null, 'COMMET_API_URL is not an https address'],
    [apiKey !== null, 'COMMET_API_KEY is not set, or not a ck_… key'],
    [
      bootstrapKey !== null,
      `BOOTSTRAP_KEY is not set, or not ck_mg_ and ${OPERATOR_KEY_CHARS_MIN} characters or more`,
    ],
    [
      linkKeys.length > 0 && areLinkKeysLong,
      `LINK_KEY is not set, or one of its keys is shorter than ${LINK_KEY_CHARS_MIN} characters`,
    ],
    ...audit.requirements,
    [!env.PUBLIC_URL || publicUrl !== null, 'PUBLIC_URL is not an https address'],
  ]
  const endpoints = [...config.endpoints].map(([name, endpoint]) => ({
    name,
    ...endpointSecrets(env, endpoint),
  }))
  const channels = config.notices.map((channel) => ({ channel, ...namedSecrets(env, channel) }))
  return {
    billing:
      baseUrl !== null && apiKey !== null ? { baseUrl, apiKey, mode: billingMode(apiKey) } : null,
    bootstrapKey,
    // A short key is not passed over in silence: the next one would then be taken for the current.
    linkKeys: areLinkKeysLong ? linkKeys : [],
    auditKeys,
    formerAuditKeys: audit.formerAuditKeys,
    publicUrl,
    gitCommit: matching(env.GIT_COMMIT, /^[0-9a-f]{7,64}$/),
    channelSecrets: new Map(
      channels
        .filter(({ missing }) => missing.length === 0)
        .map(({ channel, values }) => [channel.name, values]),
    ),
    channelsOff: new Map(
      channels
        .filter(({ missing }) => missing.length > 0)
        .map(({ channel, missing }) => [channel.name, missing]),
    ),
    finderSecrets: new Map(
      config.findMissed.map((finder) => [
        endpointFor(finder, config.endpoints) ?? '',
        namedSecrets(env, finder),
      ]),
    ),
    endpointSecrets: new Map(endpoints.map(({ name, usable }) => [name, usable])),
    problems: [
      ...examples.map((name) => `${name} is that of .dev.vars.example: it is not used`),
      ...requirements.filter(([isMet]) => !isMet).map(([, problem]) => problem),
      ...endpoints.flatMap(({ problems }) => problems),
      // Without any of them a channel is off, as an endpoint is; with some of them somebody has erred.
      ...channels
        .filter(({ values, missing }) => values.size > 0 && missing.length > 0)
        .map(({ channel, missing }) => `${channel.title} is told nothing: ${notSet(missing)}`),
    ],
  }
}

/** On this machine alone they do: whoever deploys with them has let in everybody. */
const examplesIn = (env: Env): readonly string[] =>
  isLoopback(URL.parse(env.PUBLIC_URL ?? '')?.hostname ?? '')
    ? []
    : Object.keys(env).filter((name) => EXAMPLE.test(secretOf(env, name) ?? ''))

/**
 * A secret that the vendor publishes proves nothing: outside of tests it counts as not set. So does
 * one that is not of the form that the endpoint's schemes need.
 */
function endpointSecrets(
  env: Env,
  { source, schemes, secret, mode }: Endpoint,
): { readonly usable: readonly string[]; readonly problems: readonly string[] } {
  const set = secretList(secretOf(env, secret))
  const own = mode === 'test' ? set : set.filter((each) => !source.publicSecrets?.includes(each))
  const usable = own.filter((each) => isSecretUsable(schemes, each))
  const faults: readonly [boolean, string][] = [
    [own.length < set.length, `that ${source.title} publishes for tests`],
    [usable.length < own.length, `of another form than ${source.title} needs`],
  ]
  const problems = faults
    .filter(([isThere]) => isThere)
    .map(([, fault]) => `${secret} holds a secret ${fault}: it is not used`)
  return { usable, problems }
}

type NamedSecrets = {
  readonly values: ReadonlyMap<string, string>
  readonly missing: readonly string[]
}

function namedSecrets(env: Env, { secrets }: Pick<Channel, 'secrets'>): NamedSecrets {
  const values = new Map<string, string>()
  for (const name of secrets) {
    const value = secretOf(env, name)
    if (value !== undefined) values.set(name, value)
  }
  return { values, missing: secrets.filter((name) => !values.has(name)) }
}

/**
 * One that can't be read isn't passed over: the next one would be taken for the current. The log's name is that of its
 * first key for ever, so keys that sign have one name; former ones may have had others.
 */
function readAuditSettings(env: Env) {
  const keys = secretList(env.AUDIT_KEY).map(readSigningKey)
  const former = secretList(env.AUDIT_KEY_FORMER).map(readPublicKey)
  const formerAuditKeys = former.every((key) => key !== null) ? former : []
  const names = new Set(keys.flatMap((key) => (key === null ? [] : [key.name])))
  const isOneLog = names.size <= 1
  const auditKeys = isOneLog && keys.every((key) => key !== null) ? keys : []
  const requirements: [boolean, string][] = [
    [isOneLog, 'AUDIT_KEY holds keys of several names, and a log has one: it is not sealed'],
    [
      !isOneLog || auditKeys.length > 0,
      'AUDIT_KEY is not set, or not as `npm run audit -- key` makes it: the audit log is not sealed',
    ],
    [
      formerAuditKeys.length === former.length,
      'AUDIT_KEY_FORMER holds what is not a public key, name+id+base64: it is not used',
    ],
  ]
  return { auditKeys, formerAuditKeys, requirements }
}

export const notSet = (names: readonly string[]): string =>
  `${names.join(', ')} ${names.length === 1 ? 'is' : 'are'} not set`

const matching = (value: string | undefined, form: RegExp): string | null =>
  value !== undefined && form.test(value) ? value : null

/** An address without its trailing slash: https, or http on loopback; null for anything else. */
function readAddress(text: string): string | null {
  const url = URL.parse(text)
  if (!url || url.search !== '' || url.hash !== '' || url.username !== '') return null
  const isPlain = url.protocol === 'http:' && isLoopback(url.hostname)
  if (url.protocol !== 'https:' && !isPlain) return null
  return url.origin + url.pathname.replace(/\/+$/, '')
}
