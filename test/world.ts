// A world whose clock, queue and crashes the test holds: the product's verbs on real D1, and the
// sandbox as the billing API. What the queue would deliver waits in `queue` until the test works it.

import { env } from 'cloudflare:workers'
import { expect } from 'vitest'
import { findAdjustments } from '../src/db/read-adjustments.ts'
import { findEvent } from '../src/db/read-events.ts'
import type { Adjustment } from '../src/db/schema.ts'
import type { Billing, Deps } from '../src/deps.ts'
import type { Fate } from '../src/domain/event.ts'
import type { EventId } from '../src/domain/ids.ts'
import type { WakeUp } from '../src/domain/wake-up.ts'
import type { LogLine } from '../src/log.ts'
import { issueAdjustment, type IssueResult } from '../src/usecases/issue-adjustment.ts'
import { receiveDelivery } from '../src/usecases/receive-delivery.ts'
import { sweep } from '../src/usecases/sweep.ts'
import { depsWith, sandboxControl, signedRequest, type Sent } from './harness.ts'

export type Fault = { readonly kind: string; readonly [field: string]: unknown }

export async function setFaults(...faults: readonly Fault[]): Promise<void> {
  const response = await sandboxControl('PUT', '/faults', { faults })
  expect(response.status).toBe(200)
}

/** The calls that the sandbox saw, newest last: method, path, status. */
export async function callsOf(method: string, path: RegExp): Promise<any[]> {
  const { requests } = await (await sandboxControl('GET', '/requests')).json<any>()
  return requests.filter((call: any) => call.method === method && path.test(call.path))
}

/**
 * Nothing is paused in it, the circuit is closed, and no customer is known: what an earlier test of the file has
 * stopped runs again, and what it has learnt of the billing API is asked anew. `parts` replace what the Worker under test runs
 * with, such as its configuration.
 */
export async function createWorld(parts: Partial<Deps> = {}) {
  await env.DB.batch([
    env.DB.prepare('DELETE FROM switches'),
    env.DB.prepare('DELETE FROM known_customers'),
    env.DB.prepare('DELETE FROM circuits'),
  ])
  const clock = await (await sandboxControl('GET', '/clock')).json<{ now: string }>()
  let now = Date.parse(clock.now)
  const queue: WakeUp[] = []
  const lines: LogLine[] = []
  const deps = depsWith({
    now: () => now,
    random: () => 0.5,
    wake: async (wakeUps) => {
      queue.push(...wakeUps)
    },
    // Whoever has to be told is found by the sweep; a real queue would outlive the test.
    wakeNotices: async () => {},
    log: (line) => lines.push(line),
    ...parts,
  })

  const receive = async (endpoint: string, body: unknown, sent: Sent = {}): Promise<EventId[]> => {
    const request = await signedRequest(endpoint, body, { nowMs: now, ...sent })
    const received = await receiveDelivery(deps, {
      endpoint,
      method: request.method,
      url: request.url,
      pathToken: null,
      headers: request.headers,
      body: new Uint8Array(await request.arrayBuffer()),
    })
    if (!received.ok) throw new Error(received.error.reason)
    queue.push(...received.value.wakeUps)
    return [...received.value.events]
  }

  const work = async (how: Partial<Deps> = {}): Promise<IssueResult[]> => {
    const results: IssueResult[] = []
    for (const wakeUp of queue.splice(0)) {
      results.push(await issueAdjustment({ ...deps, ...how }, wakeUp))
    }
    return results
  }

  /** As many consumers as there are wake-ups, at once. */
  const workAtOnce = (how: Partial<Deps> = {}): Promise<IssueResult[]> =>
    Promise.all(queue.splice(0).map((wakeUp) => issueAdjustment({ ...deps, ...how }, wakeUp)))

  return {
    deps,
    queue,
    lines,
    receive,
    work,
    workAtOnce,
    now: () => now,
    /** Both clocks: ours and the billing API's. */
    async advance(seconds: number): Promise<void> {
      now += seconds * 1_000
      await sandboxControl('POST', '/clock', { advanceSeconds: seconds })
    },
    sweep: () => sweep(deps, { isRestart: false }),
    restart: () => sweep(deps, { isRestart: true }),
    async fate(id: EventId): Promise<Fate | undefined> {
      return (await findEvent(deps.db, id))?.event.fate
    },
    async adjustment(id: EventId): Promise<Adjustment> {
      const found = await findEvent(deps.db, id)
      const [adjustment] = await findAdjustments(deps.db, found?.event.decision.adjustments ?? [])
      if (!adjustment) throw new Error(`${id} has no adjustment`)
      return adjustment
    },
  }
}

/** A billing client whose call of `POST /invoices` is made, and then the process dies. */
export const dyingAfterPost = (billing: Billing | null): { billing: Billing } =>
  withPost(billing, async (post) => {
    await post()
    throw new Error('the process died here')
  })

/** A billing client around whose call of `POST /invoices` something else happens. */
export function withPost(
  billing: Billing | null,
  around: (
    post: () => ReturnType<Billing['invoices']['createAdjustment']>,
  ) => ReturnType<Billing['invoices']['createAdjustment']>,
): { billing: Billing } {
  if (!billing) throw new Error('no billing client')
  const { invoices } = billing
  return {
    billing: {
      ...billing,
      invoices: {
        ...invoices,
        createAdjustment: (body, options) => around(() => invoices.createAdjustment(body, options)),
      },
    },
  }
}

export async function entriesOf(subject: string): Promise<{ action: string; data: any }[]> {
  const { results } = await env.DB.prepare(
    'SELECT action, data FROM audit_entries WHERE subject = ? ORDER BY seq',
  )
    .bind(subject)
    .all<{ action: string; data: string }>()
  return results.map(({ action, data }) => ({ action, data: JSON.parse(data) }))
}

export const actionsOf = async (subject: string): Promise<string[]> =>
  (await entriesOf(subject)).map((entry) => entry.action)
