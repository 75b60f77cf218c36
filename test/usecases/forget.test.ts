// Retention, table by table: what is too old goes, in bounded steps, and everything else stays.

import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { defineConfig } from '../../src/config.ts'
import { findEvent } from '../../src/db/read-events.ts'
import { forgetPayloads, oldestPayloads, takeRetention } from '../../src/db/write-retention.ts'
import type { EventId } from '../../src/domain/ids.ts'
import {
  MS_PER_DAY,
  OPENINGS_LOOKED_AT_MAX,
  RETENTION_ROWS_PER_STEP,
} from '../../src/domain/limits.ts'
import { BOOTSTRAP } from '../../src/domain/operator.ts'
import { dryRun } from '../../src/usecases/dry-run.ts'
import { forgetByClock } from '../../src/usecases/forget.ts'
import { requeueEvent } from '../../src/usecases/requeue-event.ts'
import { countRows, creditRequest, fetchApp, OPERATOR, refund, ticket } from '../harness.ts'
import { metered } from '../metered-database.ts'
import { createWorld, entriesOf } from '../world.ts'
import testConfig from '../makegood.config.ts'

type World = Awaited<ReturnType<typeof createWorld>>

let world: World
beforeEach(async () => {
  world = await createWorld()
  await env.DB.batch(
    ['payloads', 'retention_progress', 'notices', 'alarms', 'seen_refunds'].map((table) =>
      env.DB.prepare(`DELETE FROM ${table}`),
    ),
  )
})

/** As the clock of a world so many days later would, minute by minute until nothing is left to do. */
async function later(days: number): Promise<number> {
  const at = world.now() + Math.round(days * MS_PER_DAY)
  for (let gone = 0, minute = 0; ; minute++) {
    const forgotten = await forgetByClock({ ...world.deps, now: () => at + minute * 60_000 })
    if (forgotten === null) return gone
    gone += forgotten
  }
}

const isKept = async (id: EventId): Promise<boolean> =>
  (await findEvent(world.deps.db, id))?.payload !== null

/** One of each: it moved money, was ignored, can't be decided, is a duplicate of the first. */
async function events() {
  const body = ticket()
  const [moved] = await world.receive('zendesk', body)
  const [ignored] = await world.receive('zendesk', ticket({ tags: 'billing' }))
  const [undecided] = await world.receive('zendesk', ticket({ tags: 'credit_requested' }))
  const [duplicate] = await world.receive('zendesk', {
    ...body,
    updated_at: '2026-10-27T07:33:12Z',
  })
  return { moved: moved!, ignored: ignored!, undecided: undecided!, duplicate: duplicate! }
}

const fatesOf = (ids: Readonly<Record<string, EventId>>) =>
  Promise.all(Object.values(ids).map((id) => world.fate(id)))

const keptOf = (ids: Readonly<Record<string, EventId>>) =>
  Promise.all(Object.values(ids).map(isKept))

describe('payloads', () => {
  it('of ignored events go after 30 days, of all others after 400; the events stay', async () => {
    const ids = await events()
    expect(await fatesOf(ids)).toEqual(['adjusted', 'ignored', 'undecided', 'duplicate'])
    await later(29)
    expect(await keptOf(ids)).toEqual([true, true, true, true])
    await later(31)
    expect(await keptOf(ids)).toEqual([true, false, true, true])
    await later(399)
    expect(await keptOf(ids)).toEqual([true, false, true, true])
    await later(401)
    expect(await keptOf(ids)).toEqual([false, false, false, false])
    expect(await fatesOf(ids)).toEqual(['adjusted', 'ignored', 'undecided', 'duplicate'])
  })

  it('go after as many days as the configuration says', async () => {
    const retention = { moneyPayloadDays: 60, ignoredPayloadDays: 2 }
    world = await createWorld({ config: { ...testConfig, retention } })
    const ids = await events()
    await later(3)
    expect(await keptOf(ids)).toEqual([true, false, true, true])
    await later(61)
    expect(await keptOf(ids)).toEqual([false, false, false, false])
  })

  it('of what was ignored, and sent through again with success, stays with the money', async () => {
    const bare = await createWorld({ config: { ...testConfig, rules: [] } })
    const [id] = await bare.receive('stripe', refund())
    expect(await requeueEvent(world.deps, BOOTSTRAP, id!)).toMatchObject({ ok: true })
    await later(31)
    expect(await isKept(id!)).toBe(true)
  })

  it('of what was ignored when it was read, and is sent through before it goes, stays too', async () => {
    const bare = await createWorld({ config: { ...testConfig, rules: [] } })
    const [id] = await bare.receive('stripe', refund())
    const run = await takeRetention(world.deps.db, world.now())
    const rows = await oldestPayloads(world.deps.db)
    expect(rows).toMatchObject([{ fate: 'ignored' }])
    expect(await requeueEvent(world.deps, BOOTSTRAP, id!)).toMatchObject({ ok: true })
    const forgetting = { rows, ignoredThrough: 0 }
    expect(await forgetPayloads(world.deps.db, run!, forgetting, world.now())).toBe(0)
    expect(await isKept(id!)).toBe(true)
  })

  it('and each time is an entry with their number, and nothing else', async () => {
    const before = (await entriesOf('retention')).length
    await events()
    await later(31)
    await later(32)
    const entries = (await entriesOf('retention')).slice(before)
    expect(entries).toEqual([{ action: 'payloads.forgotten', data: { payloads: 1 } }])
  })

  it('go in bounded steps, and the rest a minute later', async () => {
    const many = RETENTION_ROWS_PER_STEP * 10 + 7
    await env.DB.batch([
      env.DB.prepare(
        `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${many})
         INSERT INTO events (id, delivery_id, endpoint, account, source, type, received_at, commitment,
           fate, decision)
         SELECT 'evt_many' || i, 'd', 'e', 'a', 's', 't', ${world.now()}, 'c', 'ignored', '{}' FROM n`,
      ),
      env.DB.prepare(
        `INSERT INTO payloads SELECT seq, 'utf8', '{}', 1, NULL FROM events WHERE id LIKE 'evt_many%'`,
      ),
    ])
    let gone = 0
    const ticks: number[] = []
    for (let tick = 0; tick < 20; tick++) {
      const forgotten = await forgetByClock({
        ...world.deps,
        now: () => world.now() + 31 * MS_PER_DAY + tick * 60_000,
      })
      if (forgotten === null) break
      gone += forgotten
      ticks.push(forgotten)
    }
    expect(Math.max(...ticks)).toBeLessThanOrEqual(RETENTION_ROWS_PER_STEP * 10)
    expect(gone).toBe(many)
    expect(await countRows('payloads')).toBe(0)
  })
})

describe('the look', () => {
  it('comes once an hour, and costs one statement that writes nothing in between', async () => {
    await later(0)
    const look = (minutes: number, parts: Partial<World['deps']> = {}) =>
      forgetByClock({ ...world.deps, now: () => world.now() + minutes * 60_000, ...parts })
    const minute = await metered(async (db) => {
      expect(await look(59, { db })).toBeNull()
    })
    expect(minute).toMatchObject({ statements: 1, rowsWritten: 0 })
    expect(await look(70)).toBe(0)
  })

  it('is one runner’s at a time', async () => {
    const all = await Promise.all([1, 2, 3].map(() => forgetByClock(world.deps)))
    expect(all.filter((each) => each === null)).toHaveLength(2)
  })
})

describe('rows whose use is over', () => {
  const run = (...statements: string[]) =>
    env.DB.batch(statements.map((each) => env.DB.prepare(each)))
  const at = (days: number) => world.now() - days * MS_PER_DAY
  const column = async (table: string, name: string) => {
    const { results } = await env.DB.prepare(
      `SELECT ${name} AS x FROM ${table} ORDER BY 1`,
    ).all<any>()
    return results.map(({ x }) => x)
  }

  it('known customers go once their hour is over', async () => {
    await run(
      `INSERT INTO known_customers VALUES ('old', 'cus_1', 'usd', ${at(0)}), ('new', 'cus_1', 'usd', ${at(-1)})`,
    )
    await later(0)
    expect(await column('known_customers', 'reference')).toEqual(['new'])
  })

  it('seen refunds go after two days', async () => {
    await run(
      `INSERT INTO seen_refunds VALUES ('evt_old', ${at(2.1)}, 'live', 'c', 1, 'usd', NULL),
        ('evt_new', ${at(1.9)}, 'live', 'c', 1, 'usd', NULL)`,
    )
    await later(0)
    expect(await column('seen_refunds', 'event_id')).toEqual(['evt_new'])
  })

  it('notices that are done go after 400 days, together with all of the same thing', async () => {
    const notice = (seq: number, about: string, days: number, wakeAt: number | null) =>
      `INSERT INTO notices VALUES (${seq}, '${about}', 'adjustment.held', ${at(days)}, ${wakeAt}, 1, '{}')`
    await run(
      notice(1, 'adj_done', 401, null),
      notice(2, 'adj_open', 401, 1),
      notice(3, 'adj_again', 401, null),
      notice(4, 'adj_young', 399, null),
      notice(5, 'adj_again', 1, null),
    )
    await later(0)
    expect(await column('notices', 'seq')).toEqual([2, 3, 4, 5])
  })

  it('and those that have to stay don’t keep the later ones', async () => {
    const many = RETENTION_ROWS_PER_STEP + 3
    const notices = (first: number, about: string, days: number, wakeAt: string) =>
      `WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ${many - 1})
       INSERT INTO notices SELECT ${first} + i, '${about}' || i, 'adjustment.held', ${at(days)}, ${wakeAt}, 1, '{}'
       FROM n`
    await run(
      notices(1, 'adj_stuck', 402, '9e15'),
      notices(10_001, 'adj_old', 401, 'NULL'),
      notices(20_001, 'adj_new', 1, 'NULL'),
    )
    await later(0)
    const seqs = await column('notices', 'seq')
    expect([seqs.length, seqs.at(0), seqs.at(many)]).toEqual([2 * many, 1, 20_001])
  })

  it('that links were opened goes 400 days after they last were; the links stay', async () => {
    const link = (seq: number, days: number) =>
      `INSERT INTO links VALUES (${seq}, 'lnk_${seq}', 'inv_${seq}', 0, NULL, 1, 2, NULL, 3, 1, ${at(days)}, 'sealed', 5)`
    await run(link(900, 401), link(901, 399))
    await later(0)
    expect(
      await column(
        'links',
        `opened || ' ' || ifnull(last_opened_at, '') || ' ' || ifnull(sealed_address, '')`,
      ),
    ).toEqual(['0  ', `3 ${at(399)} sealed`])
    expect(await column('links', 'first_opened_at')).toEqual([null, 1])
    // The look begins anew: also with those that it has passed.
    await later(2)
    expect(await column('links', 'opened')).toEqual([0, 0])
  })

  it('alarms go after 400 days, with their notices', async () => {
    const alarm = (id: string, days: number) =>
      `INSERT INTO alarms VALUES ('${id}', 'rule_paused', '${id}', 1, ${at(days)}, '{}')`
    await run(alarm('alm_old', 401), alarm('alm_told', 401), alarm('alm_new', 399))
    await run(`INSERT INTO notices VALUES (9, 'alm_told', 'alarm.raised', ${at(401)}, 1, 1, '{}')`)
    await later(0)
    expect(await column('alarms', 'id')).toEqual(['alm_new', 'alm_told'])
  })

  it('nothing else does: every other table has the same rows, hundreds of days later', async () => {
    await world.receive('standard', creditRequest())
    await world.receive('stripe', refund())
    await world.work()
    const gone = ['payloads', 'known_customers', 'seen_refunds', 'notices', 'alarms']
    const ours = new Set([...gone, 'audit_entries', 'retention_progress'])
    const { results } = await env.DB.prepare(
      `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT GLOB '_cf_*' AND name NOT GLOB 'sqlite_*'`,
    ).all<{ name: string }>()
    const others = results.map(({ name }) => name).filter((name) => !ours.has(name))
    const dump = () =>
      Promise.all(
        others.map(async (name) => [
          name,
          (await env.DB.prepare(`SELECT * FROM ${name}`).all()).results,
        ]),
      )
    const before = await dump()
    const entries = (await env.DB.prepare('SELECT * FROM audit_entries ORDER BY seq').all()).results
    expect(others).toContain('adjustments')
    await later(3_000)
    expect(await dump()).toEqual(before)
    const after = (await env.DB.prepare('SELECT * FROM audit_entries ORDER BY seq').all()).results
    expect(after.slice(0, entries.length)).toEqual(entries)
    expect(await countRows('payloads')).toBe(0)
  })

  it('of many links so many are looked at in an hour, and then the next', async () => {
    const many = OPENINGS_LOOKED_AT_MAX + 2
    await env.DB.prepare(
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${many})
       INSERT INTO links SELECT 1000 + i, 'lnk_m' || i, 'inv_m' || i, 0, NULL, 1, 2, NULL, 1, 1, 1, NULL, NULL FROM n`,
    ).run()
    const opened = async () =>
      (
        await env.DB.prepare(
          `SELECT count(*) AS n FROM links WHERE opened > 0 AND id GLOB 'lnk_m*'`,
        ).first<any>()
      ).n
    const look = (hours: number) =>
      forgetByClock({ ...world.deps, now: () => world.now() + hours * 3_600_000 })
    await look(0)
    expect(await opened()).toBeGreaterThanOrEqual(2)
    await look(1)
    expect(await opened()).toBe(0)
  })
})

describe('what was forgotten', () => {
  it('is told as such by requeue, dry run and the page of the event', async () => {
    const [id] = await world.receive('zendesk', ticket({ tags: 'billing' }))
    await later(31)
    const forgotten = { ok: false, error: { reason: 'payload_forgotten' } }
    expect(await requeueEvent(world.deps, BOOTSTRAP, id!)).toEqual(forgotten)
    expect(await dryRun(world.deps, { kind: 'recorded', event: id! })).toEqual(forgotten)
    const call = async (method: string, path: string, body?: unknown) => {
      const response = await fetchApp(`https://makegood.example/api/v1${path}`, {
        method,
        headers: { ...OPERATOR, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      return { status: response.status, ...(await response.json<any>()) }
    }
    const code = { status: 409, error: { code: 'payload_forgotten' } }
    expect(await call('POST', `/events/${id}/requeue`, {})).toMatchObject(code)
    expect(await call('POST', '/rules/dry-run', { event: id })).toMatchObject(code)
    const shown = await call('GET', `/events/${id}`)
    expect(shown).toMatchObject({ status: 200, data: { payload: null, fate: 'ignored' } })
    expect(shown.data.why.join(' ')).toContain('.')
  })

  it('comes back by no redelivery', async () => {
    const body = ticket({ tags: 'billing' })
    const [id] = await world.receive('zendesk', body)
    await later(31)
    expect(await world.receive('zendesk', body)).toEqual([id])
    expect(await isKept(id!)).toBe(false)
  })
})

it.each([
  [{ moneyPayloadDays: 0 }, 'retention.moneyPayloadDays: 0 is not a whole number'],
  [{ ignoredPayloadDays: 1.5 }, 'retention.ignoredPayloadDays: 1.5 is not'],
  [{ payloadDays: 3 }, 'retention.payloadDays: there is no such setting'],
])('a configuration with retention %j does not start', (retention, problem) => {
  const input: any = { currency: 'usd', timeZone: 'UTC', endpoints: {}, rules: [], retention }
  expect(() => defineConfig(input)).toThrow(problem)
})
