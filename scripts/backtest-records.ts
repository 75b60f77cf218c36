// What a backtest reads of a database, in pages, as SQL that a local and a deployed one answer alike.
// Only whole numbers of our own are written into the SQL.

import * as z from 'zod'
import type { Made, RecordedEvent } from '../src/domain/backtest.ts'
import { OPERATOR_ENDPOINT } from '../src/domain/by-hand.ts'
import { CUSTOMER_KINDS } from '../src/domain/customer.ts'
import { ENCODINGS, FATES, MODES } from '../src/domain/event.ts'
import { SETTLEMENTS } from '../src/domain/rule.ts'
import type { EventRecord, RecordedPayload } from '../src/sources/recorded-event.ts'

/** The rows that a SELECT gives. */
export type Query = (sql: string) => Promise<readonly unknown[]>

/** Milliseconds since 1970, of when events were received; `until` is null for all later ones. */
export type Range = { readonly since: number; readonly until: number | null }

export type RecordedRow = {
  readonly recorded: RecordedEvent
  readonly endpoint: string
  readonly record: EventRecord
  readonly payload: RecordedPayload | null
}

export type EarlierMade = { readonly seq: number; readonly made: Made }

export type EarlierUndo = Pick<Made, 'account' | 'subject' | 'rule' | 'mode'>

/** Each answers the next page, oldest first, and an empty one at the end. */
export type Records = {
  /** Of the range, behind the place `after`. */
  events(after: number): Promise<readonly RecordedRow[]>
  /** Adjustments from before the range, behind the place `after`. */
  earlier(after: number): Promise<readonly EarlierMade[]>
  /** Undos from before the range, without the first `skip`. */
  earlierUndos(skip: number): Promise<readonly EarlierUndo[]>
}

const madeSchema = z.object({
  event: z.string(),
  rule: z.string(),
  account: z.string(),
  subject: z.string(),
  part: z.string(),
  amount: z.int(),
  currency: z.string(),
  customer: z.string().nullable(),
  customerKind: z.enum(CUSTOMER_KINDS),
  mode: z.enum(MODES).nullable(),
  settlement: z.enum(SETTLEMENTS),
})

const MADE_COLUMNS: Readonly<Record<keyof z.infer<typeof madeSchema>, string>> = {
  event: 'event_id',
  rule: 'rule_id',
  account: 'account',
  subject: 'subject',
  part: 'part',
  amount: 'amount',
  currency: 'currency',
  customer: 'customer_reference',
  customerKind: 'customer_kind',
  mode: 'mode',
  settlement: 'settlement',
}

const jsonText = z.string().transform((text): unknown => JSON.parse(text))

const eventSchema = z.object({
  seq: z.int(),
  id: z.string(),
  endpoint: z.string(),
  account: z.string(),
  source: z.string(),
  ownId: z.string().nullable(),
  type: z.string(),
  mode: z.enum(MODES).nullable(),
  occurredAt: z.int().nullable(),
  fate: z.enum(FATES),
  reason: z.string().nullable(),
  rule: z.string().nullable(),
  undoes: jsonText.pipe(z.object({ subject: z.string(), ruleIds: z.array(z.string()) })).nullable(),
  made: jsonText.pipe(z.array(madeSchema)),
  encoding: z.enum(ENCODINGS).nullable(),
  body: z.string().nullable(),
  isWhole: z.int().nullable(),
})

const earlierSchema = madeSchema.extend({ seq: z.int() })
const undoSchema = z.object({
  account: z.string(),
  subject: z.string(),
  rule: z.string(),
  mode: z.enum([...MODES, '']).transform((mode) => (mode === '' ? null : mode)),
})

/** What operators make by hand, and reversals, no rule has made: they are left out. */
const BY_RULES = `a.reverses IS NULL AND a.source <> '${OPERATOR_ENDPOINT}'`

/** `rows`: of a page. */
export function recordsOf(query: Query, { since, until }: Range, rows: number): Records {
  const before = until ?? Number.MAX_SAFE_INTEGER
  const madeFields = Object.entries(MADE_COLUMNS)
  const madeJson = madeFields.map(([field, column]) => `'${field}', a.${column}`).join(', ')
  const madeColumns = madeFields.map(([field, column]) => `a.${column} AS ${field}`).join(', ')
  return {
    events: async (after) => {
      const found = await query(`SELECT e.seq, e.id, e.endpoint, e.account, e.source,
          e.own_id AS ownId, e.type, e.mode, e.occurred_at AS occurredAt, e.fate, e.reason,
          e.rule_id AS rule, e.decision -> '$.undoes' AS undoes,
          (SELECT json_group_array(json_object(${madeJson}))
            FROM json_each(e.decision, '$.adjustments') w
            CROSS JOIN adjustments a ON a.id = w.value
            WHERE a.event_id = e.id AND ${BY_RULES}) AS made,
          p.encoding, p.body, p.is_whole AS isWhole
        FROM events e LEFT JOIN payloads p ON p.event_seq = e.seq
        WHERE e.seq > ${after} AND e.received_at >= ${since} AND e.received_at < ${before}
          AND e.source <> '${OPERATOR_ENDPOINT}'
        ORDER BY e.seq LIMIT ${rows}`)
      return z.array(eventSchema).parse(found).map(recordedRow)
    },
    earlier: async (after) => {
      const found = await query(`SELECT a.seq, ${madeColumns} FROM adjustments a
        WHERE a.seq > ${after} AND a.created_at < ${since} AND ${BY_RULES}
        ORDER BY a.seq LIMIT ${rows}`)
      const earlier = z.array(earlierSchema).parse(found)
      return earlier.map(({ seq, ...made }) => ({ seq, made: madeOf(made) }))
    },
    earlierUndos: async (skip) => {
      const found = await query(`SELECT u.account, u.subject, u.rule_id AS rule, u.mode FROM undos u
        WHERE u.at < ${since}
        ORDER BY u.account, u.subject, u.rule_id, u.mode LIMIT ${rows} OFFSET ${skip}`)
      return z.array(undoSchema).parse(found)
    },
  }
}

const madeOf = ({ customer, customerKind, ...made }: z.infer<typeof madeSchema>): Made => ({
  ...made,
  customer: customer === null ? null : { kind: customerKind, value: customer },
})

function recordedRow(row: z.infer<typeof eventSchema>): RecordedRow {
  const { seq, id, account, source, mode, fate, rule, reason, undoes, made } = row
  const { endpoint, ownId, type, occurredAt, encoding, body, isWhole } = row
  return {
    recorded: {
      seq,
      id,
      account,
      source,
      mode,
      fate,
      rule,
      reason,
      undoes,
      made: made.map(madeOf),
    },
    endpoint,
    record: { ownId, type, occurredAt },
    payload: encoding === null || body === null ? null : { encoding, body, isWhole: isWhole === 1 },
  }
}
