// `npm run sim -- --scenario outage`: the billing API answers 503 to one call in ten for ten minutes, is down
// for three hours, and comes back, while events go on. Each is billed once, and the drain keeps its limit.

import { usd } from '../src/domain/money.ts'
import { checkAudit } from './judge/audit.ts'
import { readBooks } from './judge/books.ts'
import { checkCircuit } from './judge/circuit.ts'
import { checkLedger } from './judge/ledger.ts'
import { HOUR, MINUTE, type FaultKind, type Scenario } from './scenario.ts'
import type { World } from './world.ts'

const UNSTEADY_MS = 10 * MINUTE
const DOWN_MS = 3 * HOUR
/** Calls of a minute that the billing API answers; a sweep wakes 500. */
const CALLS_PER_MINUTE = 600
/** What is under way when the first of them is told to wait: five consumers of five messages. */
const UNDER_WAY_MAX = 25
/** In an outage one call after the other finds out if it is over, each after half a minute at least. */
const CALLS_WHILE_DOWN_MAX = (DOWN_MS / MINUTE) * 4

export function outageScenario(seed: number, faults: ReadonlySet<FaultKind>): Scenario {
  const startMs = Date.UTC(2027, 2, 1, 9)
  const downAt = startMs + UNSTEADY_MS
  return {
    seed,
    startMs,
    spanMs: UNSTEADY_MS + DOWN_MS,
    facts: 'credits',
    climates: [
      { from: startMs, to: downAt, kind: 'unsteady' },
      { from: downAt, to: downAt + DOWN_MS, kind: 'down' },
      { from: downAt + DOWN_MS, to: Infinity, kind: 'well' },
    ],
    callsPerMinute: CALLS_PER_MINUTE,
    fullDisk: [],
    limits: {
      holdAbove: usd(1_000_000),
      perDay: usd(10_000_000),
      duplicateHours: 0,
      olderThanEndpoint: 'allow',
      charges: 'allow',
    },
    tells: false,
    creditStartsAs: 'outstanding',
    taxRate: 0,
    hasBillingWebhooks: false,
    isolates: 3,
    looks: 0,
    restore: null,
    deployments: [],
    faults,
    oldestDuplicateMs: 5 * MINUTE,
  }
}

/** What came of it, a line each, and what is wrong. */
export function judgeOutage(world: World): { lines: string[]; violations: string[] } {
  const { scenario, commet, meter, senders } = world
  const books = readBooks(world)
  const backAt = scenario.startMs + UNSTEADY_MS + DOWN_MS
  const downAt = scenario.startMs + UNSTEADY_MS
  const minutes = [...meter.calls].map(([minute, calls]) => ({ at: minute * MINUTE, calls }))
  const between = (from: number, to: number) => minutes.filter(({ at }) => at >= from && at < to)
  const whileDown = between(downAt, backAt).reduce((sum, { calls }) => sum + calls, 0)
  const busiest = Math.max(...between(backAt, Infinity).map(({ calls }) => calls))
  const asked = [...books.acknowledged].filter(({ kind }) => kind === 'asks')
  const facts = new Set(asked.map(({ fact }) => fact.subject))
  const billed = new Set(
    books.rows.filter(({ state }) => state === 'invoiced').map(({ subject }) => subject),
  )
  const doubles = [...books.ledger.values()].filter((invoices) => invoices.length > 1).length
  const lost = facts.difference(billed).size
  const lastAt = Math.max(...commet.invoices.map(({ createdAt }) => createdAt))
  const violations = [...checkLedger(books), ...checkAudit(books), ...checkCircuit(books)]
  if (doubles > 0 || lost > 0) violations.push(`not_once: ${doubles} doubled, ${lost} lost`)
  for (const row of books.rows.filter(({ state }) => state !== 'invoiced').slice(0, 5)) {
    violations.push(`not_billed: ${row.id} is ${row.state} ${row.hold_reasons} ${row.trouble}`)
  }
  if (whileDown > CALLS_WHILE_DOWN_MAX) violations.push(`called_while_down: ${whileDown}`)
  if (busiest > CALLS_PER_MINUTE + UNDER_WAY_MAX)
    violations.push(`limit_exceeded: ${busiest} calls in a minute`)
  const lines = [
    `${new Set(asked).size} events acknowledged in ${senders.acknowledged.length} deliveries, of ${facts.size} subjects`,
    `${commet.invoices.length} invoices, ${doubles} doubled, ${lost} lost`,
    `${whileDown} calls within three hours of outage, at most ${CALLS_WHILE_DOWN_MAX} wanted`,
    `${busiest} calls in the busiest minute afterwards, of which the billing API answers ${CALLS_PER_MINUTE}`,
    `the last one was billed ${Math.ceil((lastAt - backAt) / MINUTE)} minutes after it was back`,
  ]
  return { lines, violations }
}
