// What refuses a call because of who makes it, how often, or a second time; and what is asked of the billing
// API, in the words of /docs/errors.

import type { Told } from './errors.ts'

const SAME_KEY = 'Send the same request again with the same Idempotency-Key.'
const LOOK_AT_IT = 'Read the adjustment that `details` names.'

export const CALL_ERRORS = {
  role_missing: {
    means: 'You are logged in at Cloudflare Access, but no role of the configuration is yours.',
    todo: 'Have your e-mail added to access.roles in makegood.config.ts, or send a key.',
  },
  cross_site_request: {
    means: 'By a login alone only a page of this very address may ask for this.',
    todo: 'Send a key in place of the login, or this address as Origin.',
  },
  rate_limited: {
    means: 'This key, or this network without a key that is let in, calls too often.',
    todo: 'Nothing was done. Send the same request again after the seconds in retry-after.',
  },
  precondition_failed: {
    means: 'It is not as If-Match or If-None-Match says: it has changed since. Nothing was done.',
    todo: 'Read it again, and decide anew with the etag of that answer.',
  },
  idempotency_key_mismatch: {
    means: 'This Idempotency-Key was used for another request before. Nothing was done.',
    todo: 'Send the first request as it was, or take another key.',
  },
  idempotency_in_progress: {
    means: 'The first request with this Idempotency-Key has not been answered yet.',
    todo: `${SAME_KEY} Wait as long as retry-after says before.`,
  },
  idempotency_answer_gone: {
    means: 'It was done before, and its answer was not kept: it held a secret, or was too large.',
    todo: '`details` has the status of that answer and the id of what was made, for a key that may make it. Look at that.',
  },
  idempotency_keys_used_up: {
    means: 'As many Idempotency-Keys of yours are kept as may be at a time. Nothing was done.',
    todo: 'Wait as long as retry-after says; each key is kept for a day. Or send none.',
  },
  idempotency_unavailable: {
    means: 'Nobody knows yet whether this was done.',
    todo: `${SAME_KEY} Never send it with another key, or without one, before you have looked.`,
  },
  billing_key_refused: {
    means: 'The billing API refuses the key of this Makegood, so nothing was billed or changed.',
    todo: 'Whoever operates this Makegood sets COMMET_API_KEY; npm run doctor tells what is wrong.',
  },
  invoice_not_recorded: {
    means:
      'The invoice carries the id of an adjustment, and is not recorded as its invoice: the answer that made it was lost, or it is a second one.',
    todo: 'Ask again; a comparison records it, within the hour. Whether it is a second one, the adjustment in `details` and the discrepancies say: that one can be voided by this call, and nothing else. Where the adjustment is held or has failed, adopt it or try again there.',
  },
  invoices_paused: {
    means: 'All, or the customer of this invoice, is paused: nothing of it is changed or mailed.',
    todo: 'Look who paused it and why: GET /api/v1/switches. Ask again once it is resumed.',
  },
  invoice_above_limit: {
    means:
      'No one else is asked about a voiding, or about calling a debt paid, so above holdAbove, or in another currency, neither is handed on.',
    todo: 'A person does it at the billing API itself, or you raise limits.holdAbove.',
  },
  adjustment_held: {
    means: 'It is written down, and a person has to let it through before it is billed.',
    todo: 'Approve it by the id in `details`; the same Idempotency-Key then answers the invoice.',
  },
  adjustment_rejected: {
    means: 'A person has rejected it, or nobody let it through in time: no invoice is made of it.',
    todo: `${LOOK_AT_IT} Where it is still wanted, ask with another Idempotency-Key.`,
  },
  adjustment_cancelled: {
    means: 'It was undone before it was billed: no invoice is made of it.',
    todo: `${LOOK_AT_IT} Where it is still wanted, ask with another Idempotency-Key.`,
  },
  adjustment_failed: {
    means:
      'The attempts to bill it are used up, without a refusal that says why; or details.code is words_forgotten: its description is gone.',
    todo: 'A person tries it again: POST /api/v1/adjustments/{id}/requeue. With its description gone, ask with another Idempotency-Key.',
  },
  too_many_sums: {
    means: 'The month has more sums than a page can hand on to the next.',
    todo: 'Take it as one file, with format=csv.',
  },
} as const satisfies Readonly<Record<string, Told>>
