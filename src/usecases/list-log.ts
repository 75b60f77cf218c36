// What is asked of the audit log in an operator's words, as what the log is read by.

import {
  findReceived,
  listEntries,
  listEntriesOf,
  subjectsOf,
  type AuditFilter,
  type EntryPage,
} from '../db/read-audit.ts'
import type { Deps } from '../deps.ts'
import type { Operator } from '../domain/operator.ts'
import { isEventId } from '../domain/ids.ts'
import { LISTED_ADJUSTMENTS_MAX, MS_PER_HOUR } from '../domain/limits.ts'
import { commitRead } from '../db/write-reading.ts'

/** What the API takes. Times: milliseconds since 1970. */
export type LogQuery = Pick<
  AuditFilter,
  'from' | 'to' | 'actor' | 'action' | 'customer' | 'amount'
> & {
  readonly subject?: string | undefined
  /** `42`, or with its kind, `case:42`. */
  readonly ticket?: string | undefined
  /** Its id at the billing API, or its number. */
  readonly invoice?: string | undefined
}

/** With the subjects that a ticket or an invoice comes to. */
export async function filterOf({ db, config }: Deps, query: LogQuery): Promise<AuditFilter> {
  const { subject, ticket, invoice, ...filter } = query
  const invoiceNumber = invoice !== undefined && isNumber(invoice) ? invoice : undefined
  const invoiceId = invoiceNumber === undefined ? invoice : undefined
  const wanted = { ...filter, invoiceNumber }
  if (ticket === undefined && invoiceId === undefined) {
    return subject === undefined ? wanted : { ...wanted, subjects: [subject] }
  }
  const accounts = [...new Set([...config.endpoints].map(([name, each]) => each.account ?? name))]
  const asked = {
    accounts,
    subject: ticket?.includes(':') === false ? `ticket:${ticket}` : ticket,
    invoiceId,
  }
  const found = await subjectsOf(db, asked, LISTED_ADJUSTMENTS_MAX)
  return { ...wanted, subjects: found.filter((each) => subject === undefined || each === subject) }
}

/** As the billing API numbers invoices; its ids have no hyphen. */
const isNumber = (invoice: string): boolean => invoice.includes('-')

/** Newest first. That an operator reads the log is an entry, once an hour. */
export async function listLog(
  deps: Deps,
  operator: Operator,
  query: LogQuery,
  page: { readonly before: number | null; readonly limit: number },
): Promise<EntryPage> {
  const at = deps.now()
  await commitRead(deps.db, {
    at,
    actor: `operator:${operator.name}`,
    action: 'audit.read',
    subject: `audit:${Math.floor(at / MS_PER_HOUR)}`,
    data: { filters: Object.keys(query).filter((name) => Reflect.get(query, name) !== undefined) },
  })
  const filter = await filterOf(deps, query)
  const { subjects, ...rest } = filter
  const isIndexed =
    subjects !== undefined && rest.customer === undefined && rest.amount === undefined
  if (!isIndexed || rest.invoiceNumber !== undefined) return listEntries(deps.db, filter, page)
  const found = await listEntriesOf(deps.db, { ...filter, subjects }, page)
  const [only] = subjects
  const isEmpty = found.rows.length === 0 && page.before === null && subjects.length === 1
  if (!isEmpty || only === undefined || !isEventId(only)) return found
  const received = await findReceived(deps.db, only)
  const isAsked = received && (query.action ?? received.action) === received.action
  return isAsked ? { rows: [received], next: null } : found
}
