// A Stripe refund that failed or was canceled after all: what `stripeRefundRecord` made of it is
// undone, also where the failure arrives first.

import { ignore, rule, undo, type Rule } from '../domain/rule.ts'
import { settingsOf, type RuleSettings } from './rule-settings.ts'
import { stripePayload } from './stripe-object.ts'

const FAILED: ReadonlySet<string> = new Set(['failed', 'canceled'])

/**
 * Caused by the system: the customer's bank, or Stripe. The reversal of a record is a charge, so it
 * is held.
 */
export const stripeRefundFailed = (options: RuleSettings = {}): Rule =>
  rule({
    id: 'stripe-refund-failed',
    source: 'stripe',
    on: ['refund.failed', 'refund.updated'],
    settlement: 'already_paid',
    reason: 'correction',
    causedBy: 'system',
    ...settingsOf(options),
    payload: stripePayload('refund'),
    adjust({ data: { object: refund } }) {
      if (!FAILED.has(refund.status ?? '')) return ignore('refund_has_not_failed')
      return undo(`refund:${refund.id}`, { of: 'stripe-refund-record' })
    },
  })
