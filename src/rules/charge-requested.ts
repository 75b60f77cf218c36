// The user's own backend asks for a charge, by Standard Webhooks. Charges are held, unless the
// limits allow them.

import { charge, rule, type Rule } from '../domain/rule.ts'
import { backendRequest, requestedByBackend } from './backend-request.ts'
import { settingsOf, type RuleSettings } from './rule-settings.ts'

/** Caused by the system: whoever has the secret. */
export const chargeRequested = (options: RuleSettings = {}): Rule =>
  rule({
    id: 'charge-requested',
    source: 'standard',
    on: ['charge.requested'],
    settlement: 'owed',
    reason: 'correction',
    causedBy: 'system',
    ...settingsOf(options),
    payload: backendRequest,
    adjust: (request) => requestedByBackend(request, 'charge', charge),
  })
