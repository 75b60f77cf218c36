// `ETag` and `If-Match`: where two people change one thing, the second learns that it has changed.

import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { createApp } from '../../src/http/app.ts'
import { insertedPause } from '../paused.ts'
import { countRows, OPERATOR, sandboxControl, ticket } from '../harness.ts'
import { createWorld, setFaults } from '../world.ts'

let world: Awaited<ReturnType<typeof createWorld>>
let app: ReturnType<typeof createApp>

beforeEach(async () => {
  await env.DB.exec('UPDATE adjustments SET wake_at = 9e15 WHERE wake_at IS NOT NULL')
  await sandboxControl('POST', '/reset')
  await setFaults()
  world = await createWorld()
  app = createApp(() => world.deps)
})

async function ask(
  method: string,
  path: string,
  { body, ...headers }: { body?: unknown } & Record<string, unknown> = {},
) {
  const response = await app.request(`/api/v1${path}`, {
    method,
    headers: { ...OPERATOR, ...(headers as Record<string, string>) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const answer = await response.json<any>()
  return {
    status: response.status,
    code: answer.error?.code,
    data: answer.data,
    details: answer.error?.details,
    etag: response.headers.get('etag') ?? '',
  }
}

const FAILED = { status: 412, code: 'precondition_failed' }

async function held() {
  const [event] = await world.receive(
    'zendesk',
    ticket({ tags: 'credit_requested', amount: '300.00' }),
  )
  expect(await world.work()).toEqual(['held'])
  const { id } = await world.adjustment(event!)
  return `/adjustments/${id}`
}

describe('an adjustment', () => {
  it('is answered with the tag of its version, which changes with it', async () => {
    const path = await held()
    const { etag, data } = await ask('GET', path)
    expect(etag).toBe(`"v${data.version}"`)
    const { version, amount, currency } = data
    const body = { version, amount, currency }
    const approved = await ask('POST', `${path}/approve`, { body, 'if-match': etag })
    expect(approved).toMatchObject({ status: 200, etag: `"v${version + 1}"` })
    expect((await ask('GET', path)).etag).toBe(approved.etag)
  })

  it('that has changed since is 412 to a condition, and 409 as ever without one', async () => {
    const path = await held()
    const { etag, data } = await ask('GET', path)
    const body = { version: data.version }
    expect((await ask('POST', `${path}/reject`, { body })).status).toBe(200)
    for (const verb of ['approve', 'reject', 'customer', 'requeue', 'adopt', 'reverse']) {
      const more = {
        approve: { amount: data.amount, currency: data.currency },
        customer: { customerId: 'cus_acme' },
        adopt: { invoiceId: 'inv_1' },
        reverse: { how: 'void' },
      }[verb]
      const said = { body: { ...body, ...more }, 'if-match': etag }
      const condition = await ask('POST', `${path}/${verb}`, said)
      const plain = await ask('POST', `${path}/${verb}`, { body: said.body })
      // What is said first of a rejected one may be its state; what is never said is that it went well.
      expect([verb, plain.status]).toEqual([verb, 409])
      expect([verb, condition.status, condition.code]).toEqual(
        plain.code === 'version_moved' ? [verb, 412, FAILED.code] : [verb, 409, plain.code],
      )
    }
  })

  it('is not changed under a condition that names another version than the body', async () => {
    const path = await held()
    const { data } = await ask('GET', path)
    const body = { version: data.version }
    for (const tag of [
      `"v${data.version - 1}"`,
      `W/"v${data.version}"`,
      `v${data.version}`,
      '""',
      'x',
      '',
    ]) {
      expect(await ask('POST', `${path}/reject`, { body, 'if-match': tag })).toMatchObject(FAILED)
    }
    expect((await ask('GET', path)).data.state).toBe('held')
    const several = `"v1", "v${data.version}"`
    expect((await ask('POST', `${path}/reject`, { body, 'if-match': several })).status).toBe(200)
  })

  it('of two at once with the same tag is changed by one', async () => {
    const path = await held()
    const { etag, data } = await ask('GET', path)
    const said = { body: { version: data.version }, 'if-match': etag }
    const both = await Promise.all([1, 2].map(() => ask('POST', `${path}/reject`, said)))
    const [one, other] = both.toSorted((a, b) => a.status - b.status)
    expect(one?.status).toBe(200)
    expect([409, 412]).toContain(other?.status)
  })
})

describe('an identity', () => {
  const said = (value: string, customerId = 'cus_acme') => ({
    kind: 'external_id',
    value,
    customerId,
  })

  it('is answered with a tag, which changes when it names another customer', async () => {
    const { etag, data } = await ask('POST', '/identities', { body: said('tag-1') })
    const path = `/identities/${data.id}`
    expect(await ask('GET', path)).toMatchObject({ status: 200, etag, data: { value: 'tag-1' } })
    const same = await ask('POST', '/identities', { body: said('tag-1'), 'if-match': etag })
    expect(same).toMatchObject({ status: 200, etag })
    await world.advance(1)
    const body = said('tag-1', 'cus_bolt')
    const changed = await ask('POST', '/identities', { body, 'if-match': etag })
    expect(changed.status).toBe(200)
    expect(changed.etag).not.toBe(etag)
    const entries = await countRows('audit_entries')
    expect(
      await ask('POST', '/identities', { body: said('tag-1'), 'if-match': etag }),
    ).toMatchObject(FAILED)
    expect(await ask('DELETE', path, { 'if-match': etag })).toMatchObject(FAILED)
    expect((await ask('GET', path)).data.customerId).toBe('cus_bolt')
    expect(await countRows('audit_entries')).toBe(entries)
    expect(await ask('DELETE', path, { 'if-match': changed.etag })).toMatchObject({ status: 200 })
    expect(await ask('DELETE', path, { 'if-match': changed.etag })).toMatchObject({ status: 404 })
  })

  it('that has to be new is, and one that has to be there is', async () => {
    const body = said('tag-2')
    expect(await ask('POST', '/identities', { body, 'if-match': '*' })).toMatchObject(FAILED)
    const both = await Promise.all(
      [1, 2].map(() => ask('POST', '/identities', { body, 'if-none-match': '*' })),
    )
    expect(both.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 412])
    expect(await ask('POST', '/identities', { body, 'if-match': '*' })).toMatchObject({
      status: 200,
    })
    expect(
      await ask('POST', '/identities', { body: said('tag-3'), 'if-match': '"%"' }),
    ).toMatchObject(FAILED)
  })

  it('is not set under a condition that nobody understands', async () => {
    const body = said('tag-4')
    expect(await ask('POST', '/identities', { body, 'if-none-match': '"v1"' })).toMatchObject({
      status: 400,
      code: 'validation_error',
    })
    expect(await ask('POST', '/identities', { body, 'if-match': '*' })).toMatchObject(FAILED)
  })

  it.each(['0', 'x', '999999999999999', '1e3'])('%s is none', async (id) => {
    expect(await ask('GET', `/identities/${id}`)).toMatchObject({
      status: 404,
      code: 'identity_not_found',
    })
  })
})

describe('a switch', () => {
  it('is shown with a tag, whether it is paused or runs', async () => {
    const running = await ask('GET', '/switches/all')
    expect(running).toMatchObject({
      status: 200,
      etag: '"running"',
      data: { isPaused: false, switches: [] },
    })
    const paused = await ask('PUT', '/switches/all', { 'if-match': running.etag })
    expect(paused.status).toBe(200)
    expect(await ask('GET', '/switches/all')).toMatchObject({
      etag: paused.etag,
      data: { kind: 'all', key: null, isPaused: true, switches: paused.data.switches },
    })
    expect(await ask('PUT', '/switches/all', { 'if-match': running.etag })).toMatchObject(FAILED)
    expect(await ask('DELETE', '/switches/all', { 'if-match': paused.etag })).toMatchObject({
      status: 200,
    })
    expect((await ask('GET', '/switches/all')).etag).toBe('"running"')
  })

  it('that was paused anew is not resumed by whoever has seen the pause before', async () => {
    const first = await ask('PUT', '/switches/endpoint/zendesk')
    await ask('DELETE', '/switches/endpoint/zendesk')
    await world.advance(1)
    await ask('PUT', '/switches/endpoint/zendesk')
    const late = await ask('DELETE', '/switches/endpoint/zendesk', { 'if-match': first.etag })
    expect(late).toMatchObject(FAILED)
    expect((await ask('GET', '/switches/endpoint/zendesk')).data.isPaused).toBe(true)
  })

  it('that is paused anew between the look and the end goes on being paused', async () => {
    const { etag } = await ask('PUT', '/switches/endpoint/zendesk')
    const [at] = [world.now() + 7]
    app = createApp(() => ({ ...world.deps, db: insertedPause('zendesk', at) }))
    const late = await ask('DELETE', '/switches/endpoint/zendesk', { 'if-match': etag })
    expect(late).toMatchObject(FAILED)
    const rows = await env.DB.prepare('SELECT at FROM switches').all()
    expect(rows.results).toEqual([{ at }])
  })

  it('that there is none of has no tag', async () => {
    expect(await ask('GET', '/switches/rule/no_such')).toMatchObject({
      status: 404,
      code: 'rule_not_found',
    })
    expect(await ask('GET', '/switches/all/x')).toMatchObject({ status: 404 })
    expect(await ask('GET', '/switches/customer/cus_acme')).toMatchObject({
      status: 200,
      etag: '"running"',
    })
  })
})
