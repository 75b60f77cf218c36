// What the vendor leaves open is a switch here, so that a client is tested both ways: whether a credit
// starts `outstanding`, and whether tax is added to an adjustment.
import * as z from 'zod'
import { RATE_CALLS_PER_WINDOW_DEFAULT } from './limits.ts'
import { readSetting, writeSetting } from './store.ts'
import type { Store } from './store.ts'

const positions = {
  creditStartsAs: z.enum(['outstanding', 'paid']),
  /** 1900 adds 19 % to what was asked; 0 adds no tax. */
  taxRateBasisPoints: z.int().min(0).max(10_000),
  /** Calls that the organization has in a minute of real time. */
  rateLimitPerMinute: z.int().min(1),
  /** The same at the stand-in for Zendesk. */
  zendeskRateLimitPerMinute: z.int().min(1),
  /**
   * `distinct`: every update of a ticket has an `updated_at` of its own, so no safe update misses one.
   * `seconds`: as a real clock has it, two updates in one second share it, and the second is not seen.
   */
  zendeskStamps: z.enum(['distinct', 'seconds']),
}

/** A switch that is not named keeps its position. */
export const switchChanges = z.strictObject({
  creditStartsAs: positions.creditStartsAs.exactOptional(),
  taxRateBasisPoints: positions.taxRateBasisPoints.exactOptional(),
  rateLimitPerMinute: positions.rateLimitPerMinute.exactOptional(),
  zendeskRateLimitPerMinute: positions.zendeskRateLimitPerMinute.exactOptional(),
  zendeskStamps: positions.zendeskStamps.exactOptional(),
})

export type Switches = z.infer<z.ZodObject<typeof positions>>

const DEFAULTS: Switches = {
  creditStartsAs: 'outstanding',
  taxRateBasisPoints: 0,
  rateLimitPerMinute: RATE_CALLS_PER_WINDOW_DEFAULT,
  zendeskRateLimitPerMinute: RATE_CALLS_PER_WINDOW_DEFAULT,
  zendeskStamps: 'distinct',
}

export function readSwitches(store: Store): Switches {
  const set: Partial<Switches> = JSON.parse(readSetting(store.sql, 'switches') ?? '{}')
  return { ...DEFAULTS, ...set }
}

export function writeSwitches(store: Store, switches: Switches): void {
  writeSetting(store.sql, 'switches', JSON.stringify(switches))
}
