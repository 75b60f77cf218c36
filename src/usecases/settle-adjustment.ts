// The last step of a record: its money moved elsewhere, so its invoice is marked paid.

import type { BillingError } from '../commet/client.ts'
import type { Adjustment } from '../db/schema.ts'
import { commitSettled, failSettlement } from '../db/write-invoice.ts'
import { idempotencyKey } from '../domain/adjustment.ts'
import type { Billing, Deps } from '../deps.ts'
import {
  changeAgain,
  changeStatus,
  type StatusChange,
  type StatusChanged,
} from './change-status.ts'

export type SettleResult = 'issued' | 'postponed' | 'unsettled' | 'stale'

/** Marking an invoice paid twice changes nothing. */
const SETTLING: StatusChange = {
  step: 'settle',
  wanted: 'paid',
  key: ({ id, generation, attempts }) => `${idempotencyKey(id, generation)}.paid.${attempts}`,
  finish: commitSettled,
  giveUp: failSettlement,
  alarms: { refused: 'alarm.settlement_refused', givenUp: 'settlement_failed' },
}

export const settleAdjustment = async (
  deps: Deps,
  billing: Billing,
  adjustment: Adjustment,
): Promise<SettleResult> => settleResult(await changeStatus(deps, billing, adjustment, SETTLING))

/** Later, with attempts that are counted; when they are used up, a person looks. */
export const settleAgain = async (
  deps: Deps,
  adjustment: Adjustment,
  error: BillingError,
): Promise<SettleResult> => settleResult(await changeAgain(deps, adjustment, SETTLING, error))

function settleResult(changed: StatusChanged): SettleResult {
  switch (changed) {
    case 'done':
      return 'issued'
    case 'given_up':
      return 'unsettled'
    case 'postponed':
    case 'stale':
      return changed
  }
}
