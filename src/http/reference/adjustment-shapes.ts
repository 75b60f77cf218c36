// An adjustment as it is answered.

import * as z from 'zod/mini'
import { ADJUSTMENT_STATES } from '../../domain/adjustment.ts'
import { CUSTOMER_KINDS } from '../../domain/customer.ts'
import { MODES } from '../../domain/event.ts'
import { SETTLEMENTS } from '../../domain/rule.ts'
import { currency, id, money, named, text, time, whole, words } from './operation.ts'

export const state = words('Where it is on its way.', ADJUSTMENT_STATES)

export const trouble = named(
  'Trouble',
  z.strictObject({
    step: text('What Makegood was doing.', 'post'),
    code: text('The billing API’s code, or our own.', 'customer_not_found'),
    status: z.nullable(whole('What it was answered; null where nothing was.', 404)),
    requestId: z.nullable(text('Of that call, at the billing API.', 'req_1')),
    retryAfterSeconds: z.optional(
      whole('What the billing API has asked for; left out where it has not.', 30),
    ),
  }),
)

export const holdDetail = named(
  'HoldDetail',
  z.strictObject({
    reason: text('One of the hold’s reasons.', 'over_limit:holdAbove'),
    max: z.optional(whole('The bound, in minor units; of new_rule a count.', 25_000)),
    used: z.optional(whole('What was used of it before this one.', 0)),
    adjustment: z.optional(id('adj', 'The adjustment that it may repeat.')),
    event: z.optional(id('evt', 'The event by which billing has recorded the same refund.')),
    code: z.optional(text('By which the rule asked for a person.', 'erased')),
  }),
)

const difference = z.strictObject({
  field: text('What differs.', 'taxAmount'),
  asked: text('As it was asked for.', '0'),
  answered: text('As it was answered.', '190'),
})
export const differences = z.array(difference)

const invoice = z.strictObject({
  id: text('At the billing API.', 'inv_1'),
  number: z.nullable(text('As the customer reads it.', 'INV-0042')),
  status: z.nullable(text('The billing API’s word.', 'outstanding')),
  currency: z.nullable(text('As it was billed.', 'usd')),
  subtotal: z.nullable(money('Signed minor units.')),
  taxAmount: z.nullable(money('Signed minor units.', 0)),
  total: z.nullable(money('Signed minor units.')),
  differences: z.nullable(differences),
})

const hold = {
  holdReasons: z.nullable(
    z
      .array(text('A reason.', 'over_limit:holdAbove'))
      .check(z.meta({ description: 'Why it waits for a person; null unless it is held.' })),
  ),
  holdDetails: z.nullable(
    z
      .array(holdDetail)
      .check(z.meta({ description: 'The numbers behind the reasons of its last hold.' })),
  ),
  holds: whole('How often it was held.', 0),
  heldAt: z.nullable(time('When it was held last.')),
  expiresAt: z.nullable(time('When that hold ends it as rejected.')),
  approversNeeded: whole('How many people have to let it through.', 1),
  clearedReasons: z.nullable(
    z
      .array(text('A reason.', 'over_limit:holdAbove'))
      .check(z.meta({ description: 'What approvers have seen and let through.' })),
  ),
  decisionNote: z.nullable(text('Why a person rejected it.', 'asked twice')),
}

const shape = {
  object: z.literal('adjustment'),
  id: id('adj', 'Derived from rule, account, subject and part: the same everywhere.'),
  state,
  ...hold,
  version: whole('Rises with every change; whoever changes it names the one that he saw.', 1),
  amount: money('Signed minor units: negative is a credit.'),
  currency,
  amountText: text('Without its sign, for people.', '25.00 USD'),
  settlement: words('Whether it is promised, or records money that moved elsewhere.', SETTLEMENTS),
  reason: text('A code; makegood.config.ts has its label.', 'goodwill'),
  subject: text('What it is for, as kind:id of the source.', 'ticket:42'),
  part: text('Which of several for one subject.', ''),
  rule: text('The id of the rule that made it.', 'zendesk-ticket-credit'),
  source: text('The kind of sender.', 'zendesk'),
  endpoint: text('Where its event was delivered.', 'zendesk'),
  account: text('Whose world the subject belongs to.', 'zendesk'),
  mode: z.nullable(words('Whether it is live money.', MODES)),
  event: id('evt', 'The event that asked for it.'),
  customer: z.strictObject({
    kind: words('In which way the source names him.', CUSTOMER_KINDS),
    reference: z.nullable(text('As the source names him.', 'acme-42')),
    id: z.nullable(text('At the billing API, once it is known.', 'cus_1')),
  }),
  asker: z.nullable(text('Who asked at the source.', 'agent@saas.example')),
  maker: z.nullable(text('Who made it by hand.', 'bootstrap')),
  reverses: z.nullable(id('adj', 'The adjustment that it undoes.')),
  reversedBy: z.nullable(text('What undoes it: an adjustment, or void.', 'void')),
  originalInvoice: z.nullable(text('The number of the invoice that it is about.', 'INV-0007')),
  attempts: whole('How often it was tried to issue it.', 1),
  trouble: z.nullable(trouble),
  todo: z.nullable(text('What a person can do, where it goes on no further by itself.')),
  wakeAt: z.nullable(time('When it is looked at next.')),
  createdAt: time('When its event was decided.'),
  invoicedAt: z.nullable(time('When its invoice was there.')),
  invoice: z.nullable(invoice),
}

export const adjustment = named('Adjustment', z.strictObject(shape))

export const adjustmentInFull = named(
  'AdjustmentInFull',
  z.strictObject({
    ...shape,
    approvals: z.array(
      z.strictObject({
        hold: whole('Of which of its holds.', 1),
        operator: text('Who approved it.', 'boss'),
        at: time('When.'),
      }),
    ),
    reversal: z.nullable(z.strictObject({ id: id('adj', 'What undoes it.'), state })),
    link: z.nullable(text('The short link to its PDF.', 'https://makegood.example/i/abcdef')),
    note: z.array(text('A line.')).check(z.meta({ description: 'What the asker reads.' })),
  }),
)
