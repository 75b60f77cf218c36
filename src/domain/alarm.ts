// What people who operate it have to hear at once. One message for each cause and hour: a hundred failures
// of one hour are one message, and the log has all of them.

import type { AlarmId } from './ids.ts'
import { COMPARED_WITHIN_SECONDS, ERASURE_LATE_DAYS } from './limits.ts'

export const ALARM_CAUSES = [
  'adjustment_failed',
  'hold_escalated',
  'rule_paused',
  'answer_differs',
  'billing_key_refused',
  'billing_unavailable',
  'billing_key_of_other_mode',
  'outcome_unknown',
  'foreign_invoice',
  'several_invoices',
  'second_invoice',
  'settlement_failed',
  'void_failed',
  'notice_given_up',
  'channel_refused',
  'reconciliation_mismatch',
  'reconciliation_late',
  'deliveries_missed',
  'deliveries_left',
  'gap_search_failed',
  'link_target_refused',
  'audit_log_broken',
  'audit_log_late',
  'erasure_open',
] as const
export type AlarmCause = (typeof ALARM_CAUSES)[number]

/** Codes, ids and numbers only; they are logged as they are. */
export type AlarmFacts = Readonly<
  Record<string, string | number | boolean | null | readonly string[]>
>

export type Alarm = {
  readonly id: AlarmId
  readonly cause: AlarmCause
  /** Which rule, channel or host, where each of them is a cause of its own; else empty. */
  readonly key: string
  /** Since 1970. */
  readonly hour: number
  /** Of its first occurrence, milliseconds since 1970. */
  readonly at: number
  /** Of its first occurrence. */
  readonly facts: AlarmFacts
}

/** As a source it has no name of a sender: only channels for people tell it. */
export const ALARM_SOURCE = 'makegood'

const TEXTS: Readonly<Record<AlarmCause, string>> = {
  adjustment_failed: 'An adjustment could not be issued, and is not tried again.',
  hold_escalated: 'An adjustment has waited for a person for more than a day.',
  rule_paused: 'A rule reached its limit for an hour and is paused until somebody resumes it',
  answer_differs: 'The billing API answered something else than was asked for.',
  billing_key_refused: 'The billing API refuses the key: nothing is issued until it is mended.',
  billing_unavailable:
    'The billing API does not answer: nothing is issued until it does, and nothing is lost.',
  billing_key_of_other_mode: 'An invoice waits for a billing key of its own mode, live or test.',
  outcome_unknown:
    'It is not known if an invoice was made; somebody has to look at the billing API.',
  foreign_invoice: 'An invoice carries the id of an adjustment that it does not fit.',
  several_invoices: 'Several invoices carry the id of one adjustment.',
  second_invoice: 'One adjustment has a second invoice; one of them has to be voided.',
  settlement_failed: 'A record could not be marked paid: its invoice still promises money.',
  void_failed: 'An invoice could not be voided, and is not tried again.',
  notice_given_up: 'A channel could not be told something, and is not tried again',
  channel_refused:
    'A channel refuses its key, or has none that can be used: what it has to be told waits',
  reconciliation_mismatch: 'Our record and the billing API do not agree',
  reconciliation_late:
    'Our record is not compared with the billing API; ' +
    `${COMPARED_WITHIN_SECONDS / 3_600} hours after the last comparison nothing is billed.`,
  deliveries_missed:
    'Deliveries never came. They were asked for and taken in, but the webhook may be broken',
  deliveries_left: 'Deliveries that never came were found and not taken in: somebody has to look',
  gap_search_failed:
    'A source can not be asked for deliveries that never came, or not for all of them',
  link_target_refused:
    'Links answer 503, since the billing API keeps its PDFs on a host that none may lead to. If it is its own, ' +
    'add it to links.hosts in makegood.config.ts',
  audit_log_broken:
    'The audit log is not as it was sealed, and nothing of it is sealed until it is again.',
  audit_log_late: 'Entries of the audit log are not sealed. GET /api/v1/status says since when.',
  erasure_open: `An erasure has not ended within ${ERASURE_LATE_DAYS} days`,
}

/** Three lines: what is wrong, where, and what is not told. */
export const alarmNote = ({ cause, key, facts }: Pick<Alarm, 'cause' | 'key' | 'facts'>) => [
  key === '' ? TEXTS[cause] : `${TEXTS[cause]}: ${key}.`,
  `First: ${Object.entries(facts)
    .filter(([, value]) => value !== null)
    .map(
      ([field, value]) =>
        `${field} ${typeof value === 'object' ? (value ?? []).join(' and ') : String(value)}`,
    )
    .join(', ')}`,
  'More of it within this hour is in the log only.',
]
