// The suite that the official SDK passes on the sandbox, on Makegood.

import { describe, vi } from 'vitest'
import { customersBySdk } from '../sdk/customers.ts'
import { invoicesBySdk } from '../sdk/invoices.ts'
import { startSdkOnMakegood } from './sdk-on-makegood.ts'

vi.setConfig({ testTimeout: 20_000 })

describe('on Makegood', () => {
  invoicesBySdk(startSdkOnMakegood)
})

describe('on Makegood', () => {
  customersBySdk(startSdkOnMakegood)
})
