// The audit log's words: who did which fact to what. Facts are in the past tense, and the list is closed.

import type { Alarm } from './alarm.ts'

export type AuditAction =
  | 'event.received'
  | 'event.dismissed'
  | 'event.requeued'
  | 'adjustment.created'
  | 'adjustment.held'
  | 'adjustment.claimed'
  | 'adjustment.postponed'
  | 'adjustment.lease_expired'
  | 'adjustment.invoiced'
  | 'adjustment.second_invoice_seen'
  | 'adjustment.settled'
  | 'adjustment.settlement_failed'
  | 'adjustment.failed'
  | 'adjustment.wake_up_lost'
  | 'adjustment.cancelled'
  | 'adjustment.approved'
  | 'adjustment.rejected'
  | 'adjustment.expired'
  | 'adjustment.reminded'
  | 'adjustment.escalated'
  | 'adjustment.customer_chosen'
  | 'adjustment.reversed'
  | 'adjustment.void_requested'
  | 'adjustment.voided'
  | 'adjustment.void_failed'
  | 'adjustment.invoice_status_seen'
  | 'adjustment.requeued'
  | 'adjustment.adopted'
  | 'adjustment.erased'
  | 'billing.call_requested'
  | 'billing.call_ended'
  | 'circuit.opened'
  | 'circuit.closed'
  | 'identity.set'
  | 'identity.removed'
  | 'link.made'
  | 'link.revoked'
  | 'link.opened'
  | 'key.made'
  | 'key.revoked'
  | 'switch.paused'
  | 'switch.resumed'
  | 'reconciliation.finished'
  | 'discrepancy.found'
  | 'discrepancy.settled'
  | 'notice.sent'
  | 'notice.given_up'
  | 'alarm.raised'
  | 'audit.key_changed'
  | 'audit.witnessed'
  | 'audit.read'
  | 'list.read'
  | 'audit.exported'
  | 'payloads.forgotten'
  | 'erasure.requested'
  | 'erasure.finished'

/** An operator is known by his key's name. */
export type Actor =
  | `source:${string}`
  | `operator:${string}`
  | `system:${'issuer' | 'sweep' | 'dead-letters' | 'limits' | 'undo' | 'notices' | 'reconciliation' | 'gaps' | 'links' | 'audit' | 'retention' | 'erasure'}`

/** Codes, ids, field names and money only; never a secret, a slug, an address or personal text. */
export type AuditData = Readonly<Record<string, unknown>>

export type AuditEntry = {
  /** What people who operate it have to hear of this change at once: committed with it. */
  readonly alarm?: Alarm | null
  readonly at: number
  readonly actor: Actor
  readonly action: AuditAction
  readonly subject: string
  readonly data: AuditData
  /** Of the adjustment that it is about: people there may have to be told. */
  readonly source?: string
}
