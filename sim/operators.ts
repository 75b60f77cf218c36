// People who answer what waits: some twice, some at once, some what they asked for themselves.

import type { Commet, Invoice } from './commet.ts'
import { PEOPLE, type Person } from './people.ts'
import { createRandom, type Random } from './random.ts'
import { HOUR, type Scenario } from './scenario.ts'
import type { Sqlite } from './sqlite.ts'
import type { Timeline } from './timeline.ts'

type Row = {
  readonly id: string
  readonly state: string
  readonly version: number
  readonly amount: number
  readonly currency: string
  readonly hold_reasons: string | null
  readonly invoice_status: string | null
  readonly reversed_by: string | null
}

type Parts = {
  readonly scenario: Scenario
  readonly timeline: Timeline
  readonly database: Sqlite
  readonly isHealed: () => boolean
  readonly request: (request: Request, what: string) => void
  readonly commet: Commet
}

const LOOKED_AT = 8
const SWITCHES = [
  'all',
  'rule/credit-requested',
  'rule/zendesk-ticket-credit',
  'endpoint/stripe',
  'customer/cus_acme-1',
] as const

type Call = (method: string, path: string, body: object | null, person?: Person) => void

/** At times of the scenario, until everything has healed. */
export function startOperators(parts: Parts): void {
  const { scenario, timeline, database } = parts
  const random = createRandom(scenario.seed, 'operators')
  /** How long after the look began its next click comes. */
  let clickMs = 0
  const call: Call = (method, path, body, person = random.pick(PEOPLE)) => {
    const headers = { 'x-api-key': person.key, 'content-type': 'application/json' }
    const text = body === null ? null : JSON.stringify(body)
    const url = `https://makegood.sim/api/v1${path}`
    const asked = { method, headers, ...(text === null ? {} : { body: text }) }
    clickMs += random.chance(0.5) ? 0 : random.between(20, 15_000)
    timeline.after(clickMs, () => {
      if (!parts.isHealed()) parts.request(new Request(url, asked), `${method} ${path}`)
    })
  }
  const look = (): void => {
    if (parts.isHealed()) return
    clickMs = 0
    const held = database.rows<Row>(
      "SELECT * FROM adjustments WHERE state = 'held' ORDER BY seq DESC LIMIT ?",
      LOOKED_AT,
    )
    for (const row of held) {
      if (row.hold_reasons?.includes('outcome_unknown')) findOut(call, random, row, parts)
      else answer(call, random, row)
    }
    againMany(call, random, database)
    againEvents(call, random, database)
    const invoiced = database.rows<Row>(
      `SELECT * FROM adjustments WHERE state = 'invoiced' AND reversed_by IS NULL
        AND reverses IS NULL ORDER BY seq DESC LIMIT ?`,
      LOOKED_AT,
    )
    for (const row of invoiced) if (random.chance(0.25)) undo(call, random, row)
    if (random.chance(0.4)) byHand(call, random)
    if (random.chance(0.2)) call('PUT', `/switches/${random.pick(SWITCHES)}`, null)
    const resumed = random.pick(SWITCHES)
    const isFree = resumed !== 'all' || scenario.restore === null
    if (random.chance(0.3) && isFree) call('DELETE', `/switches/${resumed}`, null)
  }
  // Nobody leaves for long what he, or a rule that ran away, has stopped.
  const tidy = (): void => {
    if (parts.isHealed()) return
    if (random.chance(0.5)) resumeAll(database, parts.request)
    timeline.after(random.between(HOUR, 12 * HOUR), tidy)
  }
  timeline.at(scenario.startMs + HOUR, tidy)
  for (let looks = 0; looks < scenario.looks; looks += 1) {
    timeline.at(scenario.startMs + random.below(2 * scenario.spanMs), look)
  }
  if (scenario.restore === null) return
  // Whoever has set the database back sees what comes of it.
  for (const hours of [1, 2, 3, 4]) timeline.at(scenario.restore.at + hours * HOUR, look)
}

function answer(call: Call, random: Random, row: Row): void {
  const { version, amount, currency } = row
  const path = `/adjustments/${row.id}`
  const approve = (person: Person): void =>
    call('POST', `${path}/approve`, { version, amount, currency }, person)
  if (/customer_unresolved|currency_mismatch/.test(row.hold_reasons ?? '') && random.chance(0.8)) {
    const customerId = random.pick(['cus_acme-1', 'cus_acme-2', 'cus_refused-1', 'cus_nobody'])
    return call('POST', `${path}/customer`, { version, customerId })
  }
  const choice = random.next()
  if (choice < 0.15) return call('POST', `${path}/reject`, { version })
  if (choice > 0.85) return
  const person = random.pick(PEOPLE)
  approve(person)
  // He clicks twice, or another one answers at the same moment.
  if (random.chance(0.4)) approve(random.chance(0.4) ? person : random.pick(PEOPLE))
  if (random.chance(0.1)) call('POST', `${path}/reject`, { version })
}

/** A person looks at the billing API himself, or says that he has. */
function findOut(call: Call, random: Random, row: Row, { commet, scenario }: Parts): void {
  const { invoices } = commet
  const { id, version } = row
  const own = invoices.find(({ metadata }) => metadata['makegood_adjustment_id'] === id)
  const isCareless = random.chance(0.35)
  const found = isCareless ? invoices.at(random.below(invoices.length)) : own
  // A closed one is no obstacle any more; what he has overlooked stands, unless people close it meanwhile.
  const mayLook = ({ status }: Invoice, overlooks: boolean): boolean =>
    status === 'void' ? scenario.restore !== null : overlooks && !scenario.hasBillingWebhooks
  const act = (): void => {
    if (found !== undefined && random.chance(found.status === 'void' ? 0.4 : 0.9)) {
      return call('POST', `/adjustments/${id}/adopt`, { version, invoiceId: found.id })
    }
    // Without `looked` he is told to look first.
    const looked = random.chance(0.8) && (own === undefined || mayLook(own, isCareless))
    call('POST', `/adjustments/${id}/requeue`, { version, looked })
  }
  if (random.chance(0.7)) act()
  if (random.chance(0.3)) act()
}

/** What has failed goes through again, one by one, or all at once, by one person or two. */
function againMany(call: Call, random: Random, database: Sqlite): void {
  const failed = database.rows<Row>(
    "SELECT * FROM adjustments WHERE state = 'failed' ORDER BY seq DESC LIMIT ?",
    LOOKED_AT,
  )
  const many = random.pick([{ state: 'failed' }, { ids: failed.map(({ id }) => id) }])
  if (failed.length > 0 && random.chance(0.2)) {
    call('POST', '/adjustments/requeue', many)
    if (random.chance(0.5)) call('POST', '/adjustments/requeue', many)
  }
  for (const { id, version } of failed) {
    if (!random.chance(0.4)) continue
    call('POST', `/adjustments/${id}/requeue`, { version })
    if (random.chance(0.4)) call('POST', `/adjustments/${id}/requeue`, { version })
  }
}

const MADE_NOTHING = "('undecided', 'ignored', 'conflict')"

/** An event that made nothing is decided once more, or nothing is to come of it. */
function againEvents(call: Call, random: Random, database: Sqlite): void {
  const events = database.rows<{ id: string }>(
    `SELECT id FROM events WHERE fate IN ${MADE_NOTHING} ORDER BY seq DESC LIMIT ?`,
    LOOKED_AT,
  )
  for (const { id } of events) {
    const what = random.pick(['requeue', 'requeue', 'dismiss', null, null, null])
    if (what === null) continue
    call('POST', `/events/${id}/${what}`, {})
    if (random.chance(0.5)) call('POST', `/events/${id}/${random.pick(['requeue', what])}`, {})
  }
}

function undo(call: Call, random: Random, row: Row): void {
  const how = row.invoice_status === 'outstanding' && random.chance(0.8) ? 'void' : 'reversal'
  const body = { version: row.version, how }
  call('POST', `/adjustments/${row.id}/reverse`, body)
  if (random.chance(0.4)) call('POST', `/adjustments/${row.id}/reverse`, body)
}

function byHand(call: Call, random: Random): void {
  call('POST', '/adjustments', {
    customer: { value: random.pick(['acme-1', 'acme-2', 'nobody-1']) },
    direction: random.pick(['credit', 'credit', 'charge']),
    amount: random.pick([500, 2_500, 15_000]),
    currency: 'usd',
    reason: 'goodwill',
  })
}

/** What is still stopped when everything heals goes on. */
export function resumeAll(database: Sqlite, request: Parts['request']): number {
  // What a restored database is paused for ends with its comparison.
  const switches = database.rows<{ kind: string; key: string }>(
    `SELECT kind, key FROM switches WHERE cause IS NOT 'restored'
      OR EXISTS (SELECT 1 FROM reconciliations WHERE is_restored AND outcome = 'complete')`,
  )
  for (const { kind, key } of switches) {
    const path = kind === 'all' ? 'all' : `${kind}/${encodeURIComponent(key)}`
    const headers = { 'x-api-key': PEOPLE[0].key }
    const url = `https://makegood.sim/api/v1/switches/${path}`
    request(new Request(url, { method: 'DELETE', headers }), 'DELETE /switches')
  }
  return switches.length
}
