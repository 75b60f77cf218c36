// What an adjustment asks of the limits, as one SQL expression: the reasons for which it has to wait.
// The claim evaluates it inside the very statement that takes the lease, so no two can pass one limit;
// a dry run evaluates the same.

import { sql, type SQL } from 'drizzle-orm'
import type { Mode } from '../domain/event.ts'
import type { HoldDetail, HoldReason, LimitName } from '../domain/hold.ts'
import type { AdjustmentId, EventId } from '../domain/ids.ts'
import { LIMIT_ROWS_MAX, MS_PER_DAY } from '../domain/limits.ts'
import type { ClassLimits } from '../domain/money-limits.ts'
import type { Settlement } from '../domain/rule.ts'

export type Asked = {
  /** Of the row itself, which never stands in its own way; 0 where there is none yet. */
  readonly seq: number
  /** The one that made it, which may make several for one subject. */
  readonly eventId: EventId
  readonly account: string
  readonly subject: string
  readonly endpoint: string
  /** The rule's id and its former ones. */
  readonly ruleIds: readonly string[]
  /** What it would be called under its rule's other ids. */
  readonly otherIds: readonly AdjustmentId[]
  readonly alongside: readonly string[]
  readonly settlement: Settlement
  readonly mode: Mode | null
  /** Signed minor units. */
  readonly amount: number
  readonly currency: string
  readonly customer: string | null
  readonly asker: string | null
  /** Nobody can tell him from an approver. */
  readonly isAskerHidden: boolean
  /**
   * Minor units of the other parts that its event has for its subject, of the same sign; null where they
   * are in the database.
   */
  readonly otherParts: number | null
  readonly now: number
  /** Today as `YYYY-MM-DD`, and the hour since 1970: where it is going to count. */
  readonly day: string
  readonly hour: string
  /** Minor units that it counts with there already, since it was approved. */
  readonly countedInDay: number
  readonly countedInHour: number
  /** Null: no limit is asked again, since an attempt was made. */
  readonly limits: ClassLimits | null
  /** How many of its rule's adjustments must have been let through before it. */
  readonly first: number
  /** Milliseconds within which the same customer and amount is suspicious. */
  readonly duplicateMs: number
  /** What was seen without the database. */
  readonly found: readonly HoldDetail[]
  /** What approvers have let through. */
  readonly cleared: readonly HoldReason[]
}

/** `FROM` this: the one row `ask`, whose columns the expressions below read. */
export const askedRow = (asked: Asked): SQL => {
  const { limits, found: _found, cleared: _cleared, isAskerHidden: _isHidden, ...rest } = asked
  const { amount, now } = rest
  const row = {
    ...rest,
    size: Math.abs(amount),
    sign: Math.sign(amount),
    direction: amount < 0 ? 'credit' : 'charge',
    customerSince: now - (limits?.perCustomer?.days ?? 0) * MS_PER_DAY,
    askerSince: now - (limits?.perAsker?.days ?? 0) * MS_PER_DAY,
    duplicateSince: now - rest.duplicateMs,
  }
  return sql`(SELECT ${JSON.stringify(row)} AS j)`
}

const of = (field: string): SQL => sql.raw(`(ask.j ->> '${field}')`)

/** JSON of the detail, or NULL where this amount still fits. `used`: a `SELECT … AS used`. */
const overLimit = (reason: HoldReason, max: number, used: SQL): SQL => sql`
  (SELECT json_object('reason', ${reason}, 'max', ${sql.raw(String(max))}, 'used', u.used)
    FROM (${used}) u WHERE u.used + ${of('size')} > ${sql.raw(String(max))})`

/**
 * What counts of one customer or asker since then. Whatever its purse, each row that is read is one of the
 * list; a list too long to add up counts as full.
 */
const rollingSum = (whose: SQL, since: SQL, max: number): SQL => sql`
  SELECT max(coalesce(sum(s.size), 0),
      iif(count(*) >= ${sql.raw(String(LIMIT_ROWS_MAX))}, ${sql.raw(String(max))}, 0)) AS used
    FROM (SELECT iif(x.settlement = ${of('settlement')} AND x.currency = ${of('currency')}
        AND sign(x.amount) = ${of('sign')}, abs(x.amount), 0) AS size
      FROM adjustments x WHERE ${whose} AND x.counted_at > ${since} AND x.seq <> ${of('seq')}
      LIMIT ${sql.raw(String(LIMIT_ROWS_MAX))}) s`

const OF_CUSTOMER = sql`x.customer_id = ${of('customer')}`
const OF_ASKER = sql`x.asker = ${of('asker')} AND x.asker IS NOT NULL AND x.mode = ${of('mode')}`

/**
 * What one event gives for one subject is one amount, into however many parts it is split. A subject with
 * too many adjustments to look through counts as full.
 */
const otherParts = (max: number): SQL => sql`
  SELECT coalesce(${of('otherParts')}, max(coalesce(sum(p.size), 0),
      iif(count(*) >= ${sql.raw(String(LIMIT_ROWS_MAX))}, ${sql.raw(String(max))}, 0))) AS used
    FROM (SELECT iif(x.event_id = ${of('eventId')} AND sign(x.amount) = ${of('sign')}
        AND x.currency = ${of('currency')} AND x.state NOT IN ('cancelled', 'rejected')
        AND x.seq <> ${of('seq')}, abs(x.amount), 0) AS size
      FROM adjustments x WHERE x.account = ${of('account')} AND x.subject = ${of('subject')}
      LIMIT ${sql.raw(String(LIMIT_ROWS_MAX))}) p`

const bucketSum = (kind: 'day' | 'rule_hour', key: SQL, bucket: SQL, own: SQL): SQL => sql`
  SELECT coalesce(sum(s.total), 0) - ${own} AS used FROM limit_sums s
    WHERE s.kind = ${sql.raw(`'${kind}'`)} AND s.key IN ${key} AND s.mode = ${of('mode')}
      AND s.bucket = ${bucket} AND s.settlement = ${of('settlement')}
      AND s.direction = ${of('direction')} AND s.currency = ${of('currency')}`

const RULE_IDS = sql`(SELECT value FROM json_each(ask.j, '$.ruleIds'))`

/** Its rule is new: too few of its adjustments were let through. */
const newRule = (first: number): SQL => sql`
  (SELECT json_object('reason', 'new_rule', 'max', ${of('first')}, 'used', u.used)
    FROM (SELECT coalesce(sum(s.adjustments), 0) AS used FROM (
      SELECT adjustments FROM limit_sums WHERE kind = 'rule_hour' AND key IN ${RULE_IDS}
        AND mode = ${of('mode')} AND adjustments > 0 LIMIT ${first}) s) u
    WHERE u.used < ${of('first')})`

/**
 * Another adjustment of the same subject, at any age: of another rule, or of another event, which names
 * another part or came while the rule had another id. Of two, the older stands.
 */
const SAME_SUBJECT = sql`
  SELECT x.id FROM adjustments x
    WHERE x.account = ${of('account')} AND x.subject = ${of('subject')}
      AND (x.seq < ${of('seq')} OR ${of('seq')} = 0)
      AND x.state <> 'cancelled' AND x.reverses IS NULL
      AND CASE WHEN x.rule_id IN ${RULE_IDS} THEN x.event_id <> ${of('eventId')}
        ELSE x.rule_id NOT IN (SELECT value FROM json_each(ask.j, '$.alongside')) END`

/**
 * The same customer and amount a short time ago, among his newest. Two records are two facts, so they
 * are no doubt.
 */
const SAME_AMOUNT = sql`
  SELECT y.id FROM (SELECT x.seq, x.amount, x.currency, x.settlement FROM adjustments x
      WHERE ${OF_CUSTOMER} AND x.counted_at > ${of('duplicateSince')}
      ORDER BY x.counted_at DESC LIMIT ${sql.raw(String(LIMIT_ROWS_MAX))}) n
    CROSS JOIN adjustments y ON y.seq = n.seq
    WHERE n.amount = ${of('amount')} AND n.currency = ${of('currency')}
      AND NOT (n.settlement = 'already_paid' AND ${of('settlement')} = 'already_paid')
      AND NOT (y.account = ${of('account')} AND y.subject = ${of('subject')})
      AND n.seq <> ${of('seq')} AND y.reverses IS NULL`

/**
 * An invoice that stands under one of its other ids, whose row is gone: the database was put back since, and its
 * rule was renamed.
 */
const LOST = sql`
  SELECT d.adjustment_id AS id FROM json_each(ask.j, '$.otherIds') i
    CROSS JOIN discrepancies d ON d.adjustment_id = i.value
    WHERE d.reason = 'unknown_adjustment' AND d.found <> 0`

const possibleDuplicate = ({ duplicateMs, otherIds }: Asked): SQL => sql`
  (SELECT json_object('reason', 'possible_duplicate', 'adjustment', o.id) FROM (${sql.join(
    [
      SAME_SUBJECT,
      ...(duplicateMs > 0 ? [SAME_AMOUNT] : []),
      ...(otherIds.length > 0 ? [LOST] : []),
    ],
    sql` UNION ALL `,
  )}) o LIMIT 1)`

/** A question for each reason that only the database can find: JSON of its detail, or NULL. */
function* questions(asked: Asked): Generator<readonly [HoldReason, SQL]> {
  const { limits, first, asker } = asked
  if (limits === null) return
  const { holdAbove, perCustomer, perAsker, perDay, perHourPerRule } = limits
  const over = (name: LimitName, max: number, used: SQL) => {
    const reason: HoldReason = `over_limit:${name}`
    return [reason, overLimit(reason, max, used)] as const
  }
  yield over('holdAbove', holdAbove, otherParts(holdAbove))
  if (perCustomer) {
    const used = rollingSum(OF_CUSTOMER, of('customerSince'), perCustomer.max)
    yield over('perCustomer', perCustomer.max, used)
  }
  // Where nobody asked, nobody has used up his limit.
  if (perAsker && asker !== null) {
    const used = rollingSum(OF_ASKER, of('askerSince'), perAsker.max)
    yield over('perAsker', perAsker.max, used)
  }
  if (perDay !== null) {
    const used = bucketSum('day', sql`('')`, of('day'), of('countedInDay'))
    yield over('perDay', perDay, used)
  }
  if (perHourPerRule !== null) {
    const used = bucketSum('rule_hour', RULE_IDS, of('hour'), of('countedInHour'))
    yield over('perHourPerRule', perHourPerRule, used)
  }
  if (first > 0) yield ['new_rule', newRule(first)]
  yield ['possible_duplicate', possibleDuplicate(asked)]
}

/** JSON text: the list of `HoldDetail` for which `ask` has to wait, without what was cleared. */
export function foundReasons(asked: Asked): SQL {
  const isOpen = (reason: HoldReason): boolean => !asked.cleared.includes(reason)
  const known = asked.found.filter(({ reason }) => isOpen(reason))
  const text = known.length === 0 ? null : known.map((each) => JSON.stringify(each)).join(',')
  const open = [...questions(asked)].filter(([reason]) => isOpen(reason)).map(([, ask]) => ask)
  return sql`('[' || concat_ws(',', ${sql.join([sql`${text}`, sql`NULL`, ...open], sql`, `)}) || ']')`
}

/** How many people have to let `ask` through, once it is held. */
export function approversNeeded({ limits, isAskerHidden }: Asked): SQL {
  if (isAskerHidden) return sql`2`
  const max = limits?.twoApproversAbove ?? null
  if (max === null) return sql`1`
  return sql`(SELECT iif(u.used + ${of('size')} > ${sql.raw(String(max))}, 2, 1)
    FROM (${otherParts(max)}) u)`
}

/** Whether something that `ask` belongs to is paused. */
export const isPaused: SQL = sql`
  EXISTS (SELECT 1 FROM switches s WHERE (s.kind = 'all' AND s.key = '')
    OR (s.kind = 'endpoint' AND s.key = ${of('endpoint')})
    OR (s.kind = 'customer' AND s.key = ${of('customer')})
    OR (s.kind = 'rule' AND s.key IN ${RULE_IDS}))`

/** Whether it was undone at its source, in the same mode: a test cancels nothing that is real. */
export const isUndone: SQL = sql`
  EXISTS (SELECT 1 FROM undos u WHERE u.account = ${of('account')}
    AND u.subject = ${of('subject')} AND u.rule_id IN ${RULE_IDS}
    AND u.mode = coalesce(${of('mode')}, ''))`
