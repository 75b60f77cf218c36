// The dashboard: pages for the people who decide, made by the server. They ask the database as the operator's API does,
// and change it by the API alone.

import { thrownFields } from '../../log.ts'
import { createRoutes } from '../routes.ts'
import { actions } from './actions.ts'
import { adjustmentPage } from './adjustment-page.tsx'
import { customerActions } from './customer-actions.ts'
import { customerPage } from './customer-page.tsx'
import { customers } from './customers.tsx'
import { audit } from './audit.tsx'
import { endpoints } from './endpoints.tsx'
import { erasures } from './erasures.tsx'
import { eventPage } from './event-page.tsx'
import { files } from './files.ts'
import { inbox } from './inbox.tsx'
import { links } from './links.tsx'
import { lists } from './lists.tsx'
import { login } from './login.tsx'
import { overview } from './overview.tsx'
import { showRefusal } from './refusal.tsx'
import { reports } from './reports.tsx'
import { searches } from './search.tsx'
import { rules } from './rules.tsx'
import { NO_COOKIE, requireSession } from './session.ts'
import { settings } from './settings.tsx'

/** Each path by itself, and no pattern over all: what else is asked for is no business of a session. */
const PATHS = [
  '/',
  '/inbox',
  '/events/*',
  '/adjustments/*',
  '/customers/*',
  '/links/*',
  '/reports/*',
  '/search',
  '/rules/*',
  '/audit/*',
  '/endpoints',
  '/settings/*',
  '/logout',
]

const inside = createRoutes()
for (const path of PATHS) inside.use(path, requireSession)
inside
  .route('/', overview)
  .route('/', inbox)
  .route('/', lists)
  .route('/', eventPage)
  .route('/', adjustmentPage)
  .route('/', customers)
  // In front of the customer's page, which takes any name.
  .route('/', customerActions)
  .route('/', customerPage)
  .route('/', links)
  .route('/', reports)
  .route('/', searches)
  .route('/', audit)
  .route('/', endpoints)
  .route('/', rules)
  .route('/', erasures)
  .route('/', settings)
  .route('/', actions)
  .post('/logout', async (c) => {
    await c.var.endSession?.()
    c.header('set-cookie', NO_COOKIE)
    c.header('cache-control', 'no-store')
    return c.redirect('/login', 303)
  })

export const dashboard = createRoutes()
  .route('/', files)
  .route('/', login)
  .route('/', inside)
  .onError((error, c) => {
    c.var.deps.log({ event: 'alarm.request_threw', ...thrownFields(error) })
    c.header('retry-after', '30')
    return showRefusal(c, 503, 'This could not be done now. Try again.')
  })
