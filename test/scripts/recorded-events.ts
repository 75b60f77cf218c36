// Thousands of recorded events of all sources, written into a local database without the door: bodies are
// the samples, each with an amount and a subject that `CONFIG`'s rules read.

import * as fs from 'node:fs'
import * as path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { localFile } from '../../scripts/backtest-database.ts'
import { listSamples, readSample } from '../../scripts/samples.ts'
import { endpointFor } from '../../scripts/send-all.ts'
import { parsedBody } from '../../scripts/send-delivery.ts'
import { senderHeaders } from '../../scripts/sender-headers.ts'
import { isUnreadable, type Fate } from '../../src/domain/event.ts'
import { isObject } from '../../src/sources/source.ts'

export const ROOT = path.resolve(import.meta.dirname, '../..')
export const FIRST_MS = Date.UTC(2026, 6, 1)
export const EVERY_MS = 60_000

/** One readable event of a sample, as its rows have it. */
type Model = {
  readonly source: string
  readonly endpoint: string
  readonly type: string
  readonly data: Readonly<Record<string, unknown>>
  readonly isWhole: boolean
}

function modelsOf(source: string, event: string): Model[] {
  const sample = readSample(source, event)
  const [name, endpoint] = endpointFor(sample)
  const body = parsedBody(endpoint.source, sample.text)
  const signed = { id: null, timestamp: null }
  const [scheme] = endpoint.schemes
  const proof = scheme.kind === 'signature' ? { [scheme.headers.signature]: 'proof' } : {}
  const headers = senderHeaders(endpoint, event, body, signed, proof)
  const unsignedHeader = (header: string) => headers[header] ?? null
  return endpoint.source.read(body, { signed, unsignedHeader }).flatMap((each) => {
    if (isUnreadable(each) || !isObject(each.data)) return []
    const isWhole = each.data === body
    return [{ source, endpoint: name, type: each.type, data: each.data, isWhole }]
  })
}

export const MODELS: readonly Model[] = [...listSamples()].flatMap(([source, events]) =>
  events.flatMap((event) => modelsOf(source, event)),
)

export const SOURCES: readonly string[] = [...new Set(MODELS.map(({ source }) => source))]

export type Written = {
  readonly id: string
  readonly source: string
  readonly subject: string
  readonly fate: Fate
  /** Of the adjustment that it made; 0 where it made none. */
  readonly cents: number
  /** Its payload is gone. */
  readonly isForgotten: boolean
  readonly receivedAt: number
}

/** What the event at this place is: most are adjusted, some ignored, asked for again, or forgotten. */
function planOf(at: number, models: number): Omit<Written, 'id' | 'source'> & { asked: number } {
  const round = Math.floor(at / models)
  const subjectOf = (round_: number) => `thing:${at % models}-${round_}`
  const centsOf = (round_: number) =>
    10 * (1 + (((at % models) * 7_919 + round_ * 104_729) % 9_999))
  const common = { isForgotten: false, receivedAt: FIRST_MS + at * EVERY_MS }
  const isAgain = round % 10 === 7 || round % 10 === 8
  if (round % 10 === 3) {
    return { ...common, subject: subjectOf(round), fate: 'ignored', cents: 0, asked: 0 }
  }
  if (!isAgain) {
    const cents = centsOf(round)
    const isForgotten = round % 10 === 4
    return {
      ...common,
      subject: subjectOf(round),
      fate: 'adjusted',
      cents,
      asked: cents,
      isForgotten,
    }
  }
  // The subject of seven rounds ago was adjusted.
  const isOther = round % 10 === 8
  const asked = centsOf(round - 7) + (isOther ? 10 : 0)
  const fate = isOther ? 'conflict' : 'duplicate'
  return { ...common, subject: subjectOf(round - 7), fate, cents: 0, asked }
}

/** Makes the database of the state folder, and answers what it wrote. */
export function writeEvents(statePath: string, count: number): Written[] {
  const file = localFile(statePath)
  fs.mkdirSync(path.dirname(file), { recursive: true })
  const database = new DatabaseSync(file)
  database.exec('PRAGMA journal_mode = WAL')
  for (const name of fs.readdirSync(path.join(ROOT, 'migrations')).toSorted()) {
    if (!name.endsWith('.sql')) continue
    database.exec(fs.readFileSync(path.join(ROOT, 'migrations', name), 'utf8'))
  }
  database.exec('BEGIN')
  const event =
    database.prepare(`INSERT INTO events (seq, id, delivery_id, endpoint, account, source,
      own_id, type, mode, received_at, commitment, fate, rule_id, reason, decision)
    VALUES (:seq, :id, 'delivery', :endpoint, :endpoint, :source, :own, :type, 'test', :receivedAt,
      'hash', :fate, :rule, :reason, :decision)`)
  const payload = database.prepare(
    "INSERT INTO payloads (event_seq, encoding, body, is_whole) VALUES (?, 'utf8', ?, ?)",
  )
  const adjustment = database.prepare(`INSERT INTO adjustments
    (id, event_id, rule_id, account, endpoint, source, subject, part, mode, settlement, reason,
      caused_by, amount, currency, customer_reference, description, created_at, state, version,
      wake_at, attempts, generation)
    VALUES (:madeId, :id, :rule, :endpoint, :endpoint, :source, :subject, '', 'test', 'owed',
      'goodwill', 'system', :amount, 'usd', 'acme', 'Credit', :receivedAt, 'due', 1, 1, 0, 0)`)
  const written = Array.from({ length: count }, (_, at): Written => {
    const model = MODELS[at % MODELS.length]
    if (!model) throw new Error('no samples')
    const { source, endpoint, type, isWhole } = model
    const { asked, ...plan } = planOf(at, MODELS.length)
    const [id, madeId] = [`evt_${at}`, `adj_${at}`]
    const { subject, fate, cents, isForgotten, receivedAt } = plan
    const rule = fate === 'ignored' ? null : `credit-${source}`
    const decision = {
      considered: [],
      ...(fate === 'adjusted' ? { adjustments: [madeId] } : {}),
      ...(fate === 'duplicate' || fate === 'conflict'
        ? { adjustments: [`adj_${at - 7 * MODELS.length}`] }
        : {}),
    }
    const reason = fate === 'ignored' ? 'nothing_asked' : null
    const common = { id, endpoint, source, receivedAt, rule }
    const decided = { fate, reason, decision: JSON.stringify(decision) }
    event.run({ ...common, ...decided, seq: at + 1, own: `own_${at}`, type })
    const body = JSON.stringify({ ...model.data, asked_cents: asked, asked_subject: subject })
    if (!isForgotten) payload.run(at + 1, body, isWhole ? 1 : 0)
    if (fate === 'adjusted') adjustment.run({ ...common, madeId, subject, amount: -cents })
    return { ...plan, id, source }
  })
  database.exec('COMMIT')
  database.close()
  return written
}

const typesOf = (source: string): string[] => [
  ...new Set(MODELS.filter((model) => model.source === source).map(({ type }) => type)),
]

/** A configuration file: a rule for each source that credits `cents`, an expression of `asked`. */
export const configText = (cents: string): string => `
import { ALL_SOURCES } from '${ROOT}/sandbox/all-sources.ts'
import { defineConfig } from '${ROOT}/src/config.ts'
import { credit, ignore, rule } from '${ROOT}/src/domain/rule.ts'
import * as z from 'zod'

const payload = z.object({ asked_cents: z.int(), asked_subject: z.string() })
const types = ${JSON.stringify(Object.fromEntries(SOURCES.map((source) => [source, typesOf(source)])))}

const rules = Object.entries(types).map(([source, on]) =>
  rule({
    id: 'credit-' + source, source, on,
    settlement: 'owed', reason: 'goodwill', causedBy: 'system', payload,
    adjust({ asked_cents: asked, asked_subject: subject }) {
      if (asked === 0) return ignore('nothing_asked')
      return credit({ minorUnits: ${cents}, currency: 'usd' }, { subject, customer: 'acme' })
    },
  }),
)

export default defineConfig({ ...ALL_SOURCES, rules })
`
