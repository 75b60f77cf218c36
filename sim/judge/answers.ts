// What people were answered: what is said to be done is in the log, and nobody is refused without a reason that
// there can be. While something fails, a 503 is an honest answer.

import type { Answer } from '../operators.ts'
import type { Books } from './books.ts'

type Call = {
  readonly pattern: RegExp
  /** The codes of the refusals that there can be, as a rule because somebody else was first. */
  readonly refusals: readonly string[]
  /** The entries of which one stands there, of the subject in the path, once it is done. */
  readonly entries: readonly string[]
}

const STALE = ['version_moved', 'not_held', 'hold_expired']
const OWN = ['approver_is_asker', 'approver_is_maker']

const CALLS: readonly Call[] = [
  { pattern: /^GET /, refusals: [], entries: [] },
  { pattern: /^(PUT|DELETE) \/switches\//, refusals: [], entries: [] },
  { pattern: /^POST \/adjustments$/, refusals: [], entries: [] },
  { pattern: /^POST \/adjustments\/requeue$/, refusals: [], entries: [] },
  {
    pattern: /^POST \/adjustments\/(\w+)\/approve$/,
    refusals: [...STALE, ...OWN, 'not_approvable', 'already_approved'],
    entries: ['adjustment.approved'],
  },
  {
    pattern: /^POST \/adjustments\/(\w+)\/reject$/,
    refusals: [...STALE, 'outcome_unknown'],
    entries: ['adjustment.rejected'],
  },
  {
    pattern: /^POST \/adjustments\/(\w+)\/customer$/,
    refusals: [...STALE, ...OWN, 'validation_error', 'attempt_made', 'customer_certain'],
    entries: ['adjustment.customer_chosen'],
  },
  {
    pattern: /^POST \/adjustments\/(\w+)\/adopt$/,
    refusals: ['version_moved', 'not_requeueable', 'invoice_of_another', 'invoice_differs'],
    entries: ['adjustment.adopted'],
  },
  {
    pattern: /^POST \/adjustments\/(\w+)\/requeue$/,
    refusals: ['version_moved', 'not_requeueable', 'look_first'],
    entries: ['adjustment.requeued'],
  },
  {
    pattern: /^POST \/adjustments\/(\w+)\/reverse$/,
    refusals: [
      'version_moved',
      'already_reversed',
      'reversal_rejected',
      'reversal_cancelled',
      'invoice_closed',
      'invoice_not_outstanding',
      'needs_reversal',
      ...OWN,
    ],
    entries: ['adjustment.reversed', 'adjustment.void_requested'],
  },
  {
    pattern: /^POST \/events\/(\w+)\/requeue$/,
    refusals: ['not_requeueable', 'not_decided_twice'],
    entries: ['event.requeued'],
  },
  {
    pattern: /^POST \/events\/(\w+)\/dismiss$/,
    refusals: ['not_dismissable'],
    entries: ['event.dismissed'],
  },
]

export function* checkAnswers(books: Books): Iterable<string> {
  const isRestored = books.world.database.restores() > 0
  for (const answer of books.world.answers) {
    const call = CALLS.find(({ pattern }) => pattern.test(answer.what))
    const subject = call?.pattern.exec(answer.what)?.[1]
    if (call === undefined || answer.status >= 500) continue
    if (answer.what === 'GET /audit' && answer.status === 200) yield* checkPage(answer)
    const isGone = isRestored && answer.status === 404
    if (answer.status >= 400 && !isGone) yield* checkRefusal(call, answer)
    else if (
      answer.status < 400 &&
      call.entries.length > 0 &&
      subject !== undefined &&
      !isRestored
    ) {
      const isThere = books.entriesOf(subject).some(({ action }) => call.entries.includes(action))
      if (!isThere) yield `answered_not_committed: ${answer.what}`
    }
  }
}

/** Behind a page of the log there is more, down to its first entry. */
function* checkPage({ what, body }: Answer): Iterable<string> {
  const { data, hasMore }: { data: readonly { seq: number }[]; hasMore: boolean } = JSON.parse(body)
  const last = data.at(-1)?.seq ?? 1
  if (hasMore !== last > 1) yield `page: ${what} ends at ${last}`
}

function* checkRefusal({ refusals }: Call, { what, sent, status, body }: Answer): Iterable<string> {
  const { error }: { error: { code: string } } = JSON.parse(body)
  if (!refusals.includes(error.code)) yield `refused: ${what} ${status} ${error.code}`
  const isNobody = sent?.['customerId'] === 'cus_nobody'
  if (what.endsWith('/customer') && error.code === 'validation_error' && !isNobody) {
    yield `refused: ${what} ${body}`
  }
}
