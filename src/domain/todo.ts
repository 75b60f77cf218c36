// What a person can do about an adjustment that goes on no further by itself, by the code of its last
// trouble. Nothing of it is stored.

import type { AdjustmentState } from './adjustment.ts'
import type { HoldReason } from './hold.ts'
import type { Trouble } from './trouble.ts'

type Stuck = {
  readonly state: AdjustmentState
  readonly holdReasons: readonly HoldReason[] | null
  readonly trouble: Trouble | null
  readonly wakeAt: number | null
}

const AGAIN = 'then try it again'

const BY_CODE: Readonly<Record<string, string>> = {
  customer_not_found: `Billing has no such customer any more: see which one is meant, ${AGAIN}.`,
  validation_error: `Billing refuses what is asked for: see the customer and his plan there, ${AGAIN}.`,
  invalid_json: 'Billing could not read the request: whoever maintains Makegood has to look.',
  invalid_request: 'The request can not be sent as it is: whoever maintains Makegood has to look.',
  not_found: `Billing has nothing at this address: see COMMET_API_URL, ${AGAIN}.`,
  endpoint_deprecated: 'Billing has ended this version of its API: update Makegood.',
  duplicate: 'Billing says that it is there already: look for its invoice there.',
  rate_limited: `Billing refuses it for a limit that is not said to end: ask there, ${AGAIN}.`,
  threw: `Makegood itself failed: see the log at this time, ${AGAIN} once that is mended.`,
  words_forgotten:
    'What its caller wrote for the invoice is forgotten: ask for it anew, with another Idempotency-Key.',
  second_invoice: 'It has two invoices: void one of them at billing.',
}

const NOT_ANSWERED = `Billing has not answered for more than a day: see if it does, ${AGAIN}.`
const REFUSED = `Billing refuses it: see why there, mend that, ${AGAIN}.`
const LOOK =
  'Look at billing for an invoice with its id in the metadata: adopt it, or try it again if there is none but void ones.'

/** A sentence for a person; null where nothing is to be done, or its holds say it. */
export function todoOf({ state, holdReasons, trouble, wakeAt }: Stuck): string | null {
  if (state === 'held') return (holdReasons ?? []).includes('outcome_unknown') ? LOOK : null
  if (trouble === null) return null
  if (state === 'failed') return helpFor(trouble)
  if (state !== 'invoiced' || wakeAt !== null) return null
  if (trouble.step === 'settle') return 'It could not be marked paid: see its invoice at billing.'
  if (trouble.step === 'void') return 'It could not be voided: see its invoice at billing.'
  return BY_CODE[trouble.code] ?? null
}

/** Of what has failed, and is tried again only if a person says so. */
export function helpFor({ code, status }: Trouble): string {
  const known = Object.hasOwn(BY_CODE, code) ? BY_CODE[code] : undefined
  if (known !== undefined) return known
  return status === null || status >= 500 || status === 408 ? NOT_ANSWERED : REFUSED
}
