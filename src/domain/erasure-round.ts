// The rounds of an erasure. The first and the last look at all that is there; those between look at what was waited
// for and at what is newer, since all takes hours in a large database.

import type { ErasedCustomer, ErasureSeqs } from './erasure.ts'
import {
  ERASURE_AGAIN_FACTOR,
  ERASURE_AGAIN_SECONDS,
  ERASURE_AGAIN_SECONDS_MAX,
  ERASURE_OPEN_MAX,
} from './limits.ts'

/** What a round has found is found anew in the next one. */
export const asOfNow = (customer: ErasedCustomer): ErasedCustomer => ({
  ...customer,
  undecided: [],
  open: { adjustments: [], events: [] },
})

/** Without those that are too many: the last round, which looks at all, finds them. */
export const withOpen = (
  customer: ErasedCustomer,
  found: Partial<ErasureSeqs>,
): ErasedCustomer => ({
  ...customer,
  open: {
    adjustments: upTo([...customer.open.adjustments, ...(found.adjustments ?? [])]),
    events: upTo([...customer.open.events, ...(found.events ?? [])]),
  },
})

const upTo = (seqs: readonly number[]): readonly number[] => seqs.slice(0, ERASURE_OPEN_MAX)

/** `through`: the last adjustment that this round has looked at. */
export const afterRound = (
  customer: ErasedCustomer,
  { waits, through }: { readonly waits: boolean; readonly through: number },
): ErasedCustomer => ({
  ...customer,
  hasGrown: false,
  waited: customer.waited + (waits ? 1 : 0),
  // A text that was found late is looked for in all; and nothing ends but by a look at all.
  only:
    waits && !customer.hasGrown
      ? { ...customer.open, through: Math.max(through, customer.only?.through ?? 0) }
      : null,
})

export const waitSeconds = ({ waited }: ErasedCustomer): number =>
  Math.min(
    ERASURE_AGAIN_SECONDS * ERASURE_AGAIN_FACTOR ** Math.max(0, waited - 1),
    ERASURE_AGAIN_SECONDS_MAX,
  )
