// The tables of the Zendesk stand-in. A record is one JSON document, whatever it is: of tickets, fields
// and triggers there are a handful.

export const ZENDESK_TABLES = [
  `CREATE TABLE IF NOT EXISTS zendesk_records (sequence INTEGER PRIMARY KEY, kind TEXT NOT NULL,
     id TEXT NOT NULL, parent TEXT, document TEXT NOT NULL, UNIQUE (kind, id)) STRICT`,
  `CREATE INDEX IF NOT EXISTS zendesk_records_by_parent ON zendesk_records (kind, parent, sequence)`,
  `CREATE TABLE IF NOT EXISTS zendesk_invocations (sequence INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
     webhook_id TEXT NOT NULL, trigger_id TEXT NOT NULL, ticket_id TEXT NOT NULL, body TEXT NOT NULL,
     attempts INTEGER NOT NULL, state TEXT NOT NULL CHECK (state IN ('due', 'delivered', 'failed')),
     due_at_ms INTEGER NOT NULL, last_outcome TEXT) STRICT`,
  `CREATE INDEX IF NOT EXISTS zendesk_invocations_due ON zendesk_invocations (due_at_ms)
     WHERE state = 'due'`,
] as const
