// The tables of the Stripe stand-in.

export const STRIPE_TABLES = [
  `CREATE TABLE IF NOT EXISTS stripe_endpoints (sequence INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
     document TEXT NOT NULL) STRICT`,
  `CREATE TABLE IF NOT EXISTS stripe_events (sequence INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
     created INTEGER NOT NULL, type TEXT NOT NULL, document TEXT NOT NULL) STRICT`,
] as const
