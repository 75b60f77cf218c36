// The suite that the official SDK passes on the sandbox, on Makegood.

import { describe } from 'vitest'
import { customersBySdk } from '../sdk/customers.ts'
import { invoicesBySdk } from '../sdk/invoices.ts'
import { startSdkOnMakegood } from './sdk-on-makegood.ts'

describe('on Makegood', () => {
  invoicesBySdk(startSdkOnMakegood)
})

describe('on Makegood', () => {
  customersBySdk(startSdkOnMakegood)
})
