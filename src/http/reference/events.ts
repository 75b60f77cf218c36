// The calls about events.

import * as z from 'zod/mini'
import { ENCODINGS, FATES, MODES } from '../../domain/event.ts'
import { adjustmentInFull } from './adjustment-shapes.ts'
import {
  currency,
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

const rules = z.array(text('The id of a rule.', 'zendesk-ticket-credit'))

export const considered = z
  .array(
    z.strictObject({
      rule: text('Its id.', 'zendesk-ticket-credit'),
      answer: text('What it said.', 'adjust'),
    }),
  )
  .check(z.meta({ description: 'Each rule of the source, in the order of the configuration.' }))

export const shadows = z.array(
  z.strictObject({
    rule: text('A rule in shadow mode.', 'tried-out'),
    subject: text('What it would have been for.', 'ticket:42'),
    part: text('Which of several.', ''),
    amount: money('Signed minor units.'),
    currency,
  }),
)

export const approves = z.strictObject({
  subject: text('What it approves.', 'ticket:42'),
  ruleIds: rules,
  adjustments: z.optional(z.array(id('adj', 'One that it has said yes to.'))),
  refused: z.optional(
    z.array(
      z.strictObject({
        adjustment: id('adj', 'One that it has let through not.'),
        reason: text('Why not.', 'approver_unknown'),
      }),
    ),
  ),
})

const decision = z.strictObject({
  considered,
  detail: z.optional(text('What is wrong, for an operator.', 'data.amount: missing')),
  subject: z.optional(text('What an undecided one is about.', 'ticket:42')),
  adjustments: z.optional(z.array(id('adj', 'One that it wanted.'))),
  undoes: z.optional(
    z.strictObject({ subject: text('What it undoes.', 'ticket:42'), ruleIds: rules }),
  ),
  approves: z.optional(approves),
  linked: z.optional(id('adj', 'The one that a fact of the billing system is about.')),
  shadows: z.optional(shadows),
  answers: z.optional(
    id('evt', 'The event in conflict, or undecided, that a person has answered with it.'),
  ),
})

export const fate = words('What became of it.', FATES)

const shape = {
  object: z.literal('event'),
  id: id('evt', 'Derived from the account and the event’s own id.'),
  endpoint: text('Where it was delivered.', 'zendesk'),
  source: text('The kind of sender.', 'zendesk'),
  account: text('Whose world its subjects belong to.', 'zendesk'),
  ownId: z.nullable(text('Its id at the source; null where it has none.', '42')),
  unsignedId: z.nullable(text('Of an unsigned header: to find the delivery there, never used.')),
  type: text('In the source’s own words.', 'ticket.updated'),
  mode: z.nullable(words('Whether it is about live money.', MODES)),
  occurredAt: z.nullable(time('When it happened, as the source says.')),
  receivedAt: time('When it came.'),
  commitment: text('SHA-256 over the payload’s salt and what was kept.'),
  fate,
  reason: z.nullable(text('Why, as a code.', 'not_in_event')),
  rule: z.nullable(text('The rule that decided.', 'zendesk-ticket-credit')),
  decision,
}

export const event = named('Event', z.strictObject(shape))

export const payload = named(
  'Payload',
  z.strictObject({
    eventSeq: whole('Its place among the events.', 1),
    encoding: words('How its bytes are kept.', ENCODINGS),
    body: text('What was delivered.', '{}'),
    isWhole: flag('Whether it is the whole body, or the one event’s own part of it.'),
    salt: z.nullable(text('16 bytes in hex: the commitment is made with it.')),
  }),
)

const eventInFull = named(
  'EventInFull',
  z.strictObject({
    ...shape,
    why: z.array(text('A sentence.')),
    fields: z
      .record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]))
      .check(z.meta({ description: 'What the deciding rule read, by path.' })),
    payload: z.nullable(payload),
    adjustments: z.array(adjustmentInFull),
  }),
)

const requeuedEvent = named(
  'RequeuedEvent',
  z.strictObject({ ...shape, made: z.array(id('adj', 'An adjustment that it has made now.')) }),
)

const params = { id: id('evt', 'Of the event.') }
const MISSING = ['event_not_found'] as const

export const EVENTS: Operations = {
  'GET /api/v1/events': {
    does: 'What came, newest first, with its fate and reason',
    fields: {
      fate: 'What became of it.',
      endpoint: 'Where it was delivered.',
      type: 'As its source calls it.',
    },
    answers: page(event),
    example: { query: { limit: '1' } },
  },
  'GET /api/v1/events/:id': {
    does: 'One, with why, what was delivered, and its adjustments',
    params,
    answers: one(eventInFull),
    errors: { 404: MISSING },
  },
  'POST /api/v1/events/:id/requeue': {
    does: 'Has the rules of now decide about one that made nothing',
    params,
    answers: one(requeuedEvent),
    errors: {
      404: MISSING,
      409: [
        'endpoint_unknown',
        'made_by_hand',
        'payload_forgotten',
        'body_hidden',
        'not_readable',
        'not_requeueable',
        'not_decided_twice',
      ],
    },
    example: { body: {} },
  },
  'POST /api/v1/events/:id/dismiss': {
    does: 'Settles a conflict, or what is undecided, without an adjustment',
    params,
    answers: one(event),
    errors: { 404: MISSING, 409: ['not_dismissable'] },
    example: { body: {} },
  },
}
