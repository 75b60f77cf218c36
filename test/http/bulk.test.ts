// Who goes on behind the first page of a list reads in bulk, which the log says.

import { env } from 'cloudflare:workers'
import { beforeEach, expect, it } from 'vitest'
import { createApp } from '../../src/http/app.ts'
import { clearLog } from '../audit-log.ts'
import { OPERATOR, ticket } from '../harness.ts'
import { createWorld } from '../world.ts'

beforeEach(clearLog)

const LISTS = ['events', 'adjustments', 'identities', 'links', 'discrepancies']

async function readings(): Promise<any[]> {
  const { results } = await env.DB.prepare(
    'SELECT actor, action, subject, data FROM audit_entries ORDER BY seq',
  ).all()
  return results
}

it('behind the first page, once for each list and hour', async () => {
  const world = await createWorld()
  const app = createApp(() => world.deps)
  const get = async (path: string): Promise<number> =>
    (await app.request(`/api/v1/${path}`, { headers: OPERATOR })).status
  for (const list of LISTS) expect(await get(`${list}?limit=100`)).toBe(200)
  expect(await get('audit/verify')).toBe(200)
  expect(await readings()).toEqual([])
  for (const list of [...LISTS, ...LISTS]) expect(await get(`${list}?cursor=7`)).toBe(200)
  const hour = Math.floor(world.now() / 3_600_000)
  expect(await readings()).toEqual(
    LISTS.map((list) => ({
      actor: 'operator:bootstrap',
      action: 'list.read',
      subject: `${list}:${hour}`,
      data: JSON.stringify({ list }),
    })),
  )
  await world.advance(3_600)
  expect(await get('identities?cursor=7')).toBe(200)
  expect(await get('identities?cursor=x')).toBe(400)
  expect(await readings()).toHaveLength(LISTS.length + 1)
})

it('is also who reads one delivery after another, which is said of the first of an hour', async () => {
  const world = await createWorld()
  const app = createApp(() => world.deps)
  const get = (path: string) => app.request(`/api/v1/${path}`, { headers: OPERATOR })
  const [one] = await world.receive('zendesk', ticket())
  const [other] = await world.receive('zendesk', ticket())
  const { id } = await world.adjustment(one!)
  expect((await get('events/evt_none')).status).toBe(404)
  await env.DB.prepare(
    'DELETE FROM payloads WHERE event_seq = (SELECT seq FROM events WHERE id = ?)',
  )
    .bind(other)
    .run()
  expect((await get(`events/${other}`)).status).toBe(200)
  const ofPayloads = async () =>
    (await readings()).filter(({ subject }: any) => subject.startsWith('payloads:'))
  expect(await ofPayloads()).toEqual([])
  for (const path of [`events/${one}`, `adjustments/${id}/evidence`, `events/${one}`]) {
    expect((await get(path)).status).toBe(200)
  }
  expect(await ofPayloads()).toMatchObject([
    { actor: 'operator:bootstrap', action: 'list.read', data: '{"list":"payloads"}' },
  ])
  await world.advance(3_600)
  expect((await get(`adjustments/${id}/evidence`)).status).toBe(200)
  expect(await ofPayloads()).toHaveLength(2)
})

it('is also who lets the rules read what was delivered, and not who brings a payload himself', async () => {
  const world = await createWorld()
  const app = createApp(() => world.deps)
  const [event] = await world.receive('zendesk', ticket())
  const dryRun = async (body: object): Promise<number> => {
    const headers = { ...OPERATOR, 'content-type': 'application/json' }
    const asked = { method: 'POST', headers, body: JSON.stringify(body) }
    return (await app.request('/api/v1/rules/dry-run', asked)).status
  }
  const ofPayloads = async () =>
    (await readings()).filter(({ subject }: any) => subject.startsWith('payloads:'))
  expect(await dryRun({ endpoint: 'zendesk', payload: ticket() })).toBe(200)
  expect(await dryRun({ event: `evt_${'0'.repeat(32)}` })).toBe(404)
  expect(await ofPayloads()).toEqual([])
  for (let time = 0; time < 2; time++) expect(await dryRun({ event })).toBe(200)
  expect(await ofPayloads()).toMatchObject([
    { actor: 'operator:bootstrap', action: 'list.read', data: '{"list":"payloads"}' },
  ])
})

it('is answered only once the log has it', async () => {
  const world = await createWorld()
  const app = createApp(() => world.deps)
  await env.DB.exec(
    "CREATE TRIGGER full BEFORE INSERT ON audit_entries BEGIN SELECT RAISE(ABORT, 'full'); END",
  )
  try {
    const answer = await app.request('/api/v1/identities?cursor=7', { headers: OPERATOR })
    expect(answer.status).toBeGreaterThanOrEqual(500)
  } finally {
    await env.DB.exec('DROP TRIGGER full')
  }
})
