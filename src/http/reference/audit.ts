// The calls about the audit log.

import * as z from 'zod/mini'
import { flag, named, page, text, time, whole, type Operations } from './operation.ts'
import { faultReason } from './record.ts'

const checkpoint = named(
  'Checkpoint',
  z.strictObject({
    object: z.literal('checkpoint'),
    size: whole('Of how many entries it is.', 20),
    root: text('Of their tree, base64.'),
    sealedAt: time('When it was signed.'),
    note: text('The signed note itself.'),
  }),
)
const checkpointAnswers = {
  200: [
    { as: 'one', shape: checkpoint },
    { as: 'other', types: ['text/plain'], says: 'The note itself, where text is asked for.' },
  ],
} as const

const entry = named(
  'AuditEntry',
  z.strictObject({
    object: z.literal('audit_entry'),
    seq: whole('Its number in the log.', 1),
    at: time('When.'),
    actor: text('Who.', 'operator:boss'),
    action: text('What.', 'adjustment.approved'),
    subject: text('About what.', 'switch:all'),
    data: z.unknown().check(z.meta({ description: 'The facts, by action; never a secret.' })),
  }),
)

const check = named(
  'AuditCheck',
  z.strictObject({
    object: z.literal('audit_check'),
    isIntact: flag('Whether what was compared is as it was sealed.'),
    fault: z.nullable(
      z.strictObject({ reason: faultReason, seq: whole('The first that is not.', 1) }),
    ),
    from: whole('The first entry that was compared.', 1),
    to: whole('The last.', 20),
    entries: whole('Of the newest checkpoint.', 20),
    sealedAt: z.nullable(time('When that was signed.')),
    unsealed: whole('Entries since.', 0),
    summary: text('The same for people.'),
  }),
)

const FILTERS = {
  from: 'From when on, with its offset.',
  to: 'Before when.',
  actor: 'Who: operator:boss.',
  action: 'What: adjustment.approved.',
  subject: 'About what: an id.',
  customer: 'All about a customer.',
  ticket: 'All about a ticket.',
  invoice: 'All about an invoice, by its number or id.',
  amount: 'All about adjustments of this amount, signed minor units.',
}

export const AUDIT: Operations = {
  'GET /api/v1/audit': {
    does: 'The log, newest first',
    fields: FILTERS,
    answers: page(entry),
    errors: { 409: ['too_many_adjustments'] },
    example: { query: { actor: 'operator:bootstrap', limit: '2' } },
  },
  'GET /api/v1/audit/export': {
    does: 'All of the log, or what the filters select, as a file',
    fields: { format: 'As which file.', ...FILTERS },
    answers: {
      200: {
        as: 'other',
        types: ['application/x-ndjson', 'text/csv', 'application/zip'],
        says: 'As format asks for it; docs/audit-format.md says what is in it.',
      },
    },
    errors: { 409: ['too_many_adjustments'], 503: ['not_configured'] },
    example: { query: { format: 'csv' } },
  },
  'GET /api/v1/audit/checkpoint': {
    does: 'The newest signed statement over all entries',
    answers: checkpointAnswers,
    errors: { 404: ['nothing_sealed'] },
  },
  'POST /api/v1/audit/checkpoint': {
    does: 'Seals what is new, and answers that statement',
    answers: checkpointAnswers,
    errors: { 404: ['nothing_sealed'], 409: ['log_broken'], 503: ['not_configured', 'busy'] },
  },
  'GET /api/v1/audit/verify': {
    does: 'Whether it still is as it was sealed, page by page',
    answers: { 200: { as: 'part', shape: check } },
    errors: { 503: ['not_configured'] },
  },
}
