import { findSealState } from '../db/read-seal.ts'
import type { Deps } from '../deps.ts'
import { sealingOf } from '../domain/sealing.ts'
import { raiseAlarm } from './raise-alarm.ts'

/** After a try that sealed nothing: people are told where entries wait for too long. */
export async function tellLateSealing(deps: Deps): Promise<void> {
  const { db, now, settings } = deps
  const { fault, unsealed, waitingSince } = await findSealState(db)
  const isConfigured = settings.auditKeys.length > 0
  const { alarm } = sealingOf({ isConfigured, isBroken: fault !== null, waitingSince }, now())
  if (alarm === 'audit_log_late') await raiseAlarm(deps, alarm, { unsealed })
}
