// Configurations of the tests' own, with the limits that a test wants and no other.

import { defineConfig, type Config } from '../src/config.ts'
import { assert } from '../src/domain/assert.ts'
import type { Deps } from '../src/deps.ts'
import type { Mode } from '../src/domain/event.ts'
import type { EventId } from '../src/domain/ids.ts'
import { MS_PER_DAY } from '../src/domain/limits.ts'
import type { LimitOptions } from '../src/domain/money-limits.ts'
import type { Money } from '../src/domain/money.ts'
import type { Rule } from '../src/domain/rule.ts'
import { given, giving, type Given } from './giving.ts'
import testConfig from './makegood.config.ts'
import { memoryBilling } from './memory-billing.ts'
import { createWorld } from './world.ts'

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
    reasons: { outage: { label: 'Service outage', account: '4010' } },
    limits: {
      holdAbove: { minorUnits: 1_000_000_000, currency: 'usd' },
      holdFirst: 0,
      duplicateHours: 0,
      olderThanEndpoint: 'allow',
      ...limits,
    },
  })

let worlds = 0

/**
 * A world with limits of its own, a billing API in memory, and a clock that stands still until it is
 * set. Each begins forty days after the one before, so that no window reaches back into that.
 */
export async function createMoneyWorld(
  limits: LimitOptions,
  rules: readonly Rule[] = [giving('promise'), giving('record', { settlement: 'already_paid' })],
  mode: Mode = 'test',
) {
  const number = (worlds += 1)
  let at = Date.parse('2027-01-10T12:00:00Z') + number * 40 * MS_PER_DAY
  let made = 0
  const { billing, posted } = memoryBilling(`w${number}`, mode)
  const config = moneyConfig(limits, rules, mode)
  const world = await createWorld({ config, billing, now: () => at })

  return {
    ...world,
    posted,
    at: (): number => at,
    /** An ISO time, or milliseconds from now on. */
    setClock(to: string | number): void {
      at = typeof to === 'string' ? Date.parse(to) : at + to
    },
    /** The same world after another deployment. */
    configured: (others: LimitOptions, otherRules = rules): Partial<Deps> => ({
      ...world.deps,
      config: moneyConfig(others, otherRules, mode),
    }),
    /** One delivery of one event; its adjustments wait in the queue. */
    give: async (type: string, ...parts: readonly Given[]): Promise<EventId> => {
      made += 1
      const event = given(`evt-${number}-${made}`, type, ...parts)
      const [id] = await world.receive('batch', [event], { nowMs: at })
      assert(id !== undefined, 'an event has an id')
      return id
    },
  }
}

export const amount = (minorUnits: number): Money => ({ minorUnits, currency: 'usd' })
