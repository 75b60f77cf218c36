// The official SDK drives every call of customers and features, success and failure.

import type { Commet, CreateCustomerParams } from '@commet/node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { dataOf, expectApiError, expectValidationError, notFound } from './answers.ts'
import type { SdkPlace } from './place.ts'

export function customersBySdk(start: () => Promise<SdkPlace>): void {
  let place: SdkPlace
  let commet: Commet

  beforeAll(async () => {
    place = await start()
    commet = place.commet({ retries: 0 })
  })

  afterAll(async () => {
    await place.stop()
  })

  describe('customers, by the official SDK', () => {
    it('creates, gets, updates and finds one by the external id', async () => {
      const params: CreateCustomerParams = {
        externalId: 'ada-1',
        email: 'ada@example.com',
        fullName: 'Żółć Ąę 株式会社 Ltd',
        timezone: 'Europe/Berlin',
        metadata: { tier: 'gold' },
      }
      const made = await dataOf(commet.customers.create(params))
      expect(made).toMatchObject({ ...params, object: 'customer', livemode: false })
      expect(await dataOf(commet.customers.get({ id: made.id }))).toEqual(made)
      const changed = await dataOf(commet.customers.update({ id: made.id, fullName: 'Ada Ltd' }))
      expect(changed).toMatchObject({ id: made.id, fullName: 'Ada Ltd', email: params.email })
      expect(await dataOf(commet.customers.list({ externalId: 'ada-1' }))).toEqual([changed])
      expect(await dataOf(commet.customers.list({ externalId: 'nobody' }))).toEqual([])
    })

    it('creating with an id is idempotent; a second customer of an external id is refused', async () => {
      const params = { id: 'cus_mine', externalId: 'mine-1', email: 'mine@example.com' }
      const first = await dataOf(commet.customers.create(params))
      expect(await dataOf(commet.customers.create(params))).toEqual(first)
      const other = commet.customers.create({ externalId: 'mine-1', email: 'b@example.com' })
      await expectApiError(other, { statusCode: 409, code: 'duplicate', param: 'externalId' })
    })

    it('is told what is wrong, and that a customer is unknown', async () => {
      await expectValidationError(commet.customers.create({ email: 'no address' }), 'email')
      await expectValidationError(commet.customers.update({ id: 'cus_acme', email: 'x' }), 'email')
      await expectValidationError(commet.customers.list({ limit: 101 }), 'limit')
      const unknown = notFound('customer_not_found')
      await expectApiError(commet.customers.get({ id: 'cus_no' }), unknown)
      await expectApiError(commet.customers.update({ id: 'cus_no', fullName: 'x' }), unknown)
    })

    it('creates a batch, of which each succeeds or fails alone', async () => {
      const customers = [
        { email: 'one@example.com', externalId: 'batch-1' },
        { email: 'two@example.com', externalId: 'batch-1' },
        { email: 'not an address' },
      ]
      const batch = await dataOf(commet.customers.createBatch({ customers }))
      expect(batch.successful).toMatchObject([{ email: 'one@example.com', externalId: 'batch-1' }])
      expect(batch.failed).toMatchObject([
        { index: 1, data: { email: 'two@example.com' } },
        { index: 2, data: { email: 'not an address' } },
      ])
      await expectValidationError(commet.customers.createBatch({ customers: [] }), 'customers')
    })

    it('takes a hundred in a batch, and not one more', async () => {
      const customers = (count: number) =>
        Array.from({ length: count }, (_, index) => ({ email: `many-${index}@example.com` }))
      const batch = await dataOf(commet.customers.createBatch({ customers: customers(100) }))
      expect(batch.successful).toHaveLength(100)
      await expectValidationError(
        commet.customers.createBatch({ customers: customers(101) }),
        'customers',
      )
    })
  })

  describe('features, by the official SDK', () => {
    it('creates, gets, lists and updates one', async () => {
      const params = { name: 'Exports', code: 'exports', type: 'quota', unitName: 'file' } as const
      const made = await dataOf(commet.features.create(params))
      expect(made).toMatchObject({ ...params, object: 'feature', description: null })
      expect(await dataOf(commet.features.get({ code: 'exports' }))).toEqual(made)
      expect(await dataOf(commet.features.list())).toContainEqual(made)
      const changed = await dataOf(commet.features.update({ code: 'exports', unitName: null }))
      expect(changed).toMatchObject({ id: made.id, name: 'Exports', unitName: null })
    })

    it('is told that nothing would change, that a code is taken or wrong, that one is unknown', async () => {
      await expectValidationError(commet.features.update({ code: 'seats' }), 'body')
      const seats = { name: 'Seats', code: 'seats', type: 'seats' } as const
      await expectApiError(commet.features.create(seats), { statusCode: 409, code: 'duplicate' })
      await expectValidationError(commet.features.create({ ...seats, code: 'Team Seats' }), 'code')
      const unknown = notFound('feature_not_found')
      await expectApiError(commet.features.get({ code: 'no' }), unknown)
      await expectApiError(commet.features.update({ code: 'no', name: 'x' }), unknown)
    })
  })
}
