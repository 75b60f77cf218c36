// How it is, as `GET /api/v1/status` says: with the circuit closed and open, and what waits for people.

import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { SEAL_LATE_SECONDS } from '../../src/domain/limits.ts'
import { createApp } from '../../src/http/app.ts'
import { runCron } from '../../src/scheduled.ts'
import { clearLog, fillLog, tamper } from '../audit-log.ts'
import { newAlarm } from '../../src/usecases/raise-alarm.ts'
import { OPERATOR, sandboxControl, ticket } from '../harness.ts'
import { createWorld, setFaults } from '../world.ts'

afterEach(() => setFaults())

it('says whether billing is called, since when not, and how much waits', async () => {
  await sandboxControl('POST', '/reset')
  const world = await createWorld()
  const status = async () => {
    const app = createApp(() => world.deps)
    const response = await app.request('/api/v1/status', { headers: OPERATOR })
    return (await response.json<any>()).data
  }
  const closed = { isConfigured: true, state: 'closed', cause: null, openedAt: null, probeAt: null }
  expect(await status()).toEqual({
    object: 'status',
    billing: { ...closed, failures: 0, probes: 0 },
    reconciliation: { comparedUntil: null, claimsWait: false, last: null },
    queues: {
      adjustments: { oldestDueAt: null, oldestSeconds: null },
      notices: { oldestDueAt: null, oldestSeconds: null },
    },
    switches: [],
    adjustments: { held: 0, failed: 0 },
    audit: {
      state: 'sealing',
      alarm: null,
      fault: null,
      sealed: 0,
      sealedAt: null,
      unsealed: 0,
      waitingSince: null,
    },
    endpoints: expect.arrayContaining([{ endpoint: 'zendesk', startedAt: null }]),
    refusedHosts: [],
    findMissed: [],
  })

  await world.receive('zendesk', ticket({ customer_external_id: 'nobody' }))
  await world.work()
  for (let n = 0; n < 4; n++) await world.receive('zendesk', ticket())
  await setFaults({ kind: 'server_error', status: 503 })
  await world.work()
  expect(await status()).toMatchObject({
    billing: { ...closed, failures: 4 },
    adjustments: { held: 1, failed: 0 },
  })
  await world.receive('zendesk', ticket())
  await world.work()
  expect(await status()).toMatchObject({
    billing: {
      state: 'open',
      cause: 'unavailable',
      openedAt: new Date(world.now()).toISOString(),
      probeAt: new Date(world.now() + 30_000).toISOString(),
      failures: 5,
      probes: 0,
    },
  })

  await setFaults({ kind: 'rate_limited', retryAfterSeconds: 20, method: 'GET', times: 1 })
  await world.advance(61)
  await world.sweep()
  await world.work()
  expect((await status()).billing).toMatchObject({ state: 'open', cause: 'rate_limited' })
  await world.advance(20)
  expect((await status()).billing).toMatchObject({ state: 'closed', cause: null, probeAt: null })
})

describe('the sealing of the audit log', () => {
  beforeEach(clearLog)

  async function sealingWorld() {
    const world = await createWorld()
    const minute = async (parts: Partial<typeof world.deps> = {}) => {
      await runCron({ ...world.deps, ...parts }, '* * * * *').catch(() => undefined)
    }
    const status = async (parts: Partial<typeof world.deps> = {}) => {
      const app = createApp(() => ({ ...world.deps, ...parts }))
      const response = await app.request('/api/v1/status', { headers: OPERATOR })
      return (await response.json<any>()).data.audit
    }
    const told = () => world.lines.filter(({ event }) => event === 'alarm.audit_log_late')
    return { ...world, minute, status, told }
  }

  it('goes on, and says what was signed last and what waits', async () => {
    const world = await sealingWorld()
    await fillLog(20)
    await world.minute()
    const sealedAt = new Date(world.now()).toISOString()
    const sealed = { state: 'sealing', alarm: null, sealed: 21, sealedAt, unsealed: 0 }
    expect(await world.status()).toMatchObject({ ...sealed, waitingSince: null })
    await world.receive('zendesk', ticket())
    const waitingSince = new Date(world.now()).toISOString()
    expect(await world.status()).toMatchObject({ ...sealed, unsealed: 2, waitingSince })
    expect(world.told()).toEqual([])
  })

  it('that lacks its key, or fails each time, is told once entries wait for ten minutes', async () => {
    const world = await sealingWorld()
    const settings = { ...world.deps.settings, auditKeys: [] }
    await world.receive('zendesk', ticket())
    await world.minute({ settings })
    expect(await world.status({ settings })).toMatchObject({ state: 'not_configured', alarm: null })
    await world.advance(SEAL_LATE_SECONDS + 1)
    await world.minute({ settings })
    const late = { alarm: 'audit_log_late', sealed: 0, sealedAt: null }
    expect(await world.status({ settings })).toMatchObject({ state: 'not_configured', ...late })
    expect(world.told()).toHaveLength(1)
    expect(await world.status()).toMatchObject({ state: 'late', ...late })

    const [key] = world.deps.settings.auditKeys
    const wrong = { ...world.deps.settings, auditKeys: [{ ...key!, seed: new Uint8Array(3) }] }
    await world.minute({ settings: wrong })
    expect(world.lines.map(({ event }) => event)).toContain('alarm.seal_failed')
    expect(world.told()).toHaveLength(2)

    await world.minute()
    expect(await world.status()).toMatchObject({ state: 'sealing', alarm: null, unsealed: 0 })
    expect(world.told()).toHaveLength(2)
  })

  it('that has found another log than it sealed names the entry and the alarm', async () => {
    const world = await sealingWorld()
    await fillLog(20)
    await world.minute()
    await tamper("UPDATE audit_entries SET actor = 'operator:eve' WHERE seq = 7")
    await world.advance(700)
    await world.minute()
    expect(await world.status()).toMatchObject({
      state: 'broken',
      alarm: 'audit_log_broken',
      fault: {
        reason: 'entry_changed',
        seq: 7,
        since: new Date(world.now()).toISOString(),
        message: 'entry 7 is not as it was sealed',
      },
    })
  })
})

it('says since when each endpoint has taken deliveries, and where links were refused to lead to', async () => {
  await sandboxControl('POST', '/reset')
  const world = await createWorld()
  await world.receive('zendesk', ticket())
  for (const [host, hour] of [
    ['pdf.vendor.example', 1],
    ['pdf.vendor.example', 2],
  ] as const) {
    const alarm = await newAlarm({ now: () => hour * 3_600_000 }, 'link_target_refused', {}, host)
    await env.DB.prepare('INSERT INTO alarms VALUES (?, ?, ?, CAST(? AS INTEGER), 0, ?)')
      .bind(alarm.id, alarm.cause, alarm.key, hour, '{}')
      .run()
  }
  const app = createApp(() => world.deps)
  const response = await app.request('/api/v1/status', { headers: OPERATOR })
  const { data } = await response.json<any>()
  expect(data.endpoints).toContainEqual({
    endpoint: 'zendesk',
    startedAt: expect.stringMatching(/^\d{4}-.*Z$/),
  })
  expect(data.endpoints).toContainEqual({ endpoint: 'stripe', startedAt: null })
  expect(data.refusedHosts).toEqual(['pdf.vendor.example'])
})

it('counts on an index that holds only what waits', async () => {
  const plan = await env.DB.prepare(
    `EXPLAIN QUERY PLAN SELECT count(*) FROM (SELECT state FROM adjustments
      WHERE state IN ('held', 'failed') AND state = 'failed' LIMIT 10000)`,
  ).all<{ detail: string }>()
  expect(plan.results.map(({ detail }) => detail).join()).toContain(
    'USING COVERING INDEX adjustments_stopped',
  )
})
