// Every code that a refusal can carry, in the words of /docs/errors. A code that isn't here does not compile.

import { ADJUSTMENT_ERRORS } from './errors-of-adjustments.ts'
import { CALL_ERRORS } from './errors-of-calls.ts'

export type Told = { readonly means: string; readonly todo: string }

const LATER = 'Send the same request again after the seconds in retry-after.'

export const ERRORS = {
  validation_error: {
    means: 'A field or parameter is missing, unknown, or not what is wanted.',
    todo: 'Mend what param names; details lists the others.',
  },
  invalid_json: {
    means: 'The body is not JSON in UTF-8.',
    todo: 'Send JSON, and nothing behind it.',
  },
  body_too_large: {
    means: 'The body has more bytes than this call takes.',
    todo: 'Send less at once; the message says how many bytes are taken.',
  },
  unsupported_media_type: {
    means: 'The body says that it is of a type that this call does not read.',
    todo: 'Name the type that the message asks for in the header content-type.',
  },
  method_not_allowed: {
    means: 'There is something at this address, but not for this method.',
    todo: 'Use one of the methods in the header allow.',
  },
  unauthorized: {
    means:
      'The key is missing, unknown, revoked or over; or a delivery is not signed as it has to be.',
    todo: 'Send a key that is one as x-api-key. Of a delivery: see the secret of its endpoint.',
  },
  forbidden: {
    means: 'The key lacks the scope that this call needs.',
    todo: 'Use a key with the scope that the message names. No scope includes another.',
  },
  not_found: {
    means: 'There is nothing at this address.',
    todo: 'Compare it with the list of calls.',
  },
  not_configured: {
    means: 'Something that this call needs is not configured; the message says what.',
    todo: 'Set it, as npm run doctor says, and send the request again.',
  },
  unavailable: {
    means: 'It could not be done now. Nothing is lost by asking again.',
    todo: LATER,
  },
  billing_unavailable: {
    means: 'The billing API could not be asked just now.',
    todo: LATER,
  },
  endpoint_not_found: {
    means: 'No endpoint of this name is configured.',
    todo: 'Compare the name with the endpoints that /readyz lists.',
  },
  endpoint_off: {
    means: 'The endpoint is configured, but its secret is not set or can not be used.',
    todo: 'Set its secret; npm run doctor names it. The sender tries again by itself.',
  },
  keys_unavailable: {
    means:
      "The sender's published keys could not be fetched, so its signature could not be checked.",
    todo: LATER,
  },
  link_not_found: {
    means: 'There is no such link.',
    todo: 'Check that the whole address was copied, up to its last character.',
  },
  link_gone: {
    means: 'The link is expired or revoked, or its invoice is gone.',
    todo: 'Have another link made.',
  },
  too_many_misses: {
    means: 'Many links that do not exist were asked for from one network within a minute.',
    todo: LATER,
  },
  event_not_found: { means: 'There is no event with this id.', todo: 'List the events.' },
  not_dismissable: {
    means: 'Only a conflict, or what is undecided, is dismissed.',
    todo: 'Read the event: its fate says what became of it.',
  },
  endpoint_unknown: {
    means: 'The endpoint of this event is not configured any more, so no rule reads it.',
    todo: 'Configure the endpoint again, or make the adjustment by hand.',
  },
  made_by_hand: {
    means: 'A person made this by hand: no rule has decided it, and none would.',
    todo: 'Make a further adjustment by hand where one is wanted.',
  },
  payload_forgotten: {
    means: 'What was delivered with this event was forgotten, as the retention says.',
    todo: 'Have the sender deliver it again, or make the adjustment by hand.',
  },
  payload_never_kept: {
    means: 'The bodies of this source hold a secret and are never kept.',
    todo: 'Try the payload itself, in place of the event.',
  },
  body_hidden: {
    means: 'The bodies of this source hold a secret and are never kept.',
    todo: 'Have the sender deliver it again, or make the adjustment by hand.',
  },
  not_readable: {
    means: 'The source reads no event in what was kept.',
    todo: 'Make the adjustment by hand, or dismiss the event.',
  },
  payload_unreadable: {
    means: 'The source reads no event in this payload.',
    todo: 'Send the body as the source sends it; details has the reason.',
  },
  not_decided_twice: {
    means:
      'The event would approve something, or tell a fact of its time: it is not decided again.',
    todo: 'Approve by hand, or have the sender tell it anew.',
  },
  ...CALL_ERRORS,
  ...ADJUSTMENT_ERRORS,
  erasure_not_found: { means: 'There is no erasure with this id.', todo: 'List the erasures.' },
  too_many_erasures: {
    means: 'As many erasures as may run have not ended yet.',
    todo: 'Ask again when one has ended.',
  },
  several_customers: {
    means: 'More than one customer is called so.',
    todo: 'Name the one who is meant by his id; details lists them.',
  },
  customer_not_found: {
    means: 'The billing API has no customer with this id.',
    todo: 'Look for his id there: cus_…',
  },
  identity_not_found: { means: 'There is no identity with this id.', todo: 'List the identities.' },
  too_many_rows: {
    means: 'The list has more rows than are taken at once.',
    todo: 'Send it in parts.',
  },
  key_not_found: { means: 'There is no key with this id.', todo: 'List the keys.' },
  bootstrap_key: {
    means: 'The bootstrap key is a secret of the deployment, so it is not revoked here.',
    todo: 'Put another value in its place: npm run setup -- --renew BOOTSTRAP_KEY.',
  },
  key_name_taken: {
    means: 'A key had this name before, and the audit log knows its holder by it.',
    todo: 'Take another name.',
  },
  invoice_not_found: {
    means: 'The billing API has no invoice with this id.',
    todo: 'Look for its id there: inv_…',
  },
  too_many_links: {
    means: 'The invoice has as many links as one can have.',
    todo: 'Use one of them: list them by invoice.',
  },
  made_meanwhile: {
    means: 'Somebody else makes links of this invoice right now.',
    todo: 'Ask again.',
  },
  reconciliation_not_found: {
    means: 'There is no comparison with this id.',
    todo: 'List the comparisons.',
  },
  reconciliation_running: {
    means: 'A comparison that a person asked for has not ended yet.',
    todo: 'Ask again when it has ended.',
  },
  discrepancy_not_found: {
    means: 'There is no discrepancy with this id.',
    todo: 'List the discrepancies.',
  },
  already_settled: { means: 'The discrepancy was settled before.', todo: 'Nothing is left to do.' },
  rule_not_found: { means: 'There is no rule with this id.', todo: 'List the rules.' },
  too_many_customers_paused: {
    means: 'As many customers are paused as may be at a time.',
    todo: 'Resume some, or pause all.',
  },
  too_many_adjustments: {
    means: 'There are more adjustments than are looked at in one call.',
    todo: 'Ask for less: one adjustment as subject, or a smaller payload.',
  },
  nothing_sealed: {
    means: 'Nothing of the audit log is sealed yet.',
    todo: 'Seal it: POST /api/v1/audit/checkpoint, or wait for the clock.',
  },
  busy: { means: 'The log is being sealed by another call.', todo: LATER },
  log_broken: {
    means: 'The log is not as it was sealed, so nothing is sealed.',
    todo: 'See docs/audit.md: details has the first entry that is not as it was.',
  },
} as const satisfies Readonly<Record<string, Told>>

export type ErrorCode = keyof typeof ERRORS
