// What an erasure does with one adjustment: which of its fields go, and whether it has to wait for it. Money
// comes first: nothing goes by which somebody is still paid, held back, or kept from answering himself.

import type { AdjustmentState } from './adjustment.ts'
import type { CustomerKind } from './customer.ts'
import {
  comparable,
  holdsIn,
  isEmail,
  namesHim,
  namesOf,
  type ErasedCustomer,
  type ErasedReference,
} from './erasure.ts'
import type { AdjustmentId } from './ids.ts'
import { ERASURE_IDENTIFIERS_MAX, MS_PER_DAY } from './limits.ts'
import type { Limits } from './money-limits.ts'

export type ErasableAdjustment = {
  readonly seq: number
  readonly id: AdjustmentId
  readonly state: AdjustmentState
  readonly account: string
  readonly customerId: string | null
  readonly chosenCustomerId: string | null
  readonly customerKind: CustomerKind
  readonly customerReference: string | null
  /** Whom the identities name for this reference, as a claim would ask. */
  readonly identifiedAs: string | null
  readonly asker: string | null
  readonly countedAt: number | null
  readonly decisionNote: string | null
  readonly subject: string
  readonly ruleHold: string | null
  /** Whether its event was there when the erasure was asked for; of a reversal, its original's. */
  readonly isPart: boolean
  /** Of its event, while its payload is kept. */
  readonly payload: number | null
  /** Whether something that its event asked for still goes on. */
  readonly isEventOpen: boolean
}

export type ErasedField = 'customerReference' | 'decisionNote' | 'asker'

export type RowErasure = {
  /** It is to be looked at again. */
  readonly waits: boolean
  /** It has come to its end, and is about him: its payload goes, and what was written about it. */
  readonly isEnded: boolean
  readonly fields: readonly ErasedField[]
}

/** `askedSince`: an asker who counts since then stays, milliseconds since 1970. */
export function erasureOf(
  row: ErasableAdjustment,
  customer: ErasedCustomer,
  askedSince: number,
): RowErasure {
  const isAbout = isHis(row, customer)
  const isAsker = row.asker !== null && namesOf(customer).includes(comparable(row.asker))
  if (!row.isPart) return left(isAbout && isOpen(row))
  if (isOpen(row)) return left(isAbout || isAsker)
  // Without his reference the row would be his no more, and its payload would stay.
  if (isAbout && ((row.payload !== null && row.isEventOpen) || isOwedToNobodyKnown(row))) {
    return left(true)
  }
  const { customerKind, customerReference, decisionNote, countedAt } = row
  const isCounted = isAsker && countedAt !== null && countedAt > askedSince
  const fields: readonly (readonly [ErasedField, boolean])[] = [
    // The billing API's own id says nothing by itself, and the money is accounted for by it.
    [
      'customerReference',
      customerReference !== null &&
        customerKind !== 'billing_id' &&
        (isAbout || isAddressedToHim(row, customer)),
    ],
    ['decisionNote', decisionNote !== null && (isAbout || namesHim(decisionNote, customer))],
    ['asker', isAsker && !isCounted],
  ]
  return {
    waits: isCounted,
    isEnded: isAbout,
    fields: fields.filter(([, goes]) => goes).map(([field]) => field),
  }
}

const left = (waits: boolean): RowErasure => ({ waits, isEnded: false, fields: [] })

/** What is known to be another customer's is not his, whatever it calls him. */
function isHis(row: ErasableAdjustment, { ids, texts, references }: ErasedCustomer): boolean {
  const who = whoIs(row)
  if (who !== null && ids.length > 0) return ids.includes(who)
  if (row.customerReference === null) return false
  const named = comparable(row.customerReference)
  return (
    texts.includes(named) ||
    references.some(
      (each) =>
        each.kind === row.customerKind &&
        holdsIn(each, row.account) &&
        comparable(each.value) === named,
    )
  )
}

/** Whom a claim would bill. */
const whoIs = (row: ErasableAdjustment): string | null =>
  row.chosenCustomerId ??
  row.customerId ??
  (row.customerKind === 'billing_id' ? row.customerReference : row.identifiedAs)

/** It is known to be another customer's, and calls him by an e-mail of the erased person. */
const isAddressedToHim = (row: ErasableAdjustment, customer: ErasedCustomer): boolean =>
  (row.chosenCustomerId ?? row.customerId) !== null &&
  row.customerReference !== null &&
  isEmail(row.customerReference) &&
  namesOf(customer).includes(comparable(row.customerReference))

/** What his adjustments call him, other events may call him too. */
export function withReferences(
  customer: ErasedCustomer,
  rows: readonly ErasableAdjustment[],
): ErasedCustomer {
  const { references } = customer
  const all = distinct([...references, ...unknownReferences(customer, rows)])
  const kept = all.slice(0, ERASURE_IDENTIFIERS_MAX)
  return {
    ...customer,
    references: kept,
    hasGrown: customer.hasGrown || kept.length > references.length,
  }
}

/** What these rows call him, and is not looked for. */
export const unknownReferences = (
  customer: ErasedCustomer,
  rows: readonly ErasableAdjustment[],
): readonly ErasedReference[] =>
  distinct(
    rows
      .flatMap((row) => referenceOf(row, customer))
      .filter(
        ({ account, kind, value }) =>
          !customer.texts.includes(comparable(value)) &&
          !customer.references.some(
            (each) => each.kind === kind && each.value === value && holdsIn(each, account),
          ),
      ),
  )

function referenceOf(row: ErasableAdjustment, { ids }: ErasedCustomer): ErasedReference[] {
  const { customerKind: kind, customerReference: value, identifiedAs } = row
  const who = whoIs(row)
  if (!row.isPart || value === null || who === null || !ids.includes(who)) return []
  // Somebody chose him for what is otherwise another's.
  const isAnothers = identifiedAs !== null && !ids.includes(identifiedAs)
  if (kind === 'billing_id' || isAnothers) return []
  // What the billing API itself has looked up is its own external id, in every account.
  const isEverywhere =
    kind === 'external_id' && identifiedAs === null && row.chosenCustomerId === null
  return [{ account: isEverywhere ? '' : row.account, kind, value }]
}

export const distinct = (references: readonly ErasedReference[]): readonly ErasedReference[] => [
  ...new Map(
    references.map((each) => [JSON.stringify([each.account, each.kind, each.value]), each]),
  ).values(),
]

const isOpen = ({ state }: ErasableAdjustment): boolean =>
  state === 'due' || state === 'issuing' || state === 'held'

/** It may be sent through again, and nothing but his reference says for whom. */
const isOwedToNobodyKnown = (row: ErasableAdjustment): boolean =>
  row.state === 'failed' &&
  row.customerKind !== 'billing_id' &&
  row.customerReference !== null &&
  row.customerId === null &&
  row.chosenCustomerId === null

/** Since when what an asker was given counts against a limit of his, milliseconds since 1970. */
export function askersCountSince({ of }: Limits, now: number): number {
  const days = [of.owed, of.already_paid].map(({ perAsker }) => perAsker?.days ?? 0)
  return now - Math.max(...days) * MS_PER_DAY
}
