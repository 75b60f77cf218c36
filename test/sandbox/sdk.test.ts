// The official SDK on the running sandbox.

import { describe, expect, it } from 'vitest'
import { dataOf, expectApiError, notFound } from '../sdk/answers.ts'
import { customersBySdk } from '../sdk/customers.ts'
import { invoicesBySdk } from '../sdk/invoices.ts'
import { startSdkOnSandbox } from './sdk-on-sandbox.ts'

describe('on the sandbox', () => {
  invoicesBySdk(startSdkOnSandbox)
})

describe('on the sandbox', () => {
  customersBySdk(startSdkOnSandbox)
})

it('a key of another mode shows another organization', async () => {
  const place = await startSdkOnSandbox()
  const live = place.commet({ apiKey: 'ck_live_1', retries: 0 })
  const { id, livemode } = await dataOf(
    live.invoices.createAdjustment({ customerId: 'cus_acme', amount: 1, description: 'x' }),
  )
  expect(livemode).toBe(true)
  const mine = place.commet({ retries: 0 }).invoices.get({ id })
  await expectApiError(mine, notFound('invoice_not_found'))
  await place.stop()
})
