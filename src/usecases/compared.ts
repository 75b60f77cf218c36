// What a step of a comparison has come to, before it is written down.

import type { Discrepancy, Reconciliation } from '../db/schema.ts'
import type { Step } from '../db/write-reconciliations.ts'
import { discrepancyId } from '../domain/ids.ts'
import type { Finding, Found } from '../domain/reconciliation.ts'

/** All of a step but where it goes on. `adopted`, `statuses`: how many. */
export type Compared = Omit<Step, 'progress'> & {
  readonly adopted: number
  readonly statuses: number
}

export const NOTHING_COMPARED: Compared = {
  listed: [],
  findings: [],
  judged: [],
  adopted: 0,
  statuses: 0,
}

export const together = (parts: readonly Compared[]): Compared => ({
  listed: parts.flatMap(({ listed }) => listed),
  findings: parts.flatMap(({ findings }) => findings),
  judged: parts.flatMap(({ judged }) => judged),
  adopted: parts.reduce((sum, { adopted }) => sum + adopted, 0),
  statuses: parts.reduce((sum, { statuses }) => sum + statuses, 0),
})

export const identified = (
  findings: readonly Finding[],
  { mode }: Pick<Reconciliation, 'mode'>,
): Promise<readonly Found[]> =>
  Promise.all(
    findings.map(async (each) => {
      const { reason, adjustmentId, eventId, invoiceId, day, currency } = each
      // Of what has an invoice, that and the adjustment tell it apart; of a sum, day, currency and mode do.
      const ofSum = reason === 'unexplained' ? `${day} ${mode}` : null
      const about = [adjustmentId, eventId, invoiceId, ofSum, currency]
      return { ...each, id: await discrepancyId(reason, about) }
    }),
  )

/** Of which nothing new could be learnt: it stays open as it is, and has had its turn. */
export const stillOpen = (discrepancy: Discrepancy): Compared => ({
  ...NOTHING_COMPARED,
  findings: [{ ...discrepancy, isCounted: false }],
})
