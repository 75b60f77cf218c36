import { sql, type SQLWrapper } from 'drizzle-orm'

/** The members of a closed list, as SQL. */
export const oneOf = (column: SQLWrapper, members: readonly string[]) =>
  sql`${column} IN (${sql.raw(members.map((member) => `'${member}'`).join(', '))})`
