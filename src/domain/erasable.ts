// What an erasure does with one adjustment: which of its fields go, and whether it has to wait for it. Money
// comes first: nothing goes by which somebody is still paid, held back, or kept from answering himself.

import type { AdjustmentState } from './adjustment.ts'
import type { CustomerKind } from './customer.ts'
import { comparable, namesHim, type ErasedCustomer } from './erasure.ts'
import type { AdjustmentId } from './ids.ts'
import { MS_PER_DAY } from './limits.ts'
import type { Limits } from './money-limits.ts'

export type ErasableAdjustment = {
  readonly seq: number
  readonly id: AdjustmentId
  readonly state: AdjustmentState
  readonly customerId: string | null
  readonly chosenCustomerId: string | null
  readonly customerKind: CustomerKind
  readonly customerReference: string | null
  readonly asker: string | null
  readonly countedAt: number | null
  readonly decisionNote: string | null
  readonly subject: string
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
  const isAsker = row.asker !== null && customer.texts.includes(comparable(row.asker))
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
    ['customerReference', isAbout && customerReference !== null && customerKind !== 'billing_id'],
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

const isHis = (
  { customerId, chosenCustomerId, customerReference }: ErasableAdjustment,
  { ids, texts }: ErasedCustomer,
): boolean =>
  [customerId, chosenCustomerId].some((id) => id !== null && ids.includes(id)) ||
  (customerReference !== null && texts.includes(comparable(customerReference)))

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
