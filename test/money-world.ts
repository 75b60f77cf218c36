// Configurations of the tests' own, with the limits that a test wants and no other.

import { defineConfig, type Config } from '../src/config.ts'
import { assert } from '../src/domain/assert.ts'
import type { Mode } from '../src/domain/event.ts'
import type { LimitOptions } from '../src/domain/money-limits.ts'
import type { Rule } from '../src/domain/rule.ts'
import testConfig from './makegood.config.ts'

const batch = testConfig.endpoints.get('batch')
assert(batch !== undefined, 'the tests have an endpoint of their own')

/** Limits that nothing reaches, but for those that are given. `mode`: of all that arrives. */
export const moneyConfig = (
  limits: LimitOptions,
  rules: readonly Rule[],
  mode: Mode = 'test',
): Config =>
  defineConfig({
    currency: 'usd',
    timeZone: 'Europe/Berlin',
    endpoints: { batch: { ...batch, mode } },
    rules,
    limits: {
      holdAbove: { minorUnits: 1_000_000_000, currency: 'usd' },
      holdFirst: 0,
      duplicateHours: 0,
      olderThanEndpoint: 'allow',
      ...limits,
    },
  })
