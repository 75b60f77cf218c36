// What a running Makegood's own status says, as findings. Pure.

import {
  finding,
  isHere,
  renewKeyOf,
  type Facts,
  type Finding,
  type Paused,
} from './doctor-facts.ts'

export function statusFindings(facts: Facts): readonly Finding[] {
  const { status, statusProblem } = facts
  if (status === null) {
    return statusProblem === null
      ? []
      : [finding('unasked', 'status', statusProblem, 'MAKEGOOD_KEY: a key of the scope read')]
  }
  const { billing, claimsWait, sealing, held, failed, paused } = status
  const found: Finding[] = paused === null ? [] : [pausedFinding(facts, paused)]
  if (billing.state === 'open') {
    const isKey = billing.cause === 'key_refused'
    const todo = isKey ? renewKeyOf(facts) : 'nothing: it goes on by itself'
    found.push(finding('bad', 'billing', `it is not called: ${billing.cause ?? 'unknown'}`, todo))
  }
  if (claimsWait) {
    const text = 'nothing is issued until the record is compared with the billing API'
    found.push(finding('bad', 'record', text, 'see docs/reconciliation.md if it lasts for an hour'))
  }
  if (sealing === 'broken') {
    const text = 'the audit log is not as it was sealed'
    found.push(
      finding('bad', 'audit log', text, 'docs/audit.md, "When the log is not as it was sealed"'),
    )
  }
  if (sealing === 'late') {
    const text = 'entries wait longer than ten minutes to be sealed'
    found.push(finding('warn', 'audit log', text, 'docs/operations.md, audit_log_late'))
  }
  if (failed > 0) {
    const todo = 'see their reasons in GET /api/v1/adjustments, then POST …/requeue'
    found.push(finding('warn', 'failed', `${failed} could not be issued`, todo))
  }
  if (held > 0)
    found.push(finding('look', 'held', `${held} wait for a person`, 'approve or reject'))
  return found
}

function pausedFinding(facts: Facts, paused: Paused | 'unknown'): Finding {
  if (paused === 'unknown') {
    return finding('unasked', 'pause', 'whether all is paused was not answered', 'run this again')
  }
  const { since, actor, cause } = paused
  const text = `everything, since ${since.slice(0, 16)}Z, by ${actor}: nothing is issued`
  const todo =
    cause === 'restored'
      ? `npm run reconcile -- --restored ${isHere(facts) ? '--local' : `--url ${facts.url}`}, which resumes it`
      : 'DELETE /api/v1/switches/all, with a key of the scope approve'
  return finding('bad', 'paused', text, todo)
}
