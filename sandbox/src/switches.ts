// What the vendor leaves open is a switch here, so that a client is tested both ways: whether a credit
// starts `outstanding`, and whether tax is added to an adjustment.
import * as z from 'zod'
import { RATE_CALLS_PER_WINDOW_DEFAULT } from './limits.ts'
import { readSetting, writeSetting } from './store.ts'
import type { Store } from './store.ts'

export const switchesSchema = z.strictObject({
  creditStartsAs: z.enum(['outstanding', 'paid']).default('outstanding'),
  /** 1900 adds 19 % to what was asked; 0 adds no tax. */
  taxRateBasisPoints: z.number().int().min(0).max(10_000).default(0),
  /** Calls that one key has in a minute of real time. */
  rateLimitPerMinute: z.number().int().min(1).default(RATE_CALLS_PER_WINDOW_DEFAULT),
})

export type Switches = z.infer<typeof switchesSchema>

export function readSwitches(store: Store): Switches {
  return switchesSchema.parse(JSON.parse(readSetting(store, 'switches') ?? '{}'))
}

/** Switches that are not named keep their position. */
export function writeSwitches(store: Store, switches: Switches): void {
  writeSetting(store, 'switches', JSON.stringify(switches))
}
