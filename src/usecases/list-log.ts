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
import { FILTER_ADJUSTMENTS_MAX, LISTED_SUBJECTS_MAX, MS_PER_HOUR } from '../domain/limits.ts'
import { err, ok, type Result } from '../domain/result.ts'
import type { Page } from '../db/page.ts'
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

/** A page of some of a ticket's entries would be no answer, and an export of them less. */
export type FilterTrouble = { readonly reason: 'too_many_adjustments' }

/** With the subjects that a ticket or an invoice comes to. */
export async function filterOf(
  { db }: Pick<Deps, 'db'>,
  query: LogQuery,
): Promise<Result<AuditFilter, FilterTrouble>> {
  const { subject, ticket, invoice, ...filter } = query
  const invoiceNumber = invoice !== undefined && isNumber(invoice) ? invoice : undefined
  const invoiceId = invoiceNumber === undefined ? invoice : undefined
  const wanted = { ...filter, invoiceNumber }
  if (ticket === undefined && invoiceId === undefined) {
    return ok(subject === undefined ? wanted : { ...wanted, subjects: [subject] })
  }
  const asked = {
    subject: ticket?.includes(':') === false ? `ticket:${ticket}` : ticket,
    invoiceId,
  }
  const found = await subjectsOf(db, asked, FILTER_ADJUSTMENTS_MAX)
  if (found === null) return err({ reason: 'too_many_adjustments' })
  const subjects = found.filter((each) => subject === undefined || each === subject)
  return ok({ ...wanted, subjects })
}

/** As the billing API numbers invoices; its ids have no hyphen. */
const isNumber = (invoice: string): boolean => invoice.includes('-')

/** Newest first. That an operator reads the log is an entry, once an hour. */
export async function listLog(
  deps: Deps,
  operator: Operator,
  query: LogQuery,
  page: Page,
): Promise<Result<EntryPage, FilterTrouble>> {
  const at = deps.now()
  await commitRead(deps.db, {
    at,
    actor: `operator:${operator.name}`,
    action: 'audit.read',
    subject: `audit:${Math.floor(at / MS_PER_HOUR)}`,
    data: { filters: Object.keys(query).filter((name) => Reflect.get(query, name) !== undefined) },
  })
  const filter = await filterOf(deps, query)
  return filter.ok ? ok(await pageOf(deps, filter.value, page)) : filter
}

async function pageOf({ db }: Deps, filter: AuditFilter, page: Page): Promise<EntryPage> {
  const { subjects, customer, amount, invoiceNumber } = filter
  const isPlain = customer === undefined && amount === undefined && invoiceNumber === undefined
  if (subjects === undefined || !isPlain || subjects.length > LISTED_SUBJECTS_MAX) {
    return listEntries(db, filter, page)
  }
  const found = await listEntriesOf(db, { ...filter, subjects }, page)
  const [only] = subjects
  const isEmpty = found.rows.length === 0 && page.before === null && subjects.length === 1
  if (!isEmpty || only === undefined || !isEventId(only)) return found
  const received = await findReceived(db, only)
  const isAsked = received && (filter.action ?? received.action) === received.action
  return isAsked ? { rows: [received], next: null } : found
}
