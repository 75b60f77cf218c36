import { commitFault } from '../db/write-seal.ts'
import type { Deps } from '../deps.ts'
import type { LogFault } from '../domain/log-fault.ts'
import { raiseAlarm } from './raise-alarm.ts'

/** Nothing is sealed from now on, until the place is as it was sealed again; people are told. */
export async function reportFault(deps: Deps, fault: LogFault): Promise<void> {
  await commitFault(deps.db, fault, deps.now())
  await raiseAlarm(deps, 'audit_log_broken', { seq: fault.seq, reason: fault.reason })
}
