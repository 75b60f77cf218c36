// One step of a search: what a source has from here on, and of it what never came.

import { heardAbout, knownEvents } from '../db/read-gaps.ts'
import type { ReceivedEvent } from '../db/pack-delivery.ts'
import { commitMissed } from '../db/write-gap-search.ts'
import type { Deps } from '../deps.ts'
import { decide } from '../domain/decide.ts'
import { isUnreadable, type SourceEvent, type Unreadable } from '../domain/event.ts'
import { adjustmentId, eventId, type EventId } from '../domain/ids.ts'
import {
  GAP_CLOCKS_APART_SECONDS,
  GAP_LEFT_NAMED_MAX,
  GAP_READ_SECONDS,
  GAP_UNREAD_SECONDS,
} from '../domain/gap-limits.ts'
import { BODY_BYTES_MAX } from '../domain/limits.ts'
import { ownIds, type Rule } from '../domain/rule.ts'
import type { AskTrouble, Candidate, Missed, Window } from '../gaps/finder.ts'
import { TICKET_KIND } from '../rules/ticket-template.ts'
import { zendeskPresetTags, zendeskRequestTags } from '../rules/zendesk-tags.ts'
import { readEvents } from '../sources/open-delivery.ts'
import type { ActiveFinder } from './finders-of.ts'
import { raiseAlarm } from './raise-alarm.ts'
import { readDelivery } from './receive-delivery.ts'
import { wakeMade } from './wake-committed.ts'

const MS_PER_MINUTE = 60_000

export type Stepped = {
  /** Everything before it was looked at. */
  readonly until: number
  /** Why something could not be read, or nothing at all; `at`: the first of it. */
  readonly trouble: (AskTrouble & { readonly at: number }) | null
  /** Not all was looked at: the time was up, or it makes no sense to go on. */
  readonly isLeft: boolean
}

/** `since`: what was asked for before is no gap, though it was touched meanwhile. `turn`: with whom to begin. */
export type Step = Window & { readonly since: number; readonly turn: number }

export async function stepSearch(deps: Deps, active: ActiveFinder, step: Step): Promise<Stepped> {
  const { config } = deps
  const { finder, secrets, name } = active
  const rules = config.rules.filter(({ source }) => source === finder.source)
  const wanted = {
    types: [...new Set(rules.flatMap(({ on }) => on))],
    tags: [...new Set(zendeskRequestTags(rules))],
    presets: zendeskPresetTags(rules),
    currency: config.currency,
  }
  const searched = await finder.search((secret) => secrets.get(secret) ?? '', wanted, step)
  const { from, to } = step
  if (!searched.ok) return { until: from, trouble: { ...searched.error, at: from }, isLeft: true }
  const { candidates, until } = searched.value
  const heard = await heardOf(deps, active, candidates)
  const open = new Set(candidates.filter((each) => !isHeard(heard.get(each), each.at)))
  const left: Left[] = []
  const looked = await look(deps, active, { ...step, open, heard, left })
  if (left.length > 0) {
    const why = [...new Set(left.map(([code]) => code))]
    const about = left.slice(0, GAP_LEFT_NAMED_MAX).map(([, what]) => what)
    const facts = { endpoint: name, left: left.length, why, about }
    await raiseAlarm(deps, 'deliveries_left', facts, name)
  }
  const first = Math.min(to, ...[...open].map(({ at }) => at))
  const trouble = looked.trouble === null ? null : { ...looked.trouble, at: first }
  return { until: looked.isLeft ? first : until, trouble, isLeft: looked.isLeft }
}

/** Why somebody has to look at what was found, and at what. */
type Left = readonly [code: string, about: string]

type Looking = Step & {
  /** What was not heard of yet; what is done is taken out. */
  readonly open: Set<Candidate>
  readonly heard: Heard
  readonly left: Left[]
}

async function look(
  deps: Deps,
  active: ActiveFinder,
  { open, heard, left, to, since, turn, isTimeUp }: Looking,
): Promise<{ readonly trouble: AskTrouble | null; readonly isLeft: boolean }> {
  let [trouble, isFirst]: [AskTrouble | null, boolean] = [null, true]
  for (const candidate of turned([...open], turn)) {
    // At least one at a time, however slow its source is.
    if (!isFirst && isTimeUp()) return { trouble, isLeft: true }
    isFirst = false
    const startedAt = deps.now()
    const read = await candidate.read(() => deps.now() - startedAt >= GAP_READ_SECONDS * 1_000)
    const about = 'ownId' in candidate.known ? candidate.known.ownId : candidate.known.subject
    if (!read.ok) {
      if (isOfAll(read.error)) return { trouble: read.error, isLeft: true }
      if (to - candidate.at < GAP_UNREAD_SECONDS * 1_000) {
        trouble ??= read.error
        continue
      }
      left.push([read.error.code, about])
    } else if (read.value !== null) {
      const askedAt = read.value.at ?? candidate.at
      if (!isHeard(heard.get(candidate), read.value.at) && askedAt < to) {
        const isLate = read.value.at !== null && read.value.at < since
        const code = isLate ? 'asked_long_ago' : await takeIn(deps, active, read.value)
        if (code !== null) left.push([code, about])
      }
    }
    open.delete(candidate)
  }
  return { trouble, isLeft: false }
}

/** So that a few that take all the time don't keep it from the others for ever. */
function turned<Each>(all: readonly Each[], turn: number): readonly Each[] {
  const first = all.length === 0 ? 0 : turn % all.length
  return [...all.slice(first), ...all.slice(0, first)]
}

/** Whatever is asked next meets the same: no connection, a refused key, a limiter. */
const isOfAll = ({ code, status }: AskTrouble): boolean =>
  code === 'network' || code === 'address_unusable' || status === 401 || status === 429

/**
 * `last`: when what came of it last had happened. Null as a time: nobody can tell, so whatever came was it.
 * Zendesk's templates may write a time without its seconds.
 */
function isHeard(last: number | undefined, at: number | null): boolean {
  if (last === undefined) return false
  if (at === null || last + GAP_CLOCKS_APART_SECONDS * 1_000 >= at) return true
  return last % MS_PER_MINUTE === 0 && at - last < MS_PER_MINUTE
}

type Heard = ReadonlyMap<Candidate, number>

/** When each was heard of last, in one read of each kind; an event that is there was heard for ever. */
async function heardOf(
  { db, config }: Deps,
  { account, finder }: ActiveFinder,
  candidates: readonly Candidate[],
): Promise<Heard> {
  const heard = new Map<Candidate, number>()
  const byId = new Map<EventId, Candidate>()
  const byKey = new Map<string, Candidate>()
  const ids = config.rules.filter(({ source }) => source === finder.source).flatMap(ownIds)
  for (const candidate of candidates) {
    const { known } = candidate
    if ('ownId' in known) byId.set(await eventId(account, known.ownId), candidate)
    else {
      byKey.set(known.subject, candidate)
      for (const id of ids) byKey.set(await adjustmentId(id, account, known.subject, ''), candidate)
    }
  }
  if (byId.size > 0) {
    for (const id of await knownEvents(db, [...byId.keys()])) {
      const candidate = byId.get(id)
      if (candidate) heard.set(candidate, Infinity)
    }
  }
  if (byKey.size > 0) {
    const ticketsOf = { account, type: TICKET_KIND }
    for (const [key, at] of await heardAbout(db, ticketsOf, [...byKey.keys()])) {
      const candidate = byKey.get(key)
      if (candidate) heard.set(candidate, Math.max(at, heard.get(candidate) ?? 0))
    }
  }
  return heard
}

/**
 * As its delivery would have been, in one batch; what its source says twice is one event all the same. A code
 * where it is left: then nothing of it is written, and a delivery that comes after all is the first.
 */
async function takeIn(
  deps: Deps,
  { name, endpoint, finder }: ActiveFinder,
  { body: text, doubt }: Missed,
): Promise<string | null> {
  const body = new TextEncoder().encode(text)
  const facts = { signed: { id: null, timestamp: null }, unsignedHeader: () => null }
  const read = readEvents(endpoint.source, JSON.parse(text), facts)
  if (!read.ok) return read.error
  if (body.length > BODY_BYTES_MAX) return 'too_large'
  const rules = doubt === null ? deps.config.rules : deps.config.rules.map(heldFor(doubt))
  if (doubt !== null && !read.value.every((each) => isHoldable(rules, finder.source, each))) {
    return doubt
  }
  const opened = {
    kind: 'events',
    events: read.value,
    isWhole: true,
    raw: { encoding: 'utf8', body: text },
    unsignedId: null,
    answer: null,
  } as const
  const incoming = { endpoint: name, body, actor: 'system:gaps' } as const
  const ways = { ...deps, config: { ...deps.config, rules } }
  const packed = await readDelivery(ways, incoming, endpoint, opened, deps.now())
  if (finder.isRetried && !packed.delivery.events.every(isWhole)) return 'not_whole'
  await wakeMade(deps, await commitMissed(deps.db, packed))
  return null
}

/** Whatever the rule proposes waits for a person. */
const heldFor =
  (doubt: string) =>
  (rule: Rule): Rule => ({
    ...rule,
    decide(event) {
      const outcome = rule.decide(event)
      if (outcome.kind !== 'adjust') return outcome
      const proposals = outcome.proposals.map((each) => ({ ...each, hold: each.hold ?? doubt }))
      return { ...outcome, proposals }
    },
  })

/** An undo or an approval can't wait for a person: who asked for it has to be beyond doubt. */
const isHoldable = (
  rules: readonly Rule[],
  source: string,
  event: SourceEvent | Unreadable,
): boolean => !isUnreadable(event) && decide(rules, source, event).kind === 'adjust'

/** An older version of the source's API lacks what rules read, and a delivery may have it. */
const isWhole = ({ fate, adjustments }: ReceivedEvent): boolean =>
  fate !== 'undecided' && adjustments.every((each) => each.customerReference !== null)
