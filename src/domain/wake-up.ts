import type { AdjustmentId } from './ids.ts'
import type { About } from './notice.ts'

/**
 * A message of queue ADJUSTMENTS. It carries no content: an adjustment is looked at again if it is
 * still at this version, so a late or repeated message does nothing.
 */
export type WakeUp = { readonly id: AdjustmentId; readonly version: number }

/** A message of queue NOTICES: something has to be told about this, or was told meanwhile. */
export type NoticeWakeUp = { readonly about: About }

/** The name of the tick by which a local start says that it alone owns the database. */
export const RESTART_CRON = '@restart'
