// Whether the sealing of the audit log goes on, and which alarm says so where it doesn't.

import type { AlarmCause } from './alarm.ts'
import { SEAL_LATE_SECONDS } from './limits.ts'

export type Sealing = {
  /** `late`: entries wait though all is configured; the Worker's own log says why. */
  readonly state: 'sealing' | 'late' | 'not_configured' | 'broken'
  readonly alarm: Extract<AlarmCause, 'audit_log_broken' | 'audit_log_late'> | null
}

/** `waitingSince`: when the oldest entry was written that isn't sealed; null where there is none. */
export function sealingOf(
  found: {
    readonly isConfigured: boolean
    readonly isBroken: boolean
    readonly waitingSince: number | null
  },
  now: number,
): Sealing {
  const { isConfigured, isBroken, waitingSince } = found
  if (isBroken) return { state: 'broken', alarm: 'audit_log_broken' }
  const isLate = waitingSince !== null && now - waitingSince > SEAL_LATE_SECONDS * 1_000
  const alarm = isLate ? 'audit_log_late' : null
  if (!isConfigured) return { state: 'not_configured', alarm }
  return { state: isLate ? 'late' : 'sealing', alarm }
}
