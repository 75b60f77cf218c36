// The calls by which something is found or added up: reports, search.

import * as z from 'zod/mini'
import { ADJUSTMENT_STATES } from '../../domain/adjustment.ts'
import { MODES } from '../../domain/event.ts'
import { SETTLEMENTS } from '../../domain/rule.ts'
import { REPORT_LISTS } from '../../usecases/make-report.ts'
import { adjustment } from './adjustment-shapes.ts'
import { event } from './events.ts'
import {
  currency,
  flag,
  id,
  money,
  named,
  one,
  text,
  time,
  whole,
  words,
  type Operations,
} from './operation.ts'

const mode = z.nullable(words('Live and test money are apart.', MODES))
const settlement = words('Whether it is promised, or moved elsewhere.', SETTLEMENTS)
const why = {
  reason: text('A code.', 'goodwill'),
  reasonLabel: z.nullable(text('As it is configured now.', 'Goodwill')),
  ledgerAccount: z.nullable(text('As it is configured now.', '4010')),
}

const row = {
  object: z.literal('report_row'),
  id: id('adj', 'Of the adjustment.'),
  date: text(
    'The day of its invoice in the configured time zone, else of its recording.',
    '2026-10-26',
  ),
  recordedAt: time('When its event was decided.'),
  invoicedAt: z.nullable(time('When its invoice was there.')),
  state: words('Where it is now.', ADJUSTMENT_STATES),
  mode,
  direction: words('Whether it gives or takes.', ['credit', 'charge']),
  amount: money('As it was asked for: signed minor units.'),
  currency,
  invoice: z.nullable(
    z.strictObject({
      id: text('At the billing API.', 'inv_1'),
      number: z.nullable(text('As the customer reads it.', 'INV-0042')),
      status: z.nullable(text('The billing API’s word.', 'outstanding')),
      currency: z.nullable(text('As it was billed.', 'usd')),
      net: z.nullable(money('Signed minor units.')),
      tax: z.nullable(money('Signed minor units.', 0)),
      total: z.nullable(money('Signed minor units.')),
    }),
  ),
  settlement,
  ...why,
  customer: z.nullable(
    text('At the billing API where he is known, else as the source names him.', 'cus_acme'),
  ),
  asker: z.nullable(text('Who asked at the source.', 'agent@saas.example')),
  maker: z.nullable(text('Who made it by hand.', 'bootstrap')),
  approvers: z.array(text('Who approved it.', 'boss')),
  source: z.strictObject({
    name: text('The kind of sender.', 'zendesk'),
    endpoint: text('Where its event was delivered.', 'zendesk'),
    account: text('Whose world the subject belongs to.', 'zendesk'),
    subject: text('What it is for.', 'ticket:42'),
    part: text('Which of several for one subject.', ''),
    event: id('evt', 'The event that asked for it.'),
  }),
  originalInvoice: z.nullable(text('The number of the invoice that it is about.', 'INV-0007')),
  reverses: z.nullable(id('adj', 'The adjustment that it undoes.')),
  reversedBy: z.nullable(text('What undoes it: an adjustment, or void.', 'void')),
}
const reportRow = named('ReportRow', z.strictObject(row))
const openRow = named(
  'OpenReportRow',
  z.strictObject({
    ...row,
    atCutoff: z.strictObject({
      state: words('As what it waited when the month ended.', ['held', 'failed']),
      since: z.nullable(time('Since when.')),
    }),
  }),
)

const invoiced = z.strictObject({
  adjustments: whole('So many.', 1),
  net: money('Signed minor units.'),
  tax: money('Signed minor units.', 0),
  total: money('Signed minor units.'),
})
const tallied = {
  adjustments: whole('So many.', 1),
  credits: money('Signed minor units.'),
  charges: money('Signed minor units.', 0),
}
const tally = z.strictObject(tallied)

const sum = named(
  'ReportSum',
  z.strictObject({
    mode,
    currency,
    settlement,
    ...why,
    credits: invoiced,
    charges: invoiced,
    voided: invoiced,
  }),
)
const openSum = named(
  'OpenReportSum',
  z.strictObject({
    mode,
    currency,
    settlement,
    state: words('As what it waited.', ['held', 'failed']),
    ...tallied,
  }),
)
const total = named(
  'ReportTotal',
  z.strictObject({
    mode,
    currency,
    settlement,
    asked: tally,
    recorded: tally,
    invoiced: tally,
    notInvoiced: tally,
    fromEarlier: tally,
    differing: tally,
  }),
)

const report = named(
  'Report',
  z.strictObject({
    object: z.literal('report'),
    list: words('Which was asked for.', REPORT_LISTS),
    month: text('As it was asked for.', '2026-10'),
    timeZone: text('By which its days are counted.', 'Europe/Berlin'),
    from: time('When it began.'),
    to: time('When it ended, or will.'),
    asOf: time('When its first page was read.'),
    isFinal: flag(
      'Whether what was invoiced in it changes no more, unless the database is put back.',
    ),
    isComplete: flag('Whether the sums are of the whole month: they grow from page to page.'),
    adjustments: z.optional(z.array(reportRow)),
    open: z.optional(z.array(openRow)),
    sums: z.array(z.union([sum, openSum])),
    totals: z.optional(z.array(total)),
    undecidedEvents: z.optional(
      z.strictObject({
        conflict: whole('So many.', 0),
        undecided: whole('So many.', 0),
        dismissed: whole('So many.', 0),
      }),
    ),
  }),
)

export const REPORTS: Operations = {
  'GET /api/v1/reports': {
    does: 'A month: its credits and charges, their sums, or what waited at its end',
    more: 'JSON comes in pages behind a cursor; format=csv, or text/csv as accept, is the whole month at once.',
    answers: {
      200: [
        { as: 'part', shape: report },
        { as: 'other', types: ['text/csv'], says: 'The same as one file.' },
      ],
    },
    errors: { 409: ['too_many_sums'] },
    example: { query: { month: '2026-10' } },
  },
  'GET /api/v1/search': {
    does: 'Finds a ticket, a customer, an event, an invoice or an amount',
    answers: one(
      named(
        'Search',
        z.strictObject({
          object: z.literal('search'),
          adjustments: z.array(adjustment),
          events: z.array(event),
          more: z.array(
            text(
              'A list that goes through older ones as well.',
              '/api/v1/adjustments?customer=acme-42',
            ),
          ),
        }),
      ),
    ),
    example: { query: { q: 'acme-42' } },
  },
}
