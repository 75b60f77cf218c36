// What a person would make by hand of an event that waits for one: what it asks for by the present rules, or what is
// known of that. He sees it, changes it, and sends it himself.

import type { Event } from '../db/schema.ts'
import type { NewAdjustment } from '../db/pack-delivery.ts'
import { NO_PAYLOAD } from '../db/pack-payloads.ts'
import { findIdentified } from '../db/read-identities.ts'
import type { CustomerReference } from '../domain/customer.ts'
import { isIdentityKind } from '../domain/identity.ts'
import { ownIds, type Settlement } from '../domain/rule.ts'
import type { Deps } from '../deps.ts'
import { decideEvent } from './decide-event.ts'
import { readRecorded } from './read-recorded.ts'

export type ByHandPrefill = {
  /** Signed minor units with their currency; null where the rules want nothing, or not one thing. */
  readonly amount: { readonly amount: number; readonly currency: string } | null
  readonly customer: CustomerReference | null
  readonly reason: string | null
  readonly settlement: Settlement | null
  readonly originalInvoice: string | null
}

export async function prefillByHand(
  deps: Pick<Deps, 'config' | 'db' | 'ruleSet'>,
  recorded: Event,
): Promise<ByHandPrefill> {
  const read = await readRecorded(deps, recorded.id)
  const adjustments = read.ok
    ? (await decideEvent(deps, read.value.delivered, read.value.event, NO_PAYLOAD)).adjustments
    : []
  const [wanted] = adjustments
  if (wanted === undefined || adjustments.length > 1) return ofRule(deps, recorded)
  const { amount, currency, reason, settlement, originalInvoice } = wanted
  return {
    amount: { amount, currency },
    customer: await customerOf(deps, wanted),
    reason,
    settlement,
    originalInvoice,
  }
}

/** What is undecided, or kept no more, still says by which rule. */
function ofRule({ config }: Pick<Deps, 'config'>, { ruleId }: Event): ByHandPrefill {
  const rule = config.rules.find((each) => ruleId !== null && ownIds(each).includes(ruleId))
  const { reason = null, settlement = null } = rule ?? {}
  return { amount: null, customer: null, reason, settlement, originalInvoice: null }
}

/** Who was named for the event's account would not be found by what a person makes, which has another. */
async function customerOf(
  { db }: Pick<Deps, 'db'>,
  { account, customerKind: kind, customerReference: value }: NewAdjustment,
): Promise<CustomerReference | null> {
  if (value === null) return null
  if (!isIdentityKind(kind)) return { kind, value }
  const { customerId } = await findIdentified(db, { account, kind, value })
  return customerId === null ? { kind, value } : { kind: 'billing_id', value: customerId }
}
