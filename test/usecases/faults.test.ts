// Every fault of the sandbox at every step, by the Worker's own handlers: what each leaves behind after one
// attempt, and that all of it is billed once when the faults are over. No handler ever throws.

import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { ALL_FAULTS, type FaultSetting } from '../../scripts/chaos-faults.ts'
import type { Deps } from '../../src/deps.ts'
import type { WakeUp } from '../../src/domain/wake-up.ts'
import { createWorker } from '../../src/worker.ts'
import { given, giving } from '../giving.ts'
import { commet, OPERATOR, sandboxControl, signedRequest } from '../harness.ts'
import { moneyConfig } from '../money-world.ts'
import { setFaults, type Fault } from '../world.ts'

/** Of each fault at each step; FAULTS_EACH=200 is the whole trial. */
const EACH = Number(env.FAULTS_EACH)
const CUSTOMERS = ['acme-42', 'bolt-7', 'cedar-19', 'scripts-8', 'greta-77', 'habana-5']
const TEST_MS_MAX = 600_000
const DAY_MS = 86_400_000
const DRAIN_ROUNDS_MAX = 12
const AT_ONCE = 4

const rules = [giving('promise'), giving('record', { settlement: 'already_paid' })]
const config = moneyConfig({}, rules)

let now = 0
let state = 20_261_123
let runs = 0
const queue: WakeUp[] = []
const lines: string[] = []

/** 0 ≤ x < 1, the same ones in each run. */
function random(): number {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
  return state / 4_294_967_296
}

const parts: Partial<Deps> = {
  now: () => now,
  random,
  wake: async (wakeUps) => void queue.push(...wakeUps),
  wakeNotices: async () => {},
  log: ({ event }) => void lines.push(event),
}
const worker = createWorker(config, parts)

async function fetchWorker(request: Request): Promise<any> {
  const context = createExecutionContext()
  const incoming = new Request<unknown, IncomingRequestCfProperties>(request)
  const response = await worker.fetch(incoming, env, context)
  await waitOnExecutionContext(context)
  expect(response.status).toBeLessThan(300)
  return response.json()
}

const operator = (path: string, method: string, body?: unknown) =>
  fetchWorker(
    new Request(`https://makegood.example/api/v1${path}`, {
      method,
      headers: { ...OPERATOR, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }),
  )

/** What the queue would deliver, some at a time; the circuit has tests of its own, and is closed before each. */
async function work(atOnce = AT_ONCE): Promise<void> {
  for (const wakeUps = queue.splice(0); wakeUps.length > 0;) {
    await env.DB.exec('DELETE FROM circuits')
    const messages = wakeUps.splice(0, atOnce).map((body) => ({
      id: 'm',
      timestamp: new Date(now),
      attempts: 1,
      body,
      ack: () => undefined,
      retry: () => expect.unreachable('a message is always acknowledged'),
    }))
    const metadata = { metrics: { backlogCount: 0, backlogBytes: 0 } }
    const never = () => expect.unreachable('the batch is never answered as one')
    await worker.queue(
      { queue: 'makegood-adjustments', messages, metadata, ackAll: never, retryAll: never },
      env,
    )
  }
}

async function advance(ms: number): Promise<void> {
  now += ms
  await sandboxControl('POST', '/clock', { now: new Date(now).toISOString() })
}

const cron = () =>
  worker.scheduled({ cron: '* * * * *', scheduledTime: now, noRetry: () => undefined }, env)

type Row = {
  id: string
  subject: string
  state: string
  attempts: number
  attempted: number
  code: string | null
  step: string | null
  status: string | null
  differs: number
  settles: number
}

async function rowsOf(run: string): Promise<Row[]> {
  const { results } = await env.DB.prepare(
    `SELECT id, subject, state, attempts, attempted_at IS NOT NULL AS attempted, trouble ->> 'code' AS code,
       trouble ->> 'step' AS step, invoice_status AS status, answer_differences IS NOT NULL AS differs,
       wake_at IS NOT NULL AS settles
     FROM adjustments WHERE subject LIKE ? ORDER BY seq`,
  )
    .bind(`${run}:%`)
    .all<Row>()
  return results
}

/** How many invoices carry each adjustment's id. */
async function ledger(): Promise<Map<string, number>> {
  const counts = new Map<string, number>()
  for (let cursor = ''; ;) {
    const { data, nextCursor } = await commet(`/api/v1/invoices?limit=100${cursor}`)
    for (const { metadata } of data) {
      const id = metadata?.makegood_adjustment_id
      if (id) counts.set(id, (counts.get(id) ?? 0) + 1)
    }
    if (!nextCursor) return counts
    cursor = `&cursor=${encodeURIComponent(nextCursor)}`
  }
}

/** All at once, by one signed delivery: an array of events. */
async function deliver(run: string, type: string): Promise<void> {
  const events = Array.from({ length: EACH }, (_, index) =>
    given(`${run}-${index}`, type, {
      subject: `${run}:${index}`,
      amount: -1 - Math.floor(random() * 20_000),
      customer: CUSTOMERS[Math.floor(random() * CUSTOMERS.length)] ?? null,
    }),
  )
  const { events: ids } = await fetchWorker(await signedRequest('batch', events, { nowMs: now }))
  expect(new Set(ids).size).toBe(EACH)
  expect(queue).toHaveLength(EACH)
}

/** The cron and the queue, and a person who sends again what has failed. */
async function drain(run: string): Promise<Row[]> {
  for (let round = 0; round < DRAIN_ROUNDS_MAX; round++) {
    await env.DB.exec('DELETE FROM circuits')
    await operator('/adjustments/requeue', 'POST', { state: 'failed' })
    await operator('/switches/rule/promise', 'DELETE')
    await advance(3_700_000)
    await cron()
    await work()
    const rows = await rowsOf(run)
    if (rows.every(({ state: at, settles }) => at === 'invoiced' && settles === 0)) return rows
  }
  return rowsOf(run)
}

beforeEach(async () => {
  await env.DB.exec('UPDATE adjustments SET wake_at = 9e15 WHERE wake_at IS NOT NULL')
  await env.DB.batch(
    ['switches', 'circuits', 'known_customers'].map((table) =>
      env.DB.prepare(`DELETE FROM ${table}`),
    ),
  )
  await sandboxControl('POST', '/reset')
  queue.splice(0)
  lines.splice(0)
  // Later than every row of an earlier test.
  now = Math.max(now, Date.now()) + DAY_MS
  await advance(0)
})

/** What a handler would have thrown, had it not been caught at the last moment. */
const THREW = new Set([
  'alarm.message_threw',
  'alarm.request_threw',
  'alarm.sweep_failed',
  'alarm.wake_failed',
])

const titleOf = ({ kind, ...settings }: FaultSetting): string =>
  [kind, ...Object.entries(settings).map(([name, value]) => `${name}=${JSON.stringify(value)}`)]
    .filter((word) => !/^(path|method)=/.test(word))
    .join(' ')

/** Short enough for a test; what a client meets is the same. */
const quick = (fault: FaultSetting): FaultSetting =>
  fault.kind === 'timeout' ? { ...fault, ms: 1 } : fault

const isApplied = ({ kind, applied }: FaultSetting): boolean =>
  applied === true || ['reset_body', 'truncated_json', 'wrong_shape', 'other_answer'].includes(kind)

const isKeyTrouble = ({ kind, status }: FaultSetting): boolean => kind === 'html' && status === 403

/** Opens the circuit at once: the others that are under way then would not be attempted. */
const stopsAll = (fault: FaultSetting): boolean =>
  isKeyTrouble(fault) || (fault.kind === 'rate_limited' && fault['retryAfterSeconds'] !== null)

const isRateLimit = ({ kind }: FaultSetting): boolean => kind === 'rate_limited'

/** What the first attempt of each leaves behind. */
type Step = {
  readonly step: string
  readonly type: 'promise' | 'record'
  readonly scope: { readonly path?: string; readonly method: string }
  readonly faults: readonly FaultSetting[]
  readonly after: (fault: FaultSetting) => object
  /** Invoices of each at the billing API then. */
  readonly there: (fault: FaultSetting) => number
  /** In what way it is there before the fault strikes. */
  readonly begin?: (run: string) => Promise<void>
}

const SAME_FIELDS = ALL_FAULTS.filter(({ kind }) => kind !== 'other_answer')
const LISTING: readonly FaultSetting[] = [
  { kind: 'lagging_list', ms: 600_000 },
  { kind: 'repeating_cursor' },
]
const HARMLESS: readonly FaultSetting[] = [{ kind: 'latency', ms: 3 }]
/** A cursor repeats only where there is more than a page. */
const isHarmless = ({ kind }: FaultSetting): boolean =>
  ['latency', 'lagging_list', 'repeating_cursor'].includes(kind)

const STEPS: readonly Step[] = [
  {
    step: 'looked up',
    type: 'promise',
    scope: { method: 'GET' },
    faults: [...SAME_FIELDS, ...LISTING, ...HARMLESS],
    after: (fault) =>
      isHarmless(fault)
        ? { state: 'invoiced', differs: 0, code: null }
        : { state: 'due', attempts: isKeyTrouble(fault) ? 0 : 1, attempted: 0, step: 'resolve' },
    there: (fault) => (isHarmless(fault) ? 1 : 0),
  },
  {
    step: 'posted',
    type: 'promise',
    scope: { path: '/invoices', method: 'POST' },
    faults: [...ALL_FAULTS, ...HARMLESS],
    after: (fault) => {
      if (isHarmless(fault)) return { state: 'invoiced', differs: 0, code: null }
      if (fault.kind === 'other_answer') return { state: 'invoiced', differs: 1, code: null }
      const isRefusal = isRateLimit(fault) && fault['retryAfterSeconds'] === null
      const state = isRefusal ? 'failed' : 'due'
      const attempted = isRateLimit(fault) ? 0 : 1
      return { state, attempts: isKeyTrouble(fault) ? 0 : 1, attempted, step: 'post' }
    },
    there: (fault) => (isApplied(fault) || isHarmless(fault) ? 1 : 0),
  },
  {
    step: 'looked for a day later',
    type: 'promise',
    scope: { path: '/invoices', method: 'GET' },
    faults: [...SAME_FIELDS, ...LISTING, ...HARMLESS],
    begin: async () => {
      await setFaults({ kind: 'server_error', applied: true, path: '/invoices', method: 'POST' })
      await work()
      await setFaults()
      await advance(DAY_MS + 3_600_000)
      await cron()
    },
    after: (fault) =>
      isHarmless(fault)
        ? { state: 'invoiced', differs: 0, code: null }
        : { state: 'due', attempts: isKeyTrouble(fault) ? 1 : 2, attempted: 1, step: 'look' },
    there: () => 1,
  },
  {
    step: 'marked paid',
    type: 'record',
    scope: { method: 'PUT' },
    faults: [...SAME_FIELDS, ...HARMLESS],
    after: (fault) =>
      isHarmless(fault)
        ? { state: 'invoiced', status: 'paid', settles: 0 }
        : { state: 'invoiced', status: 'outstanding', settles: 1, attempts: 1, step: 'settle' },
    there: () => 1,
  },
]

/** The attempt that the fault strikes, of each; a rule that was answered otherwise stops itself. */
async function attempt({ type, begin }: Step, run: string, fault: Fault): Promise<Row[]> {
  await deliver(run, type)
  await begin?.(run)
  expect(queue).toHaveLength(EACH)
  await setFaults(fault)
  if (fault.kind !== 'other_answer') await work(stopsAll(fault) ? 1 : AT_ONCE)
  else {
    for (const wakeUp of queue.splice(0)) {
      queue.push(wakeUp)
      await work(1)
      await operator(`/switches/rule/${type}`, 'DELETE')
    }
  }
  await setFaults()
  return rowsOf(run)
}

describe.each(STEPS)(`${EACH} that are $step, answered with`, (step) => {
  const { type, scope, faults, after, there } = step
  it.each(faults.map((fault) => [titleOf(fault), quick(fault)] as const))(
    '%s: each is in its right state, and then billed once',
    async (_, fault) => {
      const run = `run${(runs += 1)}`
      const rows = await attempt(step, run, { ...fault, ...scope })
      expect(rows).toHaveLength(EACH)
      for (const row of rows) expect(row).toMatchObject(after(fault))
      const before = await ledger()
      for (const { id } of rows) expect(before.get(id) ?? 0).toBe(there(fault))
      const status = type === 'record' ? 'paid' : 'outstanding'
      for (const row of await drain(run)) expect(row).toMatchObject({ state: 'invoiced', status })
      const billed = await ledger()
      for (const { id } of rows) expect(billed.get(id)).toBe(1)
      expect(lines.filter((line) => THREW.has(line))).toEqual([])
    },
    TEST_MS_MAX,
  )
})
