// What a Makegood that runs says of itself: over HTTP, with a key where there is one.

import * as z from 'zod'
import { apiOf, clientOf, within, type Answer } from './api-client.ts'
import type { Facts, Paused } from './doctor-facts.ts'

type Fetch = (url: string, init: RequestInit) => Promise<Response>

const ANSWER_MS_MAX = 20_000

const states = z.array(z.object({ name: z.string(), status: z.string() }))
const readiness = z.object({
  problems: z.array(z.string()),
  endpoints: states,
  channels: states,
  /** What runs may be from before there were any. */
  limits: states.default([]),
})
const statusBody = z.object({
  data: z.object({
    billing: z.object({ state: z.string(), cause: z.string().nullable() }),
    reconciliation: z.object({ claimsWait: z.boolean() }),
    audit: z.object({ state: z.string() }),
    adjustments: z.object({ held: z.number(), failed: z.number() }),
    endpoints: z.array(z.object({ endpoint: z.string(), startedAt: z.string().nullable() })),
    refusedHosts: z.array(z.string()),
  }),
})
const switchesBody = z.object({
  data: z.array(
    z.object({
      kind: z.string(),
      pausedAt: z.string(),
      actor: z.string(),
      cause: z.string().nullable(),
    }),
  ),
})
const failure = z.object({ error: z.object({ message: z.string() }) })

export type AppFacts = Pick<Facts, 'ready' | 'status' | 'statusProblem'>

/** `key`: null is none, and then only what everybody may know is asked for. Never throws. */
export async function askApp(url: string, key: string | null, send: Fetch): Promise<AppFacts> {
  const place = { url, key, fetch: send }
  const isReady = await answered(clientOf(place).readyz.$get({}, within(ANSWER_MS_MAX)))
  const ready = readiness.safeParse(isReady.body).data ?? null
  if (ready === null) return { ready, status: null, statusProblem: null }
  if (key === null) return { ready, status: null, statusProblem: 'not asked: there is no key' }
  const api = apiOf(place)
  const asked = await answered(api.status.$get({}, within(ANSWER_MS_MAX)))
  const read = statusBody.safeParse(asked.body)
  if (!read.success) {
    const refused = failure.safeParse(asked.body).data?.error.message
    return { ready, status: null, statusProblem: refused ?? `${asked.status} to /api/v1/status` }
  }
  const { billing, reconciliation, adjustments, audit, endpoints, refusedHosts } = read.data.data
  const startedAt = new Map(endpoints.map(({ endpoint, startedAt: at }) => [endpoint, at]))
  const { claimsWait } = reconciliation
  const status = {
    billing,
    claimsWait,
    sealing: audit.state,
    ...adjustments,
    startedAt,
    refusedHosts,
    paused: pausedIn((await answered(api.switches.$get({}, within(ANSWER_MS_MAX)))).body),
  }
  return { ready, status, statusProblem: null }
}

function pausedIn(body: unknown): Paused | 'unknown' | null {
  const read = switchesBody.safeParse(body)
  if (!read.success) return 'unknown'
  const all = read.data.data.find(({ kind }) => kind === 'all')
  return all === undefined ? null : { since: all.pausedAt, actor: all.actor, cause: all.cause }
}

async function answered(asked: Promise<Answer>) {
  try {
    const response = await asked
    const body: unknown = await response.json()
    return { status: response.status, body }
  } catch {
    return { status: 0, body: null }
  }
}
