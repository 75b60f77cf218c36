// Every route of the dashboard. The app's own list has to be this one and the API's, so a new page without a line here
// fails (test/http/scopes.test.ts), and each line but the open ones is shut without a session (login.test.ts).

/** What shows nothing of anybody: the login, and the files that its page asks for. */
export const OPEN_PAGES = ['GET /dashboard/:file', 'GET /login', 'POST /login'] as const

export const PAGES = [
  'GET /',
  'GET /adjustments',
  'GET /adjustments/:id',
  'GET /audit',
  'GET /audit/export',
  'GET /customers',
  'GET /customers/:id',
  'GET /customers/import',
  'GET /endpoints',
  'GET /events',
  'GET /events/:id',
  'GET /inbox',
  'GET /links',
  'GET /links/:id',
  'GET /reports',
  'GET /reports/csv',
  'GET /reports/zip',
  'GET /rules',
  'GET /search',
  'GET /settings',
  'GET /settings/erasures',
  'POST /adjustments/:id/:verb',
  'POST /audit/verify',
  'POST /customers/identities',
  'POST /customers/identities/:id/remove',
  'POST /customers/import',
  'POST /events/:id/:verb',
  'POST /events/:id/by-hand',
  'POST /events/:id/try',
  'POST /links',
  'POST /links/:id/revoke',
  'POST /logout',
  'POST /rules/dry-run',
  'POST /settings/:what{pause|resume}',
  'POST /settings/erasures',
  'POST /settings/keys',
  'POST /settings/keys/:id/revoke',
] as const

/** What stands before them: the session. */
export const GUARDS = [
  'ALL /',
  'ALL /inbox',
  'ALL /events/*',
  'ALL /adjustments/*',
  'ALL /audit/*',
  'ALL /customers/*',
  'ALL /endpoints',
  'ALL /links/*',
  'ALL /reports/*',
  'ALL /rules/*',
  'ALL /search',
  'ALL /settings/*',
  'ALL /logout',
] as const
