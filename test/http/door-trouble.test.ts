// D1 in trouble at the door: what was not made durable is answered 503, and what was committed though
// nobody heard of it is there once, however often its sender tries again.

import { createExecutionContext, env } from 'cloudflare:test'
import { beforeEach, describe, expect, it } from 'vitest'
import { openDatabase } from '../../src/db/database.ts'
import { createApp } from '../../src/http/app.ts'
import { countRows, sandboxControl, signedRequest, ticket } from '../harness.ts'
import { createWorld } from '../world.ts'

let world: Awaited<ReturnType<typeof createWorld>>

beforeEach(async () => {
  await env.DB.exec(`UPDATE adjustments SET wake_at = 9e15 WHERE wake_at IS NOT NULL`)
  await sandboxControl('POST', '/reset')
  world = await createWorld()
})

type Batch = D1Database['batch']

/** The database, whose batches go another way as long as that says. */
function troubled(batch: Batch): D1Database {
  return new Proxy(env.DB, {
    get(target, name) {
      if (name === 'batch') return batch
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

async function knock(body: unknown, batch?: Batch): Promise<{ status: number; answer: any }> {
  const db = batch ? openDatabase(troubled(batch)) : world.deps.db
  const app = createApp(() => ({ ...world.deps, db }))
  const request = await signedRequest('zendesk', body, { nowMs: world.now() })
  const response = await app.fetch(request, env, createExecutionContext())
  return { status: response.status, answer: await response.json<any>() }
}

const rows = async () => ({
  events: await countRows('events'),
  adjustments: await countRows('adjustments'),
  payloads: await countRows('payloads'),
  entries: await countRows('audit_entries'),
})

describe.each([
  ['busy', 'D1_ERROR: database is locked: SQLITE_BUSY'],
  ['full', 'D1_ERROR: database or disk is full: SQLITE_FULL'],
  ['overloaded', 'D1_ERROR: D1 DB is overloaded. Requests queued for too long.'],
  ['gone', 'D1_ERROR: Network connection lost.'],
])('a database that is %s', (_, message) => {
  it('is 503 with Retry-After, nothing is there, and the next try makes it once', async () => {
    const before = await rows()
    const body = ticket()
    const refused = await knock(body, () => Promise.reject(new Error(message)))
    expect(refused).toMatchObject({ status: 503, answer: { error: { code: 'unavailable' } } })
    expect(JSON.stringify(refused.answer)).not.toContain('D1')
    expect(await rows()).toEqual(before)
    const again = await knock(body)
    expect(again.status).toBe(202)
    expect(await rows()).toMatchObject({
      events: before.events + 1,
      adjustments: before.adjustments + 1,
    })
  })
})

describe('a connection that is lost after the commit', () => {
  it('is 503, and the same delivery again finds everything there: one event, one adjustment, one invoice', async () => {
    const before = await rows()
    const body = ticket()
    const lost: Batch = async (statements) => {
      await env.DB.batch(statements)
      throw new Error('D1_ERROR: Network connection lost.')
    }
    expect((await knock(body, lost)).status).toBe(503)
    const committed = await rows()
    expect(committed).toMatchObject({
      events: before.events + 1,
      adjustments: before.adjustments + 1,
    })
    for (let times = 0; times < 2; times++) {
      const again = await knock(body)
      expect(again).toMatchObject({ status: 202, answer: { events: [expect.any(String)] } })
    }
    expect(await rows()).toEqual(committed)
    // Nobody was told of it, so only the sweep wakes it.
    await world.advance(61)
    expect(await world.sweep()).toBe(1)
    expect(await world.work()).toEqual(['issued'])
  })
})

describe('a statement that fails in the middle of the batch', () => {
  it('leaves nothing of the delivery', async () => {
    const before = await rows()
    const broken: Batch = (statements) =>
      env.DB.batch([...statements, env.DB.prepare(`SELECT json('broken')`)])
    expect((await knock(ticket(), broken)).status).toBe(503)
    expect(await rows()).toEqual(before)
  })
})
