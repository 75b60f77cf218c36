// The configuration: what `makegood.config.ts` says, checked before anything runs. A wrong one does
// not start.

import { accessProblems } from './access-problems.ts'
import { accessOf, type Access, type AccessOptions } from './domain/access.ts'
import { currencyDecimals } from './domain/currencies.ts'
import { CHANNELS_MAX } from './domain/limits.ts'
import { LINK_EXPIRE_DAYS_DEFAULT } from './domain/limits-links.ts'
import { LINK_PATH_DEFAULT } from './domain/link.ts'
import { limitProblems, limitsOf, type LimitOptions, type Limits } from './domain/money-limits.ts'
import { noteTextProblems, type NoteTexts } from './domain/note-texts.ts'
import { redactProblems } from './domain/redact.ts'
import { reasonsOf, type Reason, type ReasonOptions } from './domain/reason.ts'
import {
  retentionOf,
  retentionProblems,
  type Retention,
  type RetentionOptions,
} from './domain/retention.ts'
import type { Rule } from './domain/rule.ts'
import { unknownFields } from './domain/unknown-fields.ts'
import { finderProblems } from './finder-problems.ts'
import type { Finder } from './gaps/finder.ts'
import { linkProblems, type LinkOptions } from './link-problems.ts'
import type { Channel } from './notices/channel.ts'
import { accountProblems, endpointProblems, secretProblems } from './endpoint-problems.ts'
import { zendeskRequestTags } from './rules/zendesk-tags.ts'
import { reasonProblems, ruleProblems, ruleShapeProblems } from './rule-problems.ts'
import type { Endpoint } from './sources/source.ts'

export type ConfigInput = {
  /** The currency that customers are billed in: an ISO 4217 code with two decimals. */
  readonly currency: string
  /** IANA name; days and months of limits and reports are counted in it. */
  readonly timeZone: string
  readonly endpoints: Readonly<Record<string, Endpoint>>
  /** In order of precedence: the first that doesn't ignore an event decides. */
  readonly rules: readonly Rule[]
  /** Reasons besides the usual ones, or another label or ledger account for one of these. */
  readonly reasons?: ReasonOptions
  readonly limits?: LimitOptions
  readonly links?: LinkOptions
  /** Who is told what became of it: zendeskComment(), slack() … */
  readonly notices?: readonly Channel[]
  /** Which sources are asked for deliveries that never came: stripeEvents(), zendeskTickets(). */
  readonly findMissed?: readonly Finder[]
  /** What they are told, in place of the usual three lines: `{ issued: ['…', '…', '…'] }`. */
  readonly texts?: NoteTexts
  /** Fields that are never kept, besides secrets and card numbers: a name, or a path's last steps. */
  readonly redact?: readonly string[]
  /** How long what was delivered is kept. */
  readonly retention?: RetentionOptions
  /** Who may do what that comes by Cloudflare Access (docs/access.md). Without it there are keys alone. */
  readonly access?: AccessOptions
}

export type Config = {
  readonly currency: string
  readonly timeZone: string
  readonly endpoints: ReadonlyMap<string, Endpoint>
  readonly rules: readonly Rule[]
  readonly reasons: ReadonlyMap<string, Reason>
  readonly limits: Limits
  readonly links: Omit<Required<LinkOptions>, 'origin'> & { readonly origin: string | null }
  readonly notices: readonly Channel[]
  readonly findMissed: readonly Finder[]
  readonly texts: NoteTexts
  readonly redact: readonly string[]
  readonly retention: Retention
  readonly access: Access | null
}

const FIELDS = [
  'currency',
  'timeZone',
  'endpoints',
  'rules',
  'reasons',
  'limits',
  'links',
  'notices',
  'findMissed',
  'texts',
  'redact',
  'retention',
  'access',
]
const COMMET_HOST = 'commet.co'

/** Throws one Error that lists every problem, a line each, with the path of the field. */
export function defineConfig(input: ConfigInput): Config {
  const shape = shapeProblems(input)
  const problems = shape.length > 0 ? shape : problemsOf(input)
  if (problems.length > 0) {
    throw new Error(`makegood.config.ts:\n${problems.map((line) => `  ${line}`).join('\n')}`)
  }
  return {
    currency: input.currency,
    timeZone: input.timeZone,
    endpoints: new Map(Object.entries(input.endpoints)),
    rules: input.rules,
    reasons: reasonsOf(input.reasons ?? {}),
    limits: limitsOf(input.limits ?? {}),
    links: {
      expireAfterDays: input.links?.expireAfterDays ?? LINK_EXPIRE_DAYS_DEFAULT,
      hosts: [COMMET_HOST, ...(input.links?.hosts ?? [])],
      path: input.links?.path ?? LINK_PATH_DEFAULT,
      origin: input.links?.origin ?? null,
    },
    notices: input.notices ?? [],
    findMissed: input.findMissed ?? [],
    texts: input.texts ?? {},
    redact: input.redact ?? [],
    retention: retentionOf(input.retention ?? {}),
    access: input.access === undefined ? null : accessOf(input.access),
  }
}

/** What would keep the other checks from reading it, told before them. TypeScript says it as well. */
function shapeProblems(input: ConfigInput): string[] {
  const {
    endpoints,
    rules,
    reasons = {},
    limits = {},
    links = {},
    texts = {},
    retention = {},
    access = {},
  } = input
  const groups = Object.entries({ endpoints, reasons, limits, links, texts, retention, access })
    .filter(([, group]) => !isGroup(group))
    .map(([field]) => `${field}: settings in braces are wanted`)
  const named = isGroup(endpoints) ? Object.entries(endpoints) : []
  const unmade = named
    .filter(([, endpoint]) => !isGroup(endpoint) || !isGroup(endpoint.source))
    .map(([name]) => `endpoints.${name}: a source is called here, such as stripe({ secret: … })`)
  const lists = [
    ...(Array.isArray(rules) ? [] : ['rules: a list of rules is wanted']),
    ...(Array.isArray(input.findMissed ?? []) ? [] : ['findMissed: a list of finders is wanted']),
  ]
  return [...groups, ...unmade, ...lists, ...(Array.isArray(rules) ? ruleShapeProblems(rules) : [])]
}

const isGroup = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function problemsOf(input: ConfigInput): string[] {
  return [
    ...unknownFields(input, FIELDS, ''),
    ...currencyProblems(input.currency),
    ...timeZoneProblems(input.timeZone),
    ...Object.entries(input.endpoints).flatMap(([name, endpoint]) =>
      endpointProblems(name, endpoint),
    ),
    ...accountProblems(input.endpoints),
    ...secretProblems(input.endpoints),
    ...reasonProblems(input.reasons ?? {}),
    ...ruleProblems(input),
    ...limitProblems(input.limits ?? {}, input.currency),
    ...linkProblems(input.links ?? {}),
    ...noticeProblems(input.notices ?? []),
    ...finderProblems(input.findMissed ?? [], input.endpoints, input.rules),
    ...noteTextProblems(input.texts ?? {}),
    ...requestTagProblems(input),
    ...retentionProblems(input.retention ?? {}),
    ...(input.access === undefined ? [] : accessProblems(input.access)),
    ...redactProblems(input.redact ?? [], () => input.rules.flatMap((rule) => rule.paths())),
  ]
}

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

function noticeProblems(notices: readonly Channel[]): string[] {
  const problems = notices.flatMap(({ name, problems: own, secrets }, position) => {
    const path = `notices[${position}]`
    const again = notices.findIndex((other) => other.name === name) < position
    return [
      ...own.map((problem) => `${path} (${name}).${problem}`),
      ...(again ? [`${path}: there are two channels ${name}`] : []),
      // The value is not repeated here: who puts a secret itself there must not find it in a log.
      ...(secrets.every((secret) => /^[A-Z][A-Z0-9_]{0,63}$/.test(secret))
        ? []
        : [`${path} (${name}): names of secrets are wanted, such as SLACK_WEBHOOK_URL`]),
    ]
  })
  if (notices.length > CHANNELS_MAX) problems.push(`notices: more than ${CHANNELS_MAX} channels`)
  return problems
}

/** A tag that a comment leaves on the ticket asks again, and the answer to that is the next comment. */
function requestTagProblems({ rules, notices = [] }: ConfigInput): string[] {
  const asking = zendeskRequestTags(rules)
  return notices.flatMap(({ name, requestTags }, position) => {
    const left = requestTags === undefined ? [] : asking.filter((tag) => !requestTags.includes(tag))
    return left.map((tag) => {
      const path = `notices[${position}] (${name}).requestTags`
      return `${path}: lacks ${tag}, by which the rules are asked; name ${asking.join(', ')}`
    })
  })
}
