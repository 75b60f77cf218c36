// After a run: every invariant, each as a check of its own. What is found begins with the invariant's name.

import { checkAudit } from './judge/audit.ts'
import { readBooks, type Check } from './judge/books.ts'
import { checkCircuit } from './judge/circuit.ts'
import { checkFates } from './judge/fates.ts'
import { checkLedger } from './judge/ledger.ts'
import { checkLimits } from './judge/limits.ts'
import { checkNotices } from './judge/notices.ts'
import { checkPeople } from './judge/people.ts'
import { checkUndo } from './judge/undo.ts'
import type { World } from './world.ts'

export { judgeAcknowledged } from './judge/fates.ts'

const CHECKS: readonly Check[] = [
  checkLedger,
  checkFates,
  checkAudit,
  checkCircuit,
  checkLimits,
  checkUndo,
  checkPeople,
  checkNotices,
]

export function judge(world: World): string[] {
  const books = readBooks(world)
  return CHECKS.flatMap((check) => [...check(books)])
}
