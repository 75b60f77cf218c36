// The calls about the record itself: status, comparisons with the billing API.

import * as z from 'zod/mini'
import { CIRCUIT_CAUSES } from '../../domain/circuit.ts'
import { MODES } from '../../domain/event.ts'
import { LOG_FAULTS } from '../../domain/log-fault.ts'
import { DISCREPANCY_REASONS, RECONCILIATION_OUTCOMES } from '../../domain/reconciliation.ts'
import {
  flag,
  id,
  money,
  named,
  one,
  page,
  text,
  time,
  whole,
  words,
  type Operations,
} from './operation.ts'
import { paused } from './rules.ts'

export const faultReason = words('What is wrong.', LOG_FAULTS)

const oldestDue = z.strictObject({
  oldestDueAt: z.nullable(time('Since when the oldest wake-up is due; null where none is.')),
  oldestSeconds: z.nullable(whole('For how long.', 2)),
})

const status = named(
  'Status',
  z.strictObject({
    object: z.literal('status'),
    billing: z.strictObject({
      isConfigured: flag('Whether there is a key.'),
      state: words('Open: nobody calls it.', ['closed', 'open']),
      cause: z.nullable(words('Why it is open.', CIRCUIT_CAUSES)),
      openedAt: z.nullable(time('Since when.')),
      probeAt: z.nullable(time('When the next one may try.')),
      failures: whole('Callers in a row without an answer.', 0),
      probes: whole('Probes that have failed since.', 0),
    }),
    reconciliation: z.strictObject({
      comparedUntil: z.nullable(time('Until when our record has been compared.')),
      claimsWait: flag('Whether nothing is issued before the next comparison.', false),
      last: z.nullable(
        z.strictObject({
          id: text('Of the comparison that ended last.', 'rec_1'),
          outcome: z.nullable(words('How.', RECONCILIATION_OUTCOMES)),
          finishedAt: z.nullable(time('When.')),
        }),
      ),
    }),
    queues: z.strictObject({ adjustments: oldestDue, notices: oldestDue }),
    switches: z.array(paused),
    adjustments: z.strictObject({
      held: whole('That wait for a person.', 0),
      failed: whole('That have failed.', 0),
    }),
    audit: z.strictObject({
      state: words('How the sealing goes.', ['sealing', 'late', 'not_configured', 'broken']),
      alarm: z.nullable(text('The alarm that says so.', 'audit_log_late')),
      fault: z.nullable(
        z.strictObject({
          reason: faultReason,
          seq: whole('The first entry that is not as it was sealed.', 1),
          since: z.nullable(time('When that was found.')),
          message: text('The same for people.'),
        }),
      ),
      sealed: whole('Of how many entries the newest checkpoint is.', 20),
      sealedAt: z.nullable(time('When it was signed.')),
      unsealed: whole('Entries since.', 0),
      waitingSince: z.nullable(time('Since when the oldest of them waits.')),
    }),
    endpoints: z.array(
      z.strictObject({
        endpoint: text('Its name.', 'zendesk'),
        startedAt: z.nullable(time('Of its first delivery.')),
      }),
    ),
    refusedHosts: z.array(text('To which no link may lead.', 'files.example')),
    findMissed: z.array(
      z.strictObject({
        endpoint: text('Its name.', 'stripe'),
        state: words('Whether it is searched.', ['on', 'off']),
        off: z.nullable(text('Why not.', 'STRIPE_API_KEY is not set')),
        searchedUntil: z.nullable(time('Until when.')),
        lastAt: z.nullable(time('When a search ended last.')),
        lastFound: z.nullable(whole('So many deliveries had never come.', 0)),
        failures: whole('In a row.', 0),
        trouble: z.nullable(text('The code of the last one.', 'unavailable')),
      }),
    ),
  }),
)

export const STATUS: Operations = {
  'GET /api/v1/status': {
    does: 'How it is: the billing API, comparisons, queues, what is paused, what waits, the log’s sealing, endpoints, searches',
    answers: one(status),
  },
}

const reconciliation = named(
  'Reconciliation',
  z.strictObject({
    object: z.literal('reconciliation'),
    id: text('Of the comparison.', 'rec_1'),
    mode: words('Of the billing key.', MODES),
    since: time('From when on.'),
    until: time('Until when.'),
    startedAt: time('When it began.'),
    askedBy: z.nullable(text('Who asked; null where the clock did.', 'operator:boss')),
    restored: flag('Whether it is after a restore.', false),
    phase: z.nullable(text('Where it is; null once it has ended.', 'listing')),
    finishedAt: z.nullable(time('When it ended.')),
    outcome: z.nullable(words('How.', RECONCILIATION_OUTCOMES)),
    counts: z.strictObject({
      invoices: whole('Of ours that were compared.', 0),
      adopted: whole('That our record lacked.', 0),
      statuses: whole('Whose status has moved on.', 0),
      calls: whole('Of the billing API.', 0),
    }),
    sums: z.nullable(
      z.array(
        z.strictObject({
          day: text('In the configured time zone.', '2026-10-26'),
          currency: text('ISO 4217.', 'usd'),
          recorded: money('By our adjustments.'),
          invoiced: money('By the billing API’s invoices.'),
        }),
      ),
    ),
  }),
)

const discrepancy = named(
  'Discrepancy',
  z.strictObject({
    object: z.literal('discrepancy'),
    id: id('dsc', 'Of the discrepancy.'),
    reason: words('What does not fit.', DISCREPANCY_REASONS),
    meaning: text('The same for people.'),
    todo: text('What to do.'),
    adjustmentId: z.nullable(text('Ours, or what the invoice says.', 'adj_1')),
    eventId: z.nullable(text('Of the event.', 'evt_1')),
    invoiceId: z.nullable(text('At the billing API.', 'inv_1')),
    day: z.nullable(text('Of the sums.', '2026-10-26')),
    currency: z.nullable(text('Of the sums.', 'usd')),
    expected: money('By our record.'),
    found: money('At the billing API.', 0),
    fields: z.array(text('What differs.', 'total')),
    firstSeenAt: time('First.'),
    lastSeenAt: time('Last.'),
    state: words('Whether it waits for a look.', ['open', 'settled']),
    settledAt: z.nullable(time('When.')),
    settledBy: z.nullable(text('By whom.', 'operator:boss')),
    note: z.nullable(text('In his words.')),
  }),
)

export const RECONCILIATIONS: Operations = {
  'GET /api/v1/reconciliations': {
    does: 'Comparisons with the billing API',
    answers: page(reconciliation),
  },
  'GET /api/v1/reconciliations/:id': {
    does: 'One, with its counts and sums',
    params: { id: text('Of the comparison.', 'rec_1') },
    answers: one(reconciliation),
    errors: { 404: ['reconciliation_not_found'] },
  },
  'POST /api/v1/reconciliations': {
    does: 'Compares from since to until; "restored": true after a restore, which needs approve as well',
    fields: {
      since: 'From when on.',
      until: 'Until when; left out: now.',
      restored: 'The database was put back to an earlier time.',
      days: 'How far back after a restore.',
    },
    answers: one(reconciliation, 201),
    errors: { 409: ['reconciliation_running'], 503: ['not_configured'] },
    example: { body: { since: '2026-10-25T00:00:00Z', until: '2026-10-26T00:00:00Z' } },
  },
  'GET /api/v1/discrepancies': {
    does: 'What did not agree, and what to do',
    fields: { state: 'Only these.' },
    answers: page(discrepancy),
    example: { query: { state: 'open' } },
  },
  'POST /api/v1/discrepancies/:id/settle': {
    does: 'A person has looked',
    params: { id: id('dsc', 'Of the discrepancy.') },
    fields: { note: 'What you have found; never in the audit log.' },
    answers: one(discrepancy),
    errors: { 404: ['discrepancy_not_found'], 409: ['already_settled'] },
    example: { body: { note: 'looked at both, as agreed' } },
  },
}
