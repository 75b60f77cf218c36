// Every call of the app, by the group that it is shown in. A test holds it against the app's own routes.

import { ADJUSTMENTS } from './adjustments.ts'
import { AUDIT } from './audit.ts'
import { CUSTOMERS, FEATURES, INVOICES } from './billing.ts'
import { EVENTS } from './events.ts'
import { LINKS } from './links.ts'
import { OPEN } from './open.ts'
import type { Operations } from './operation.ts'
import { ERASURES, IDENTITIES, KEYS } from './people.ts'
import { RECONCILIATIONS, STATUS } from './record.ts'
import { REPORTS } from './reports.ts'
import { RULES, SWITCHES } from './rules.ts'

type Group = { readonly name: string; readonly about: string; readonly calls: Operations }

export const GROUPS: readonly Group[] = [
  { name: 'Events', about: 'What came, and what became of it.', calls: EVENTS },
  { name: 'Adjustments', about: 'What is given and taken.', calls: ADJUSTMENTS },
  {
    name: 'Invoices',
    about: 'The billing API’s own, behind our limits and our log.',
    calls: INVOICES,
  },
  { name: 'Customers', about: 'The billing API’s own, handed on.', calls: CUSTOMERS },
  { name: 'Features', about: 'The billing API’s own, handed on.', calls: FEATURES },
  {
    name: 'Identities',
    about: 'Which source’s customer is which billing customer.',
    calls: IDENTITIES,
  },
  { name: 'Links', about: 'Short addresses of invoices’ PDFs.', calls: LINKS },
  { name: 'Rules', about: 'What is configured, and what it would do.', calls: RULES },
  { name: 'Switches', about: 'What is paused.', calls: SWITCHES },
  { name: 'Reports and search', about: 'What there was, found and added up.', calls: REPORTS },
  { name: 'Status', about: 'How it is.', calls: STATUS },
  { name: 'Comparisons', about: 'Our record against the billing API’s.', calls: RECONCILIATIONS },
  { name: 'Audit log', about: 'Who did what, sealed.', calls: AUDIT },
  { name: 'Erasures', about: 'Persons who are taken out of all that is kept.', calls: ERASURES },
  { name: 'Keys', about: 'Who may do what, until when.', calls: KEYS },
  {
    name: 'Open to everybody',
    about: 'Each proves its caller in its own way, or has nothing to hide.',
    calls: OPEN,
  },
]

export const OPERATIONS: Operations = Object.assign({}, ...GROUPS.map(({ calls }) => calls))

/** Routes that are no call of their own: they answer 405, or a vendor's probe, or stand for another. */
export const NOT_DESCRIBED: ReadonlySet<string> = new Set([
  'ALL /webhooks/:endpoint/:token?',
  'GET /webhooks/:endpoint/:token?',
  'HEAD /webhooks/:endpoint/:token?',
  'GET /i',
  'ALL /i/:slug{[^]*}',
])
