import type { findSealState } from '../../db/read-seal.ts'
import { faultText } from '../../domain/log-fault.ts'
import { sealingOf } from '../../domain/sealing.ts'

type SealState = Awaited<ReturnType<typeof findSealState>>

/** `fault`: the first entry that is not as it was sealed. Nothing is sealed while it is so. */
export function presentSealing(found: SealState, isConfigured: boolean, now: number) {
  const { size, sealedAt, unsealed, waitingSince, fault: reason, faultSeq: seq, faultAt } = found
  const isBroken = reason !== null && seq !== null
  return {
    ...sealingOf({ isConfigured, isBroken, waitingSince }, now),
    fault: isBroken
      ? { reason, seq, since: iso(faultAt), message: faultText({ reason, seq }) }
      : null,
    /** Of the newest checkpoint: how many entries it is of, and when it was signed. */
    sealed: size,
    sealedAt: iso(sealedAt),
    unsealed,
    waitingSince: iso(waitingSince),
  }
}

const iso = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString())
