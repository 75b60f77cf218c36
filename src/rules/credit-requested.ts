// The user's own backend asks for a credit, by Standard Webhooks.

import { credit, rule, type Rule } from '../domain/rule.ts'
import { backendRequest, requestedByBackend } from './backend-request.ts'
import { settingsOf, type RuleSettings } from './rule-settings.ts'

/**
 * Caused by the system: whoever has the secret. What your backend lets customers ask for, it must
 * hold itself.
 */
export const creditRequested = (options: RuleSettings = {}): Rule =>
  rule({
    id: 'credit-requested',
    source: 'standard',
    on: ['credit.requested'],
    settlement: 'owed',
    reason: 'service_credit',
    causedBy: 'system',
    description: 'Service credit',
    ...settingsOf(options),
    payload: backendRequest,
    adjust: (request) => requestedByBackend(request, 'credit', credit),
  })
