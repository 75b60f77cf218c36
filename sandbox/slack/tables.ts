// The table of the Slack stand-in.

export const SLACK_TABLES = [
  `CREATE TABLE IF NOT EXISTS slack_messages (sequence INTEGER PRIMARY KEY, document TEXT NOT NULL) STRICT`,
] as const
