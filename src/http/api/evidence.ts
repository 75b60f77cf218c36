// `GET /adjustments/{id}/evidence`, also by the number of its invoice: one adjustment from the delivery to
// the log, as JSON, or as a page to be printed where the caller accepts `text/html`.

import { unreachable } from '../../domain/assert.ts'
import {
  EVIDENCE_FIRST_ENTRIES,
  EVIDENCE_NEWEST_ENTRIES,
  EVIDENCE_NOTICES_MAX,
} from '../../domain/limits.ts'
import { dataOf } from '../../domain/sealed-entry.ts'
import { findEvidence, type Evidence, type EvidenceTrouble } from '../../usecases/find-evidence.ts'
import { noteReading } from '../../usecases/note-reading.ts'
import type { PlacedEntry } from '../../usecases/prove-entries.ts'
import { fail, NOT_FOUND, succeed, type Failure } from '../answers.ts'
import type { AppContext } from '../context.ts'
import { evidencePage } from '../evidence-page.ts'
import { requireScope } from '../require-key.ts'
import { createRoutes } from '../routes.ts'
import { presentWithNote } from './adjustments.ts'
import { presentEvent } from './events.ts'

export const evidence = createRoutes().get('/:id/evidence', requireScope('read'), async (c) => {
  const found = await findEvidence(c.var.deps, c.req.param('id'))
  if (!found.ok) return fail(c, failureOf(found.error))
  if (found.value.payload !== null) await noteReading(c.var.deps, c.var.operator, 'payloads')
  const shown = await presentEvidence(c, found.value)
  c.header('vary', 'accept')
  c.header('cache-control', 'no-store')
  return c.req.header('accept')?.includes('text/html') ? evidencePage(c, shown) : succeed(c, shown)
})

function failureOf(trouble: EvidenceTrouble): Failure {
  switch (trouble.reason) {
    case 'adjustment_not_found':
      return { ...NOT_FOUND, code: trouble.reason }
    case 'invoice_ambiguous':
      return {
        status: 409,
        type: 'conflict_error',
        code: trouble.reason,
        message: 'Several adjustments have an invoice of this number: name one of them.',
        details: { adjustments: trouble.adjustments },
      }
    default:
      return unreachable(trouble)
  }
}

const iso = (ms: number): string => new Date(ms).toISOString()

export type ShownEvidence = Awaited<ReturnType<typeof presentEvidence>>

export async function presentEvidence(c: AppContext, found: Evidence) {
  const { adjustment, event, payload, why, rules, entries, checkpoint, notices, isCut } = found
  return {
    object: 'evidence',
    madeAt: iso(c.var.deps.now()),
    // Evidence is handed on, and whoever has a link's address has the PDF.
    adjustment: await presentWithNote(c, adjustment, { isLinkShown: false }),
    request: adjustment.request,
    event: presentEvent(event),
    why,
    /** With its salt: SHA-256 over the salt's bytes and the body is the event's commitment. */
    payload,
    rules: rules && {
      ...presentRules(rules, adjustment.ruleId),
      firstSeenAt: iso(rules.firstSeenAt),
    },
    notices: notices.map(({ about, action, at, channels }) => ({
      about,
      action,
      at: iso(at),
      channels,
    })),
    /** What each `proof` leads to (docs/audit-format.md). */
    checkpoint: checkpoint && {
      size: checkpoint.size,
      root: checkpoint.root,
      sealedAt: iso(checkpoint.at),
      note: checkpoint.note,
    },
    place: placeText(found),
    /** Whether there are more entries or notices than are listed. */
    isCut,
    log: entries.map(({ at, data, proof, ...entry }) => ({
      ...entry,
      at: iso(at),
      data: dataOf(data),
      proof: proof && proof.map((hash) => hash.toBase64()),
    })),
  }
}

/** In an auditor's words. */
function placeText({ adjustment, entries, checkpoint, rules, isCut }: Evidence): readonly string[] {
  const numbers = (wanted: PlacedEntry['place']): string[] =>
    entries.filter(({ place }) => place === wanted).map(({ seq }) => String(seq))
  const [changed, foreign, unchecked, sealed, open] = [
    numbers('not_as_sealed'),
    numbers('signed_by_others'),
    numbers('not_checked'),
    numbers('sealed'),
    numbers('not_yet_sealed'),
  ]
  const log = `the log of ${checkpoint?.size ?? 0} entries that was signed`
  return [
    ...(rules?.isAsRecorded === false
      ? ['NOT AS RECORDED: the log names other rules than those whose text is kept']
      : []),
    ...(changed.length > 0 ? [`NOT AS SEALED: entry ${changed.join(', ')}`] : []),
    ...(foreign.length > 0
      ? [
          `SIGNED BY OTHERS: entry ${foreign.join(', ')}. No key of AUDIT_KEY or AUDIT_KEY_FORMER has signed the checkpoint for this log: either the log was rewritten and signed anew, or these settings are not those of the log (AUDIT_KEY_FORMER lacks the key that has signed it, or AUDIT_KEY has another name). Until it is known which, nothing is proven`,
        ]
      : []),
    ...(unchecked.length > 0
      ? [
          `Not checked, since no AUDIT_KEY is configured here that can be used: entry ${unchecked.join(', ')}. Each proof leads to the root of the checkpoint; whoever has the public key can check who has signed that`,
        ]
      : []),
    ...(sealed.length > 0 ? [`Proven to be in ${log}: entry ${sealed.join(', ')}`] : []),
    ...(open.length > 0 ? [`Not yet sealed: entry ${open.join(', ')}`] : []),
    ...(isCut
      ? [
          `There is more than is listed here: of the entries the first ${EVIDENCE_FIRST_ENTRIES} and the newest ${EVIDENCE_NEWEST_ENTRIES} are, of the notices the newest ${EVIDENCE_NOTICES_MAX}. An export with subject=${adjustment.id} has all of its entries`,
        ]
      : []),
  ]
}

/** `rule`: the deciding one, whose options and code are text in it; null of what no rule has made. */
function presentRules(
  { hash, gitCommit, text, isAsRecorded }: NonNullable<Evidence['rules']>,
  ruleId: string,
) {
  const parsed = readJson(text)
  const [rules, money]: readonly unknown[] = Array.isArray(parsed) ? parsed : []
  const all: readonly unknown[] = Array.isArray(rules) ? rules : []
  const rule = all.find((each) => isNamed(each, ruleId)) ?? null
  return { hash, isAsRecorded, gitCommit, rule, limitsAndReasons: money, text }
}

const isNamed = (rule: unknown, id: string): boolean =>
  typeof rule === 'object' && rule !== null && 'id' in rule && rule.id === id

const readJson = (text: string): unknown => JSON.parse(text)
