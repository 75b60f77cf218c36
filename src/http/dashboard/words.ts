// The words of the people who read the dashboard, for codes that the record has.

import type { AdjustmentState } from '../../domain/adjustment.ts'
import type { AuditAction } from '../../domain/audit.ts'
import type { Fate } from '../../domain/event.ts'
import type { HoldReason } from '../../domain/hold.ts'
import { isApprovable } from '../../domain/hold.ts'
import type { Scope } from '../../domain/operator.ts'
import type { Settlement } from '../../domain/rule.ts'
import { plain } from '../../domain/why-texts.ts'

/** How a chip looks: waits for a person, went wrong, is good, is on its way, is over. */
export type Tone = 'wait' | 'bad' | 'good' | 'way' | 'over'

type Word = { readonly text: string; readonly tone: Tone }

export const STATES: Readonly<Record<AdjustmentState, Word>> = {
  due: { text: 'On its way', tone: 'way' },
  issuing: { text: 'Being issued', tone: 'way' },
  invoiced: { text: 'Invoiced', tone: 'good' },
  held: { text: 'Held', tone: 'wait' },
  failed: { text: 'Failed', tone: 'bad' },
  rejected: { text: 'Rejected', tone: 'over' },
  cancelled: { text: 'Cancelled', tone: 'over' },
}

export const FATES: Readonly<Record<Fate, Word>> = {
  adjusted: { text: 'Made an adjustment', tone: 'good' },
  duplicate: { text: 'Already credited', tone: 'over' },
  conflict: { text: 'Conflict', tone: 'wait' },
  ignored: { text: 'Nothing to do', tone: 'over' },
  shadow: { text: 'Shadow only', tone: 'over' },
  undecided: { text: 'Undecided', tone: 'wait' },
  dismissed: { text: 'Dismissed', tone: 'over' },
}

const HOLDS: Readonly<Record<HoldReason, string>> = {
  customer_unresolved: 'Customer not found',
  currency_mismatch: 'Another currency',
  mode_mismatch: 'Test and live mixed',
  older_than_endpoint: 'Older than the connection',
  rule_asked: 'Its rule asks',
  charge: 'Charge',
  customer_caused: 'Customer could cause it',
  unsigned_body: 'Sender not proven',
  new_rule: 'New rule',
  possible_duplicate: 'May be a repeat',
  'over_limit:holdAbove': 'Large amount',
  'over_limit:perCustomer': "Customer's limit",
  'over_limit:perAsker': "Asker's limit",
  'over_limit:perDay': "Day's limit",
  'over_limit:perHourPerRule': "Rule's hour limit",
  outcome_unknown: 'Invoice may be there',
}

export const holdWord = (reason: HoldReason): string => HOLDS[reason]

export const isAnyBarred = (reasons: readonly HoldReason[]): boolean =>
  reasons.some((reason) => !isApprovable(reason))

export const SETTLEMENTS: Readonly<Record<Settlement, string>> = {
  owed: 'Promised: its invoice stays open',
  already_paid: 'A record: the money has moved already',
}

export const SCOPE_WORDS: Readonly<Record<Scope, string>> = {
  read: 'sees everything',
  write: 'makes, reverses, dismisses, pauses',
  approve: 'approves, rejects, tries again, resumes',
  admin: 'makes and revokes keys',
}

const ACTIONS: Readonly<Partial<Record<AuditAction, string>>> = {
  'event.received': 'Received',
  'event.dismissed': 'Dismissed',
  'event.requeued': 'Decided again',
  'adjustment.created': 'Adjustment made',
  'adjustment.held': 'Held for a person',
  'adjustment.claimed': 'Issuing began',
  'adjustment.postponed': 'Put off',
  'adjustment.lease_expired': 'Issuing was cut off',
  'adjustment.invoiced': 'Invoiced',
  'adjustment.second_invoice_seen': 'A second invoice was seen',
  'adjustment.settled': 'Marked paid',
  'adjustment.settlement_failed': 'Could not be marked paid',
  'adjustment.failed': 'Could not be issued',
  'adjustment.cancelled': 'Cancelled',
  'adjustment.approved': 'Approved',
  'adjustment.rejected': 'Rejected',
  'adjustment.expired': 'Nobody answered in time',
  'adjustment.reminded': 'Reminded',
  'adjustment.escalated': 'Reminded again, with more weight',
  'adjustment.customer_chosen': 'Customer chosen',
  'adjustment.reversed': 'To be reversed',
  'adjustment.void_requested': 'Voiding was asked for',
  'adjustment.voided': 'Invoice voided',
  'adjustment.requeued': 'Tried again',
  'adjustment.adopted': 'An invoice was adopted',
  'link.made': 'Link made',
  'link.revoked': 'Link revoked',
  'link.opened': 'Link opened',
  'notice.sent': 'Told the people who asked',
  'notice.given_up': 'Nobody could be told',
}

/** An action without words of its own says its name: `adjustment.erased` is "Adjustment erased". */
export function actionWord(action: string): string {
  const own: string | undefined = Object.hasOwn(ACTIONS, action)
    ? Reflect.get(ACTIONS, action)
    : undefined
  if (own !== undefined) return own
  const words = plain(action.replaceAll('.', ' '))
  return words.charAt(0).toUpperCase() + words.slice(1)
}

/** `operator:ann` is ann; `system:issuer` is Makegood's own issuer. */
export function actorWord(actor: string): string {
  const [kind, name = ''] = actor.split(/:(.*)/s)
  if (kind === 'operator') return name
  return kind === 'system' ? `Makegood (${name})` : name
}
