// A notice as it reads now: made of the rows as they are when it is sent, never stored.

import { findAdjustments, findAnswers } from '../db/read-adjustments.ts'
import { findAlarm } from '../db/write-alarms.ts'
import type { Database } from '../db/database.ts'
import { findWithApprovals, listAllOfSubject } from '../db/read-approvals.ts'
import { findEvent } from '../db/read-events.ts'
import { findCircuit } from '../db/read-circuit.ts'
import { findCheckpoint, findEntryTime } from '../db/read-seal.ts'
import { findPausing } from '../db/read-switches.ts'
import type { DueNotice } from '../db/read-notices.ts'
import type { Adjustment, Event } from '../db/schema.ts'
import { amountText } from '../domain/adjustment.ts'
import { ALARM_SOURCE, alarmNote, type Alarm } from '../domain/alarm.ts'
import type { AuditAction } from '../domain/audit.ts'
import { OPERATOR_ENDPOINT } from '../domain/by-hand.ts'
import { checkpointNote } from '../domain/checkpoint-note.ts'
import { isOpen } from '../domain/circuit.ts'
import {
  eventNote,
  eventStanding,
  eventStatus,
  foremost,
  type NotedKind,
} from '../domain/event-note.ts'
import {
  isAdjustmentId,
  isAlarmId,
  isCheckpointId,
  isEventId,
  noticeId,
  type AdjustmentId,
  type CheckpointId,
} from '../domain/ids.ts'
import { isForCustomer, note, noticeStatus, type Noted } from '../domain/note.ts'
import type { CustomerInvoice, Notice, NoticeStatus } from '../domain/notice.ts'
import type { Deps } from '../deps.ts'
import { ruleFacts } from './ask-limits.ts'
import { linkAddress } from './link-address.ts'

/** Null where what it is about is not there, or has nothing to tell. */
export async function noticeOf(deps: Deps, row: DueNotice): Promise<Notice | null> {
  const { about } = row
  if (isAdjustmentId(about)) {
    const adjustment = await findToNote(deps, about)
    return adjustment && ofAdjustment(deps, row, adjustment)
  }
  if (isAlarmId(about)) return ofAlarm(row, await findAlarm(deps.db, about))
  if (isCheckpointId(about)) return ofCheckpoint(deps, row, about)
  const found = isEventId(about) ? await findEvent(deps.db, about) : null
  return found && ofEvent(deps, row, found.event)
}

type ToNote = Adjustment & Pick<Noted, 'approvers' | 'delayedBy'>

async function findToNote(deps: Deps, id: AdjustmentId): Promise<ToNote | null> {
  const found = await findWithApprovals(deps.db, id)
  if (found === null) return null
  const { adjustment, approved } = found
  const approvers = approved.map(({ operator }) => operator)
  return { ...adjustment, approvers, delayedBy: await delayOf(deps, adjustment) }
}

async function delayOf(deps: Deps, adjustment: Adjustment): Promise<'pause' | 'billing' | null> {
  const { state, trouble, attempts, ruleId } = adjustment
  if (state !== 'due') return null
  const { ruleIds } = ruleFacts(deps.config, ruleId)
  if ((await findPausing(deps.db, { ...adjustment, ruleIds })).length > 0) return 'pause'
  const isInTrouble = trouble !== null || attempts > 0 || deps.billing === null
  return isInTrouble || isOpen(await findCircuit(deps.db), deps.now()) ? 'billing' : null
}

async function ofAdjustment(deps: Deps, row: DueNotice, adjustment: ToNote): Promise<Notice> {
  const { id } = adjustment
  const link = await linkOf(deps, adjustment)
  const status = noticeStatus(adjustment)
  return {
    id: await noticeId(id, row.action, row.nth),
    about: id,
    ...(await placeOf(deps, adjustment)),
    status,
    standing: status,
    at: row.at,
    lines: note(adjustment, titleOf(deps, adjustment), link, deps.config.texts),
    forCustomer: ISSUED.has(row.action) ? invoiceForCustomer(adjustment) : null,
    data: { fact: row.action, adjustment: facts(adjustment, link) },
  }
}

type Place = Pick<Notice, 'source' | 'endpoint' | 'subject'>

/** Where it was asked for. What a person has made in answer to a conflict is told where that is. */
async function placeOf({ db }: Deps, adjustment: ToNote): Promise<Place> {
  const { source, endpoint, subject, eventId } = adjustment
  if (source !== OPERATOR_ENDPOINT) return { source, endpoint, subject }
  const answers = (await findEvent(db, eventId))?.event.decision.answers
  const conflict = answers === undefined ? null : await findEvent(db, answers)
  if (conflict === null) return { source, endpoint, subject }
  const { event } = conflict
  return {
    source: event.source,
    endpoint: event.endpoint,
    subject: await subjectOf(db, event),
  }
}

async function subjectOf(db: Database, { decision }: Event): Promise<string | null> {
  const { subject, undoes, adjustments = [] } = decision
  const [first] = await findAdjustments(db, adjustments)
  return first?.subject ?? undoes?.subject ?? subject ?? null
}

/** Each once for an adjustment; of a record the first that finds it paid. */
const ISSUED: ReadonlySet<AuditAction> = new Set([
  'adjustment.invoiced',
  'adjustment.adopted',
  'adjustment.settled',
] as const)

const invoiceForCustomer = (adjustment: ToNote): CustomerInvoice | null =>
  adjustment.invoiceId !== null && isForCustomer(adjustment)
    ? { id: adjustment.invoiceId, mode: adjustment.mode }
    : null

async function ofEvent(deps: Deps, row: DueNotice, event: Event): Promise<Notice | null> {
  const { id, fate, reason, endpoint, source, decision, account } = event
  const kind = kindOf(event)
  if (kind === null) return null
  // What answered it tells it, in the same place.
  if (kind === 'dismissed' && (await findAnswers(deps.db, id)).length > 0) return null
  const subject = await subjectOf(deps.db, event)
  const there = subject === null ? [] : await listAllOfSubject(deps.db, { account, subject })
  const asked = there.filter(isAskedFor(event))
  const existing = await toNote(deps, asked)
  const link = existing ? await linkOf(deps, existing) : null
  const noted = { kind, reason, detail: decision.detail ?? null, existing }
  return {
    id: await noticeId(id, row.action, row.nth),
    about: id,
    source,
    endpoint,
    subject,
    status: eventStatus(kind),
    standing: eventStanding({ ...noted, existing: await toNote(deps, there) }),
    at: row.at,
    lines: eventNote(noted, titleOf(deps, event), link, deps.config.texts),
    forCustomer: null,
    data: {
      fact: row.action,
      event: { id, fate, reason },
      adjustment: existing ? facts(existing, link) : null,
    },
  }
}

/** Null where it has nothing to tell: what it made tells it. */
function kindOf({ fate, decision }: Event): NotedKind | null {
  switch (fate) {
    case 'adjusted':
    case 'duplicate':
      if (decision.undoes) return 'undo'
      return fate === 'duplicate' ? fate : null
    case 'conflict':
    case 'undecided':
    case 'dismissed':
      return fate
    case 'ignored':
    case 'shadow':
      return null
  }
}

/** What the event itself is about, of all that its subject has. */
const isAskedFor =
  ({ decision: { adjustments = [], undoes } }: Event) =>
  ({ id, ruleId }: Adjustment): boolean =>
    adjustments.includes(id) || (undoes?.ruleIds.includes(ruleId) ?? false)

const toNote = async (deps: Deps, rows: readonly Adjustment[]): Promise<ToNote | null> => {
  const found = foremost(rows.map((each) => ({ ...each, approvers: [] })))
  return found && findToNote(deps, found.id)
}

async function ofAlarm(row: DueNotice, alarm: Alarm | null): Promise<Notice | null> {
  if (alarm === null) return null
  const { cause, key, at, facts: first } = alarm
  return {
    ...(await ofOperation(row, 'alarm')),
    at,
    lines: alarmNote(alarm),
    data: { fact: row.action, alarm: { cause, key, first } },
  }
}

/** Of Makegood itself: no source has asked, and only channels for people and programs tell it. */
const ofOperation = async ({ about, action, nth, at }: DueNotice, status: NoticeStatus) => ({
  id: await noticeId(about, action, nth),
  about,
  source: ALARM_SOURCE,
  endpoint: ALARM_SOURCE,
  subject: null,
  status,
  standing: status,
  at,
  forCustomer: null,
})

async function ofCheckpoint(
  { db }: Deps,
  row: DueNotice,
  about: CheckpointId,
): Promise<Notice | null> {
  const stored = await findCheckpoint(db, Number(about.slice('checkpoint:'.length)))
  if (stored === null) return null
  const { size, root, note: signed } = stored
  // Of its last entry, which the tree has: the time of a checkpoint is signed by nobody.
  const at = (await findEntryTime(db, size)) ?? 0
  return {
    ...(await ofOperation(row, 'checkpoint')),
    lines: checkpointNote({ size, note: signed, at }),
    data: { fact: row.action, checkpoint: { size, root, note: signed } },
  }
}

const titleOf = ({ config }: Deps, { endpoint, source }: Pick<Event, 'endpoint' | 'source'>) =>
  config.endpoints.get(endpoint)?.source.title ?? source

const linkOf = async (deps: Deps, { invoiceId }: Adjustment): Promise<string | null> =>
  invoiceId === null ? null : linkAddress(deps, invoiceId, null)

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
