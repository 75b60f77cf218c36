// The whole HTTP surface: the door, and behind it one small Hono per resource.

import type { Deps } from '../deps.ts'
import type { Env } from '../env.ts'
import { adjustments } from './api/adjustments.ts'
import { audit } from './api/audit.ts'
import { byHand } from './api/by-hand.ts'
import { erasures } from './api/erasures.ts'
import { evidence } from './api/evidence.ts'
import { events } from './api/events.ts'
import { holds } from './api/holds.ts'
import { identities } from './api/identities.ts'
import { keys } from './api/keys.ts'
import { links as linksApi } from './api/links.ts'
import { discrepancies, reconciliations } from './api/reconciliations.ts'
import { requeue } from './api/requeue.ts'
import { reversals } from './api/reversals.ts'
import { rules } from './api/rules.ts'
import { status } from './api/status.ts'
import { switches } from './api/switches.ts'
import { dashboard } from './dashboard/dashboard.ts'
import { createDoor } from './door.ts'
import { requireKey } from './require-key.ts'
import { createRoutes } from './routes.ts'

/** `linkPath`: where links are opened too, besides the path that they always have. */
export function createApp(depsOf: (env: Env) => Deps, linkPath?: string) {
  const api = createRoutes()
    .use(requireKey)
    .route('/events', events)
    .route('/adjustments', adjustments)
    .route('/adjustments', byHand)
    .route('/adjustments', evidence)
    .route('/adjustments', holds)
    .route('/adjustments', reversals)
    .route('/adjustments', requeue)
    .route('/audit', audit)
    .route('/erasures', erasures)
    .route('/identities', identities)
    .route('/keys', keys)
    .route('/links', linksApi)
    .route('/reconciliations', reconciliations)
    .route('/discrepancies', discrepancies)
    .route('/rules', rules)
    .route('/status', status)
    .route('/switches', switches)

  return createDoor(depsOf, linkPath).route('/api/v1', api).route('/', dashboard)
}
