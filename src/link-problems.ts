// What the configuration says of links, and what is wrong with it.

import {
  LINK_EXPIRE_DAYS_DEFAULT,
  LINK_EXPIRE_DAYS_MAX,
  LINK_PATH_CHARS_MAX,
} from './domain/limits-links.ts'
import { LINK_PATH_DEFAULT } from './domain/link.ts'
import { unknownFields } from './domain/unknown-fields.ts'

export type LinkOptions = {
  /** Days after which a link answers 410. Default 400. */
  readonly expireAfterDays?: number
  /** Hosts that a link may redirect to, besides Commet's own and the billing address's. */
  readonly hosts?: readonly string[]
  /** Of the short addresses: `/i` unless you say otherwise, and `/i` opens them always. */
  readonly path?: string
  /** Your own domain for them, which leads to this Worker: `https://docs.example.com`. Default PUBLIC_URL. */
  readonly origin?: string
}

const LINK_FIELDS = ['expireAfterDays', 'hosts', 'path', 'origin']

export function linkProblems(links: LinkOptions): string[] {
  const { expireAfterDays, hosts, path, origin } = links
  const problems = [
    ...unknownFields(links, LINK_FIELDS, 'links.'),
    ...linkAddressProblems(path ?? LINK_PATH_DEFAULT, origin),
  ]
  const days = expireAfterDays ?? LINK_EXPIRE_DAYS_DEFAULT
  if (!(Number.isInteger(days) && days >= 1 && days <= LINK_EXPIRE_DAYS_MAX)) {
    problems.push(
      `links.expireAfterDays: ${days} is not a whole number of days from 1 to ${LINK_EXPIRE_DAYS_MAX}`,
    )
  }
  if (!Array.isArray(hosts ?? [])) return [...problems, 'links.hosts: a list of hosts is wanted']
  for (const host of hosts ?? []) {
    if (!/^[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(host)) {
      problems.push(`links.hosts: ${host} is not a host name such as files.example.com`)
    }
  }
  return problems
}

const LINK_PATH = new RegExp(`^/[a-z0-9-]{1,${LINK_PATH_CHARS_MAX}}$`)
/** What the Worker answers itself. */
const OWN_PATHS =
  '/api /webhooks /healthz /readyz /docs /dashboard /login /logout /inbox /events /adjustments /customers /links /reports /rules /audit /endpoints /search /settings'.split(
    ' ',
  )

function linkAddressProblems(path: string, origin: string | undefined): string[] {
  const problems: string[] = []
  if (!LINK_PATH.test(path) || OWN_PATHS.includes(path)) {
    problems.push(`links.path: ${path} is not a path of one free name, such as /i or /documents`)
  }
  if (
    origin !== undefined &&
    (URL.parse(origin)?.origin !== origin || !origin.startsWith('https:'))
  ) {
    problems.push(`links.origin: ${origin} is not an origin such as https://docs.example.com`)
  }
  return problems
}
