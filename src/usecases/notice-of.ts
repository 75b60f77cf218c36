// A notice as it reads now: made of the rows as they are when it is sent, never stored.

import { findAdjustments } from '../db/read-adjustments.ts'
import { findAlarm } from '../db/write-alarms.ts'
import { findWithApprovals } from '../db/read-approvals.ts'
import { findEvent } from '../db/read-events.ts'
import type { Adjustment, Event, NoticeRow } from '../db/schema.ts'
import { amountText } from '../domain/adjustment.ts'
import { ALARM_SOURCE, alarmNote, type Alarm } from '../domain/alarm.ts'
import type { AuditAction } from '../domain/audit.ts'
import { eventNote, eventStatus } from '../domain/event-note.ts'
import { isAdjustmentId, isAlarmId, isEventId, noticeId, type AdjustmentId } from '../domain/ids.ts'
import { isForCustomer, note, noticeStatus, type Noted } from '../domain/note.ts'
import type { CustomerInvoice, Notice } from '../domain/notice.ts'
import type { Deps } from '../deps.ts'
import { linkAddress } from './link-address.ts'

/** Null where what it is about is not there, or has nothing to tell. */
export async function noticeOf(deps: Deps, row: NoticeRow): Promise<Notice | null> {
  const { about } = row
  if (isAdjustmentId(about)) {
    const adjustment = await findToNote(deps, about)
    return adjustment && ofAdjustment(deps, row, adjustment)
  }
  if (isAlarmId(about)) return ofAlarm(row, await findAlarm(deps.db, about))
  const found = isEventId(about) ? await findEvent(deps.db, about) : null
  return found && ofEvent(deps, row, found.event)
}

type ToNote = Adjustment & Pick<Noted, 'approvers'>

async function findToNote({ db }: Deps, id: AdjustmentId): Promise<ToNote | null> {
  const found = await findWithApprovals(db, id)
  if (found === null) return null
  return { ...found.adjustment, approvers: found.approved.map(({ operator }) => operator) }
}

async function ofAdjustment(deps: Deps, row: NoticeRow, adjustment: ToNote): Promise<Notice> {
  const { id, endpoint, source, subject, state } = adjustment
  const link = await linkOf(deps, adjustment)
  return {
    id: await noticeId(id, row.seq),
    about: id,
    source,
    endpoint,
    subject,
    status: noticeStatus(adjustment),
    at: row.at,
    lines: note(adjustment, titleOf(deps, adjustment), link),
    isFinal: state !== 'due' && state !== 'issuing' && state !== 'held',
    forCustomer: ISSUED.has(row.action) ? invoiceForCustomer(adjustment) : null,
    data: { fact: row.action, adjustment: facts(adjustment, link) },
  }
}

/** Each once for an adjustment; of a record the first that finds it paid. */
const ISSUED: ReadonlySet<AuditAction> = new Set([
  'adjustment.invoiced',
  'adjustment.settled',
] as const)

const invoiceForCustomer = (adjustment: ToNote): CustomerInvoice | null =>
  adjustment.invoiceId !== null && isForCustomer(adjustment)
    ? { id: adjustment.invoiceId, mode: adjustment.mode }
    : null

async function ofEvent(deps: Deps, row: NoticeRow, event: Event): Promise<Notice | null> {
  const { id, fate, reason, endpoint, source, decision } = event
  if (fate !== 'duplicate' && fate !== 'conflict' && fate !== 'undecided') return null
  const [first] = await findAdjustments(deps.db, decision.adjustments ?? [])
  const existing = first ? await findToNote(deps, first.id) : null
  const link = existing ? await linkOf(deps, existing) : null
  const noted = { fate, reason, detail: decision.detail ?? null, existing }
  return {
    id: await noticeId(id, row.seq),
    about: id,
    source,
    endpoint,
    subject: existing?.subject ?? decision.subject ?? null,
    status: eventStatus(fate),
    at: row.at,
    lines: eventNote(noted, titleOf(deps, event), link),
    isFinal: fate === 'duplicate',
    forCustomer: null,
    data: {
      fact: row.action,
      event: { id, fate, reason },
      adjustment: existing ? facts(existing, link) : null,
    },
  }
}

async function ofAlarm(row: NoticeRow, alarm: Alarm | null): Promise<Notice | null> {
  if (alarm === null) return null
  const { id, cause, key, at, facts: first } = alarm
  return {
    id: await noticeId(id, row.seq),
    about: id,
    source: ALARM_SOURCE,
    endpoint: ALARM_SOURCE,
    subject: null,
    status: 'alarm',
    at,
    lines: alarmNote(alarm),
    isFinal: true,
    forCustomer: null,
    data: { fact: row.action, alarm: { cause, key, first } },
  }
}

const titleOf = ({ config }: Deps, { endpoint, source }: Pick<Event, 'endpoint' | 'source'>) =>
  config.endpoints.get(endpoint)?.source.title ?? source

/** Outside of a request only PUBLIC_URL says under which address links are opened. */
const linkOf = async (deps: Deps, { invoiceId }: Adjustment): Promise<string | null> =>
  invoiceId === null || deps.settings.publicUrl === null
    ? null
    : linkAddress(deps, invoiceId, deps.settings.publicUrl)

const facts = (adjustment: Adjustment, link: string | null) => ({
  id: adjustment.id,
  state: adjustment.state,
  holdReasons: adjustment.holdReasons,
  amount: adjustment.amount,
  currency: adjustment.currency,
  amountText: amountText(adjustment),
  settlement: adjustment.settlement,
  reason: adjustment.reason,
  customer: adjustment.customerReference,
  invoice:
    adjustment.invoiceId === null
      ? null
      : {
          id: adjustment.invoiceId,
          number: adjustment.invoiceNumber,
          status: adjustment.invoiceStatus,
        },
  link,
})
