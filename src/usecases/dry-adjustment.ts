// What would become of one adjustment if it came now: the same questions as the door's and the claim's,
// asked without writing anything.

import type { BillingError } from '../commet/client.ts'
import { askDry } from '../db/ask-dry.ts'
import { findAdjustments } from '../db/read-adjustments.ts'
import { findPausing } from '../db/read-switches.ts'
import type { Adjustment } from '../db/schema.ts'
import type { NewAdjustment } from '../db/pack-delivery.ts'
import { isWithdrawn, type ResolvedCustomer } from '../domain/adjustment.ts'
import type { HoldDetail } from '../domain/hold.ts'
import type { EventId } from '../domain/ids.ts'
import { ok, type Result } from '../domain/result.ts'
import type { Switch } from '../domain/switch.ts'
import type { Billing, Deps } from '../deps.ts'
import { askedOf, reasonsSeen } from './ask-limits.ts'
import { recordedTwice } from './note-refund.ts'
import { resolveCustomer } from './resolve-customer.ts'

const COMPARED = ['amount', 'currency', 'customerReference', 'mode'] as const

/** The adjustment that is there already, or comes earlier in the same payload (then without a state). */
export type Standing = Pick<
  Adjustment,
  'id' | 'eventId' | 'reversedBy' | (typeof COMPARED)[number]
> & {
  readonly state: Adjustment['state'] | null
}

/** What a new one meets; `wait`: it is paused, and then what the reasons say. */
export type Prospect = {
  readonly would: 'issue' | 'hold' | 'wait' | 'cancel'
  readonly customer: ResolvedCustomer
  readonly holdReasons: readonly HoldDetail[]
  readonly approversNeeded: number
  readonly pausedBy: readonly Switch[]
}

export type DryAdjustment = { readonly made: NewAdjustment } & (
  | ({ readonly isNew: true } & Prospect)
  | {
      readonly isNew: false
      /** `exists`: this very event has made it. */
      readonly would: 'exists' | 'duplicate' | 'conflict'
      readonly standing: Standing
      readonly differences: readonly (typeof COMPARED)[number][]
    }
)

export type DryContext = {
  readonly billing: Billing
  /** Of the recorded event that is run again; null for one that hasn't come. */
  readonly recordedAs: EventId | null
  readonly endpointStartedAt: number
  /** All that its event makes. */
  readonly parts: readonly NewAdjustment[]
  /** Those of this dry run so far, which a delivery would have made before. */
  readonly earlier: readonly NewAdjustment[]
}

export async function dryAdjustment(
  deps: Pick<Deps, 'config' | 'db' | 'now'>,
  made: NewAdjustment,
  around: DryContext,
): Promise<Result<DryAdjustment, BillingError>> {
  const ids = [made.id, ...made.formerIds]
  const standing: readonly Standing[] = [
    ...(await findAdjustments(deps.db, ids)),
    ...around.earlier
      .filter(({ id }) => ids.includes(id))
      .map((each) => ({ ...each, state: null, reversedBy: null })),
  ]
  const isOwn = ({ eventId }: Standing) => eventId === around.recordedAs
  const rival = standing.find(
    (each) => !isOwn(each) && (isWithdrawn(each) || differencesOf(made, each).length > 0),
  )
  const [first = null] = rival ? [rival] : standing
  if (first !== null) {
    const would = rival ? 'conflict' : standing.some(isOwn) ? 'exists' : 'duplicate'
    const differences = differencesOf(made, first)
    return ok({ made, isNew: false, would, standing: first, differences })
  }
  const prospect = await prospectOf(deps, made, around)
  return prospect.ok ? ok({ made, isNew: true, ...prospect.value }) : prospect
}

const differencesOf = (made: NewAdjustment, standing: Standing) =>
  COMPARED.filter((field) => made[field] !== standing[field])

/** The limits are asked as if its event were alone: others of the same dry run don't count. */
async function prospectOf(
  deps: Pick<Deps, 'config' | 'db' | 'now'>,
  made: NewAdjustment,
  { billing, endpointStartedAt, parts }: DryContext,
): Promise<Result<Prospect, BillingError>> {
  const { config, db } = deps
  const { mode } = billing
  const row = { ...made, ...NEW_ROW }
  const resolved = await resolveCustomer(deps, billing, row, { keeps: false })
  if (!resolved.ok) return resolved
  const customer = resolved.value
  const { customerId } = customer
  const record = { ...row, createdAt: deps.now() }
  const twice = await recordedTwice(deps, billing, record, customer, { keeps: false })
  if (!twice.ok) return twice
  const seen = reasonsSeen(config, mode, made, customer, endpointStartedAt)
  const doubts = [...seen, ...twice.value.doubts]
  const otherParts = otherPartsOf(made, parts)
  const asked = askedOf(deps, row, { customer: customerId, found: doubts, mode, otherParts })
  const { found, isUndone, approversNeeded } = await askDry(db, asked)
  const pausedBy = await findPausing(db, { ...asked, customerId })
  const decided = isUndone ? 'cancel' : found.length > 0 ? 'hold' : 'issue'
  return ok({
    would: pausedBy.length > 0 ? 'wait' : decided,
    customer,
    holdReasons: found,
    approversNeeded: found.length > 0 ? approversNeeded : 0,
    pausedBy,
  })
}

/** Minor units, as the claim adds them up. */
const otherPartsOf = (made: NewAdjustment, parts: readonly NewAdjustment[]): number =>
  parts
    .filter(
      ({ id, subject, amount, currency }) =>
        id !== made.id &&
        subject === made.subject &&
        currency === made.currency &&
        Math.sign(amount) === Math.sign(made.amount),
    )
    .reduce((sum, { amount }) => sum + Math.abs(amount), 0)

const NEW_ROW = {
  seq: 0,
  countedAt: null,
  countedDay: null,
  firstAttemptedAt: null,
  clearedReasons: null,
  chosenCustomerId: null,
} as const
