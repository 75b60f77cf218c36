// A configuration's rules over recorded events, in their order, next to what was made of them then. A
// subject has one adjustment of a rule here too. Limits and holds are not replayed: on both sides
// stands what rules asked for. Memory grows with the subjects, not with the events.

import type { CustomerReference } from './customer.ts'
import type { Fate, Mode, SourceEvent } from './event.ts'
import { ownIds, type Rule, type Settlement } from './rule.ts'

/** An adjustment, as it was made or would be. */
export type Made = {
  readonly event: string
  readonly rule: string
  readonly account: string
  readonly subject: string
  readonly part: string
  /** Signed minor units: negative is a credit. */
  readonly amount: number
  readonly currency: string
  readonly customer: CustomerReference | null
  readonly mode: Mode | null
  readonly settlement: Settlement
}

/** An event with what was made of it. */
export type RecordedEvent = {
  /** Its place in the record. */
  readonly seq: number
  readonly id: string
  readonly account: string
  readonly source: string
  /** The one that counted: its own, or its endpoint's. */
  readonly mode: Mode | null
  readonly fate: Fate
  readonly rule: string | null
  readonly reason: string | null
  readonly made: readonly Made[]
  readonly undoes: { readonly subject: string; readonly ruleIds: readonly string[] } | null
}

export type KeptReason = 'payload_forgotten' | 'body_hidden' | 'not_readable'

/** What the rules get to see of a recorded event. */
export type Seen =
  | { readonly kind: 'event'; readonly event: SourceEvent }
  /** Nothing: it is taken for what it was then, so that it differs in nothing. */
  | { readonly kind: 'kept'; readonly reason: KeptReason }
  /** The configuration has no endpoint of its source. */
  | { readonly kind: 'not_received' }

/** What was said of an event then, and what the rules say now. */
export type Said = {
  readonly seq: number
  readonly event: string
  readonly saidThen: string
  readonly saidNow: string
}

/** `said`: null where it was made before the first event of the range. */
export type Entry = Made & { readonly said: Said | null }

export type Side = 'before' | 'after'
export type Place = Readonly<Record<Side, Entry[]>>

export type Backtest = {
  readonly rules: readonly Rule[]
  /** Each id of a rule, the former ones too, to the present one. */
  readonly ids: ReadonlyMap<string, string>
  /** By account, subject and part. */
  readonly places: Map<string, Place>
  /** By account, subject and rule, and again by these and the mode: which event undid it. */
  readonly undone: Readonly<Record<Side, Map<string, Said | null>>>
  readonly seen: Map<KeptReason | 'decided' | 'not_received', number>
  /** How often a fate became another one, by `then > now`. */
  readonly fates: Map<string, number>
}

export const beginBacktest = (rules: readonly Rule[]): Backtest => ({
  rules,
  ids: new Map(rules.flatMap((rule) => ownIds(rule).map((id): [string, string] => [id, rule.id]))),
  places: new Map(),
  undone: { before: new Map(), after: new Map() },
  seen: new Map(),
  fates: new Map(),
})

export const presentId = ({ ids }: Backtest, rule: string): string => ids.get(rule) ?? rule

export const undoKey = (backtest: Backtest, account: string, subject: string, rule: string) =>
  JSON.stringify([account, subject, presentId(backtest, rule)])

/** Each mode has an undo of its own, though one of any mode undoes. */
export const undoInMode = (key: string, mode: Mode | null): string => `${key} ${mode ?? ''}`

/** What stood before the first event of the range stands on both sides. */
export function addEarlier(backtest: Backtest, made: Made): void {
  for (const side of ['before', 'after'] as const) add(backtest, side, { ...made, said: null })
}

export function addEarlierUndo(
  backtest: Backtest,
  undo: Pick<Made, 'account' | 'subject' | 'rule' | 'mode'>,
): void {
  const key = undoKey(backtest, undo.account, undo.subject, undo.rule)
  for (const side of ['before', 'after'] as const) {
    for (const each of [key, undoInMode(key, undo.mode)]) backtest.undone[side].set(each, null)
  }
}

/** What its rule, under whichever of its ids, would already have made in its place. */
export function standing(backtest: Backtest, { account, subject, part, rule }: Made): Entry | null {
  const place = backtest.places.get(placeKey(account, subject, part))
  const id = presentId(backtest, rule)
  return place?.after.find((entry) => presentId(backtest, entry.rule) === id) ?? null
}

const placeKey = (account: string, subject: string, part: string): string =>
  JSON.stringify([account, subject, part])

export function add(backtest: Backtest, side: Side, entry: Entry): void {
  const key = placeKey(entry.account, entry.subject, entry.part)
  const place: Place = backtest.places.get(key) ?? { before: [], after: [] }
  place[side].push(entry)
  backtest.places.set(key, place)
}

/** The first one undoes; a later one finds it undone. */
export function addUndo(
  backtest: Backtest,
  side: Side,
  { account, mode, undoes }: Pick<RecordedEvent, 'account' | 'mode' | 'undoes'>,
  said: Said,
): void {
  const undone = backtest.undone[side]
  for (const rule of undoes?.ruleIds ?? []) {
    const key = undoKey(backtest, account, undoes?.subject ?? '', rule)
    for (const each of [key, undoInMode(key, mode)]) {
      if (!undone.has(each)) undone.set(each, said)
    }
  }
}
