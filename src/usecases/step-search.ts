// One step of a search: what a source has from here on, and of it what never came.

import { heardAbout, knownEvents } from '../db/read-gaps.ts'
import { commitMissed } from '../db/write-gap-search.ts'
import type { Deps } from '../deps.ts'
import { adjustmentId, eventId, type EventId } from '../domain/ids.ts'
import { GAP_CLOCKS_APART_SECONDS, GAP_UNREADABLE_MAX } from '../domain/gap-limits.ts'
import { BODY_BYTES_MAX } from '../domain/limits.ts'
import { ownIds } from '../domain/rule.ts'
import type { AskTrouble, Candidate, Missed, Window } from '../gaps/finder.ts'
import { zendeskRequestTags } from '../rules/zendesk-tags.ts'
import { readEvents } from '../sources/open-delivery.ts'
import type { ActiveFinder } from './finders-of.ts'
import { readDelivery } from './receive-delivery.ts'
import { wakeMade } from './wake-committed.ts'

export type Stepped = {
  /** Everything before it was looked at. */
  readonly until: number
  /** Why something could not be read, or nothing at all; `at`: the first of it. */
  readonly trouble: (AskTrouble & { readonly at: number }) | null
  /** Not all was looked at: the time was up, or it makes no sense to go on. */
  readonly isLeft: boolean
}

export async function stepSearch(
  deps: Deps,
  active: ActiveFinder,
  window: Window,
): Promise<Stepped> {
  const { config } = deps
  const { finder, secrets } = active
  const rules = config.rules.filter(({ source }) => source === finder.source)
  const wanted = {
    types: [...new Set(rules.flatMap(({ on }) => on))],
    tags: [...new Set(zendeskRequestTags(rules))],
    currency: config.currency,
  }
  const searched = await finder.search((name) => secrets.get(name) ?? '', wanted, window)
  const { from, to } = window
  if (!searched.ok) return { until: from, trouble: { ...searched.error, at: from }, isLeft: true }
  const { candidates, until } = searched.value
  const heard = await heardOf(deps, active, candidates)
  let [looked, failed] = [0, 0]
  let trouble: Stepped['trouble'] = null
  for (const candidate of candidates) {
    const last = heard.get(candidate) ?? null
    if (isHeard(last, candidate.at)) continue
    const at = Math.min(candidate.at, to)
    // At least one at a time, however slow its source is.
    if (looked > 0 && window.isTimeUp()) return { until: at, trouble, isLeft: true }
    looked += 1
    const read = await candidate.read()
    if (!read.ok) {
      failed += 1
      trouble ??= { ...read.error, at }
      const isVain = isOfAll(read.error) || failed >= GAP_UNREADABLE_MAX
      if (isVain) return { until: at, trouble, isLeft: true }
    } else if (read.value !== null) {
      const askedAt = read.value.at ?? candidate.at
      if (!isHeard(last, read.value.at) && askedAt < to) await takeIn(deps, active, read.value)
    }
  }
  return { until, trouble, isLeft: false }
}

/** Whatever is asked next meets the same: no connection, a refused key, a limiter. */
const isOfAll = ({ status }: AskTrouble): boolean =>
  status === null || status === 401 || status === 403 || status === 429

/** `last`: when something about it came. Null as a time: nobody can tell, so whatever came was it. */
const isHeard = (last: number | null, at: number | null): boolean =>
  last !== null && (at === null || last + GAP_CLOCKS_APART_SECONDS * 1_000 >= at)

/** When each was heard of last, in one read of each kind; an event that is there was heard for ever. */
async function heardOf(
  { db, config }: Deps,
  { account, finder }: ActiveFinder,
  candidates: readonly Candidate[],
): Promise<ReadonlyMap<Candidate, number>> {
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
    for (const [key, at] of await heardAbout(db, account, [...byKey.keys()])) {
      const candidate = byKey.get(key)
      if (candidate) heard.set(candidate, Math.max(at, heard.get(candidate) ?? 0))
    }
  }
  return heard
}

/** As its delivery would have been, in one batch; what its source says twice is one event all the same. */
async function takeIn(
  deps: Deps,
  { name, endpoint }: ActiveFinder,
  { body: text }: Missed,
): Promise<void> {
  const body = new TextEncoder().encode(text)
  const facts = { signed: { id: null, timestamp: null }, unsignedHeader: () => null }
  const read = readEvents(endpoint.source, JSON.parse(text), facts)
  if (!read.ok || body.length > BODY_BYTES_MAX) {
    const code = read.ok ? 'too_large' : read.error
    return deps.log({ event: 'alarm.missed_unreadable', endpoint: name, code })
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
  const packed = await readDelivery(deps, incoming, endpoint, opened, deps.now())
  await wakeMade(deps, await commitMissed(deps.db, packed))
}
