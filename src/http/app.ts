// The whole HTTP surface: the door, and behind it one small Hono per resource.

import type { Deps } from '../deps.ts'
import type { Env } from '../env.ts'
import { adjustments } from './api/adjustments.ts'
import { audit } from './api/audit.ts'
import { byHand } from './api/by-hand.ts'
import { customers } from './api/customers.ts'
import { erasures } from './api/erasures.ts'
import { evidence } from './api/evidence.ts'
import { events } from './api/events.ts'
import { features } from './api/features.ts'
import { holds } from './api/holds.ts'
import { identities } from './api/identities.ts'
import { invoices } from './api/invoices.ts'
import { keys } from './api/keys.ts'
import { links as linksApi } from './api/links.ts'
import { discrepancies, reconciliations } from './api/reconciliations.ts'
import { reports } from './api/reports.ts'
import { requeue } from './api/requeue.ts'
import { reversals } from './api/reversals.ts'
import { rules } from './api/rules.ts'
import { searches } from './api/search.ts'
import { status } from './api/status.ts'
import { switches } from './api/switches.ts'
import { answerOnce } from './answer-once.ts'
import { createDescribed } from './described.ts'
import { dashboard } from './dashboard/dashboard.ts'
import { createDoor } from './door.ts'
import { limitCallers } from './limit-callers.ts'
import { requireKey } from './require-key.ts'
import { createRoutes } from './routes.ts'

/** `linkPath`: where links are opened too, besides the path that they always have. */
export function createApp(depsOf: (env: Env) => Deps, linkPath?: string) {
  const api = createRoutes()
    .use(limitCallers)
    .use(requireKey)
    .use(answerOnce)
    .route('/events', events)
    .route('/adjustments', adjustments)
    .route('/adjustments', byHand)
    .route('/adjustments', evidence)
    .route('/adjustments', holds)
    .route('/adjustments', reversals)
    .route('/adjustments', requeue)
    .route('/audit', audit)
    .route('/customers', customers)
    .route('/erasures', erasures)
    .route('/features', features)
    .route('/identities', identities)
    .route('/invoices', invoices)
    .route('/keys', keys)
    .route('/links', linksApi)
    .route('/reconciliations', reconciliations)
    .route('/discrepancies', discrepancies)
    .route('/reports', reports)
    .route('/rules', rules)
    .route('/search', searches)
    .route('/status', status)
    .route('/switches', switches)

  const app = createDoor(depsOf, linkPath).route('/api/v1', api).route('/', dashboard)
  return app.route(
    '/',
    createDescribed(() => app.routes),
  )
}

/** For `hono/client`: which calls there are, and what each takes. Answers are to be checked where they arrive. */
export type AppType = ReturnType<typeof createApp>
