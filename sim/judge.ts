// After a run: every invariant, each as a check of its own. What is found begins with the invariant's name.

import { checkAnswers } from './judge/answers.ts'
import { checkAudit } from './judge/audit.ts'
import { readBooks, type Check } from './judge/books.ts'
import { checkCircuit } from './judge/circuit.ts'
import { checkComparison } from './judge/comparison.ts'
import { checkFates } from './judge/fates.ts'
import { checkLedger } from './judge/ledger.ts'
import { checkLimits } from './judge/limits.ts'
import { checkNotices } from './judge/notices.ts'
import { checkPeople } from './judge/people.ts'
import { checkRestored } from './judge/restored.ts'
import { checkSealed } from './judge/sealed.ts'
import { checkTotals } from './judge/totals.ts'
import { checkUndo } from './judge/undo.ts'
import type { World } from './world.ts'

export { judgeAcknowledged } from './judge/fates.ts'

const CHECKS: readonly Check[] = [
  checkLedger,
  checkFates,
  checkAnswers,
  checkAudit,
  checkSealed,
  checkCircuit,
  checkLimits,
  checkTotals,
  checkUndo,
  checkPeople,
  checkNotices,
  checkComparison,
]

const CHECKS_RESTORED: readonly Check[] = [
  checkRestored,
  checkFates,
  checkAudit,
  checkSealed,
  checkCircuit,
  checkLimits,
  checkTotals,
  checkComparison,
]

export function judge(world: World): string[] {
  const books = readBooks(world)
  const checks = world.database.restores() > 0 ? CHECKS_RESTORED : CHECKS
  return checks.flatMap((check) => [...check(books)])
}
