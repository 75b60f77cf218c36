// What one adjustment asks of the limits: the configuration's numbers for its rule, settlement and
// place in time. The claim and the dry run ask the same.

import type { Asked } from '../db/asked.ts'
import type { Adjustment } from '../db/schema.ts'
import { holdReasons, type AdjustmentFacts, type ResolvedCustomer } from '../domain/adjustment.ts'
import { isAskerHidden } from '../domain/approval.ts'
import { dayOf } from '../domain/day.ts'
import type { Mode } from '../domain/event.ts'
import type { HoldDetail } from '../domain/hold.ts'
import { adjustmentId, type AdjustmentId } from '../domain/ids.ts'
import { ownIds } from '../domain/rule.ts'
import type { Config } from '../config.ts'
import type { Deps } from '../deps.ts'

const MS_PER_HOUR = 3_600_000

const hourOf = (at: number): string => String(Math.floor(at / MS_PER_HOUR))

/**
 * The rule's ids, and those of the rules that it goes alongside, each with its former ones. A rule that is
 * configured no more, or none at all, has its id alone.
 */
export function ruleFacts(
  { rules }: Config,
  ruleId: string,
): { readonly ruleIds: readonly string[]; readonly alongside: readonly string[] } {
  const idsOf = (id: string): readonly string[] => {
    const rule = rules.find((each) => ownIds(each).includes(id))
    return rule ? [...new Set([id, ...ownIds(rule)])] : [id]
  }
  const rule = rules.find((each) => ownIds(each).includes(ruleId))
  return { ruleIds: idsOf(ruleId), alongside: rule?.alongside.flatMap(idsOf) ?? [] }
}

/**
 * Why a person has to look first, as far as that is seen without the other adjustments.
 * `endpointStartedAt`: when its endpoint received its first event, milliseconds; null where it has not.
 */
export const reasonsSeen = (
  config: Config,
  mode: Mode,
  adjustment: AdjustmentFacts,
  customer: ResolvedCustomer,
  endpointStartedAt: number | null,
): HoldDetail[] =>
  holdReasons(adjustment, customer, {
    ...config,
    mode,
    endpoint: {
      // A person has a key. An endpoint that is configured no more can't say that it proved its bodies.
      holdsAll:
        adjustment.maker === null && (config.endpoints.get(adjustment.endpoint)?.holdsAll ?? true),
      startedAt: endpointStartedAt,
    },
  })

export type Seen = {
  readonly customer: string | null
  readonly found: readonly HoldDetail[]
  /** The billing key's mode; under a live one new rules are held. */
  readonly mode?: Mode
  /** Minor units of its event's other parts for its subject, where they aren't in the database. */
  readonly otherParts?: number
  readonly otherIds?: readonly AdjustmentId[]
}

/** What the billing API's invoice of it may carry where its rule has had other ids. */
export function otherIdsOf(
  config: Config,
  { ruleId, account, subject, part }: AdjustmentFacts,
): Promise<AdjustmentId[]> {
  const { ruleIds } = ruleFacts(config, ruleId)
  const others = ruleIds.filter((each) => each !== ruleId)
  return Promise.all(others.map((each) => adjustmentId(each, account, subject, part)))
}

/** What of a row the limits ask about; a new one has counted nowhere yet. */
export type Asking = AdjustmentFacts &
  Pick<Adjustment, 'seq' | 'countedAt' | 'countedDay' | 'firstAttemptedAt' | 'clearedReasons'>

/**
 * Once an attempt was made no limit is asked again, since its room is taken; one that has failed gave
 * it back.
 */
export function askedOf(
  { config, now }: Pick<Deps, 'config' | 'now'>,
  adjustment: Asking,
  { customer, found, mode, otherParts, otherIds = [] }: Seen,
): Asked {
  const { limits, timeZone } = config
  const at = now()
  const day = dayOf(at, timeZone)
  const { countedAt, countedDay } = adjustment
  const size = Math.abs(adjustment.amount)
  const isThisHour = countedAt !== null && hourOf(countedAt) === hourOf(at)
  const isAsked = adjustment.firstAttemptedAt === null || countedAt === null
  const isMadeByRule = adjustment.maker === null && adjustment.reverses === null
  return {
    ...ruleFacts(config, adjustment.ruleId),
    seq: adjustment.seq,
    eventId: adjustment.eventId,
    account: adjustment.account,
    subject: adjustment.subject,
    endpoint: adjustment.endpoint,
    settlement: adjustment.settlement,
    mode: adjustment.mode,
    amount: adjustment.amount,
    currency: adjustment.currency,
    customer,
    asker: adjustment.asker,
    isAskerHidden: isAskerHidden(adjustment),
    otherParts: otherParts ?? null,
    otherIds,
    now: at,
    day,
    hour: hourOf(at),
    countedInDay: countedDay === day ? size : 0,
    countedInHour: isThisHour ? size : 0,
    limits: isAsked ? limits.of[adjustment.settlement] : null,
    first: mode === 'live' && isMadeByRule ? limits.holdFirst : 0,
    // A reversal is to be of the same amount as something else.
    duplicateMs: isAsked && adjustment.reverses === null ? limits.duplicateHours * MS_PER_HOUR : 0,
    found,
    cleared: adjustment.clearedReasons ?? [],
  }
}
