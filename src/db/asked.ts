// What an adjustment asks of the limits, as one SQL expression: the reasons for which it has to wait.
// The claim evaluates it inside the very statement that takes the lease, so no two can pass one limit;
// a dry run evaluates the same.

import { sql, type SQL } from 'drizzle-orm'
import type { Mode } from '../domain/event.ts'
import type { HoldDetail, HoldReason } from '../domain/hold.ts'
import { LIMIT_ROWS_MAX, MS_PER_DAY } from '../domain/limits.ts'
import type { ClassLimits } from '../domain/money-limits.ts'
import type { Settlement } from '../domain/rule.ts'

export type Asked = {
  /** Of the row itself, which never stands in its own way; 0 where there is none yet. */
  readonly seq: number
  readonly account: string
  readonly subject: string
  readonly endpoint: string
  /** The rule's id and its former ones. */
  readonly ruleIds: readonly string[]
  readonly alongside: readonly string[]
  readonly settlement: Settlement
  readonly mode: Mode | null
  /** Signed minor units. */
  readonly amount: number
  readonly currency: string
  readonly customer: string | null
  readonly asker: string | null
  readonly now: number
  /** `YYYY-MM-DD`, and the hour since 1970: where it counts, or is going to. */
  readonly day: string
  readonly hour: string
  /** Minor units that it counts with already, since it was approved. */
  readonly counted: number
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
  const { limits, ...rest } = asked
  const { amount, now, asker } = rest
  const row = {
    ...rest,
    asks: limits !== null,
    holdAbove: limits?.holdAbove ?? null,
    perDay: limits?.perDay ?? null,
    perHourPerRule: limits?.perHourPerRule ?? null,
    size: Math.abs(amount),
    sign: Math.sign(amount),
    direction: amount < 0 ? 'credit' : 'charge',
    customerMax: limits?.perCustomer?.max ?? null,
    customerSince: now - (limits?.perCustomer?.days ?? 0) * MS_PER_DAY,
    // Nobody asked: then nobody has used up his limit.
    askerMax: asker === null ? null : (limits?.perAsker?.max ?? null),
    askerSince: now - (limits?.perAsker?.days ?? 0) * MS_PER_DAY,
  }
  return sql`(SELECT ${JSON.stringify(row)} AS j)`
}

const of = (field: string): SQL => sql.raw(`(ask.j ->> '${field}')`)

const overLimit = (name: string, max: SQL, used: SQL): SQL => sql`
  (SELECT CASE WHEN u.used + ${of('size')} > ${max} THEN
      json_object('reason', ${sql.raw(`'over_limit:${name}'`)}, 'max', ${max}, 'used', u.used) END
    FROM (SELECT ${used} AS used) u WHERE ${max} IS NOT NULL)`

/** What counts of one customer or asker since then; a list too long to add up counts as full. */
const rollingSum = (
  column: 'customer_id' | 'asker',
  since: SQL,
  max: SQL,
  further: SQL,
): SQL => sql`
  (SELECT CASE WHEN count(*) >= ${sql.raw(String(LIMIT_ROWS_MAX))} THEN max(total(s.size), ${max})
      ELSE coalesce(sum(s.size), 0) END
    FROM (SELECT abs(x.amount) AS size FROM adjustments x
      WHERE x.${sql.raw(column)} = ${of(column === 'asker' ? 'asker' : 'customer')} ${further}
        AND x.counted_at > ${since} AND x.settlement = ${of('settlement')}
        AND x.currency = ${of('currency')} AND sign(x.amount) = ${of('sign')} AND x.seq <> ${of('seq')}
      LIMIT ${sql.raw(String(LIMIT_ROWS_MAX))}) s)`

const bucketSum = (kind: 'day' | 'rule_hour', key: SQL, bucket: SQL): SQL => sql`
  (SELECT coalesce(sum(s.total), 0) FROM limit_sums s
    WHERE s.kind = ${sql.raw(`'${kind}'`)} AND s.key IN ${key} AND s.mode = ${of('mode')}
      AND s.bucket = ${bucket} AND s.settlement = ${of('settlement')}
      AND s.direction = ${of('direction')} AND s.currency = ${of('currency')}) - ${of('counted')}`

const RULE_IDS = sql`(SELECT value FROM json_each(ask.j, '$.ruleIds'))`

/** Its rule is new: too few of its adjustments were let through. */
const newRule = (first: number): SQL => sql`
  (SELECT CASE WHEN u.used < ${of('first')} THEN
      json_object('reason', 'new_rule', 'max', ${of('first')}, 'used', u.used) END
    FROM (SELECT coalesce(sum(s.adjustments), 0) AS used FROM (
      SELECT adjustments FROM limit_sums WHERE kind = 'rule_hour' AND key IN ${RULE_IDS}
        AND mode = ${of('mode')} AND adjustments > 0 LIMIT ${first}) s) u
    WHERE ${of('first')} > 0)`

/** Another rule's adjustment of the same subject, at any age. Of two that are there, the older stands. */
const sameSubject = sql`
  (SELECT x.id FROM adjustments x
    WHERE x.account = ${of('account')} AND x.subject = ${of('subject')}
      AND (x.seq < ${of('seq')} OR ${of('seq')} = 0)
      AND x.state <> 'cancelled' AND x.reverses IS NULL AND x.rule_id NOT IN ${RULE_IDS}
      AND x.rule_id NOT IN (SELECT value FROM json_each(ask.j, '$.alongside'))
    LIMIT 1)`

/** The same customer and amount a short time ago. Two records are two facts, so they are no doubt. */
const sameAmount = sql`
  (SELECT x.id FROM adjustments x
    WHERE x.customer_id = ${of('customer')} AND x.counted_at > ${of('now')} - ${of('duplicateMs')}
      AND x.amount = ${of('amount')} AND x.currency = ${of('currency')}
      AND NOT (x.settlement = 'already_paid' AND ${of('settlement')} = 'already_paid')
      AND NOT (x.account = ${of('account')} AND x.subject = ${of('subject')})
      AND x.seq <> ${of('seq')} AND x.reverses IS NULL
    LIMIT 1)`

const possibleDuplicate = sql`
  (SELECT CASE WHEN u.other IS NOT NULL THEN
      json_object('reason', 'possible_duplicate', 'adjustment', u.other) END
    FROM (SELECT coalesce(${sameSubject},
      CASE WHEN ${of('duplicateMs')} > 0 THEN ${sameAmount} END) AS other) u)`

/** JSON: the list of `HoldDetail` for which `ask` has to wait, without what was cleared. */
export const foundReasons = ({ first }: Asked): SQL => sql`
  (SELECT json_group_array(json(f.value)) FROM (
      SELECT value FROM json_each(ask.j, '$.found')
      UNION ALL
      SELECT value FROM json_each(json_array(
        json(${overLimit('holdAbove', of('holdAbove'), sql`0`)}),
        json(${overLimit('perCustomer', of('customerMax'), rollingSum('customer_id', of('customerSince'), of('customerMax'), sql``))}),
        json(${overLimit('perAsker', of('askerMax'), rollingSum('asker', of('askerSince'), of('askerMax'), sql`AND x.mode = ${of('mode')} AND x.asker IS NOT NULL`))}),
        json(${overLimit('perDay', of('perDay'), bucketSum('day', sql`('')`, of('day')))}),
        json(${overLimit('perHourPerRule', of('perHourPerRule'), bucketSum('rule_hour', RULE_IDS, of('hour')))}),
        json(CASE WHEN ${of('asks')} THEN ${newRule(first)} END),
        json(CASE WHEN ${of('asks')} THEN ${possibleDuplicate} END)
      )) WHERE value IS NOT NULL
    ) f
    WHERE f.value ->> 'reason' NOT IN (SELECT value FROM json_each(ask.j, '$.cleared')))`

/** Whether something that `ask` belongs to is paused. */
export const isPaused: SQL = sql`
  EXISTS (SELECT 1 FROM switches s WHERE (s.kind = 'all' AND s.key = '')
    OR (s.kind = 'endpoint' AND s.key = ${of('endpoint')})
    OR (s.kind = 'customer' AND s.key = ${of('customer')})
    OR (s.kind = 'rule' AND s.key IN ${RULE_IDS}))`

/** Whether it was undone at its source. */
export const isUndone: SQL = sql`
  EXISTS (SELECT 1 FROM undos u WHERE u.account = ${of('account')}
    AND u.subject = ${of('subject')} AND u.rule_id IN ${RULE_IDS})`
