// The table of the Stripe stand-in.

export const STRIPE_TABLES = [
  `CREATE TABLE IF NOT EXISTS stripe_endpoints (sequence INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
     document TEXT NOT NULL) STRICT`,
] as const
