// The table of the stand-ins that keep notes: what was written, by service and place.

export const NOTE_TABLES = [
  `CREATE TABLE IF NOT EXISTS notes (sequence INTEGER PRIMARY KEY, service TEXT NOT NULL,
     place TEXT NOT NULL, document TEXT NOT NULL) STRICT`,
  `CREATE INDEX IF NOT EXISTS notes_by_place ON notes (service, place, sequence)`,
] as const
