// Customers and features, call by call. Over HTTP, as any client sees it.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startSandbox } from './running-sandbox.ts'
import type { Json, RunningSandbox } from './running-sandbox.ts'

let sandbox: RunningSandbox

beforeAll(async () => {
  sandbox = await startSandbox()
})
afterAll(() => sandbox.stop())
beforeEach(async () => {
  await sandbox.control('POST', '/reset')
})

const ISO = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/

describe('customers', () => {
  it('are found by their external id, also where it is a Stripe id', async () => {
    const found = await sandbox.api('GET', '/customers?externalId=cus_SampleAcme01')
    expect(found.json.data.map((customer: Json) => customer['id'])).toEqual(['cus_sample'])
    expect(found.json.hasMore).toBe(false)
    const none = await sandbox.api('GET', '/customers?externalId=nobody')
    expect([none.status, none.json.data]).toEqual([200, []])
  })

  it('are created once for one id, and an external id belongs to one of them', async () => {
    const wanted = { id: 'cus_new', externalId: 'new-1', email: 'a@new.example', fullName: 'New' }
    const first = await sandbox.api('POST', '/customers', wanted)
    const again = await sandbox.api('POST', '/customers', { ...wanted, fullName: 'Other' })
    expect(again.json.data).toEqual(first.json.data)
    const other = await sandbox.api('POST', '/customers', { ...wanted, id: 'cus_other' })
    expect([other.status, other.json.error.code, other.json.error.param]).toEqual([
      409,
      'duplicate',
      'externalId',
    ])
  })

  it('answer every field of the type, null where nothing was given', async () => {
    const { json } = await sandbox.api('POST', '/customers', { email: 'a@new.example' })
    expect(json.data).toEqual({
      object: 'customer',
      livemode: false,
      id: expect.stringMatching(/^cus_[0-9a-z]{16}$/),
      externalId: null,
      fullName: null,
      email: 'a@new.example',
      taxDocument: null,
      documentType: null,
      timezone: null,
      metadata: null,
      createdAt: expect.stringMatching(ISO),
      updatedAt: expect.stringMatching(ISO),
    })
    const bad = await sandbox.api('POST', '/customers', { email: 'no address', timezone: 'Mars' })
    expect(bad.json.error.details.map((detail: Json) => detail['field'])).toEqual([
      'timezone',
      'email',
    ])
  })

  it('are changed field by field', async () => {
    const changed = await sandbox.api('PUT', '/customers/cus_acme', { fullName: 'Acme SE' })
    expect(changed.json.data).toMatchObject({ fullName: 'Acme SE', externalId: 'acme-42' })
    const { json } = await sandbox.api('GET', '/customers/cus_acme')
    expect(json.data).toEqual(changed.json.data)
    const taken = await sandbox.api('PUT', '/customers/cus_acme', { externalId: 'bolt-7' })
    expect([taken.status, taken.json.error.code]).toEqual([409, 'duplicate'])
    const unknown = await sandbox.api('PUT', '/customers/cus_no', { fullName: 'x' })
    expect([unknown.status, unknown.json.error.code]).toEqual([404, 'customer_not_found'])
  })

  it('are listed in pages', async () => {
    const first = await sandbox.api('GET', '/customers?limit=6')
    const second = await sandbox.api('GET', `/customers?limit=6&cursor=${first.json.nextCursor}`)
    const ids = [...first.json.data, ...second.json.data].map((customer: Json) => customer['id'])
    expect(new Set(ids).size).toBe(10)
    expect(second.json.hasMore).toBe(false)
  })

  it('succeed and fail one by one in a batch', async () => {
    const customers = [
      { email: 'one@batch.example', externalId: 'batch-1' },
      { email: 'two@batch.example', externalId: 'acme-42' },
      { email: 'no address' },
    ]
    const { json } = await sandbox.api('POST', '/customers/batch', { customers })
    expect(json.data.successful).toEqual([
      { id: expect.any(String), externalId: 'batch-1', email: 'one@batch.example' },
    ])
    expect(json.data.failed).toEqual([
      { index: 1, error: expect.stringContaining('acme-42'), data: customers[1] },
      { index: 2, error: expect.any(String), data: customers[2] },
    ])
    const tooMany = { customers: Array.from({ length: 101 }, () => customers[0]) }
    expect((await sandbox.api('POST', '/customers/batch', tooMany)).status).toBe(422)
  })
})

describe('features', () => {
  it('are created, fetched, listed and changed', async () => {
    const wanted = { name: 'Exports', code: 'exports', type: 'quota', unitName: 'file' }
    const made = await sandbox.api('POST', '/features/manage', wanted)
    expect(made.json.data).toMatchObject({ ...wanted, object: 'feature', description: null })
    const changed = await sandbox.api('PUT', '/features/exports/manage', { unitName: null })
    expect(changed.json.data).toMatchObject({ name: 'Exports', unitName: null })
    const { json } = await sandbox.api('GET', '/features/exports')
    expect(json.data).toEqual(changed.json.data)
    const all = await sandbox.api('GET', '/features')
    expect(all.json.data.map((feature: Json) => feature['code'])).toEqual([
      'api_calls',
      'seats',
      'sso',
      'exports',
    ])
  })

  it('refuse an empty change, a second code, a code in capitals and an unknown feature', async () => {
    const empty = await sandbox.api('PUT', '/features/sso/manage', {})
    expect([empty.status, empty.json.error.details]).toEqual([
      422,
      [{ field: 'body', message: 'At least one field must be provided' }],
    ])
    const wanted = { name: 'SSO', code: 'sso', type: 'boolean' }
    const second = await sandbox.api('POST', '/features/manage', wanted)
    expect([second.status, second.json.error.code]).toEqual([409, 'duplicate'])
    const capitals = await sandbox.api('POST', '/features/manage', { ...wanted, code: 'SSO' })
    expect([capitals.status, capitals.json.error.param]).toEqual([422, 'code'])
    const unknown = await sandbox.api('PUT', '/features/nope/manage', { name: 'x' })
    expect([unknown.status, unknown.json.error.code]).toEqual([404, 'feature_not_found'])
  })
})
