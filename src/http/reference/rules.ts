// The calls about rules, and what is paused.

import * as z from 'zod/mini'
import { CUSTOMER_KINDS } from '../../domain/customer.ts'
import { MODES } from '../../domain/event.ts'
import { CAUSERS, SETTLEMENTS } from '../../domain/rule.ts'
import { SWITCH_KINDS } from '../../domain/switch.ts'
import { holdDetail } from './adjustment-shapes.ts'
import { approves, considered, fate, shadows } from './events.ts'
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

const list = (what: string) => z.array(text(what))
const switchKind = words('What it is about.', SWITCH_KINDS)
const switchKey = z.nullable(text('Which one; null of all.', 'zendesk-ticket-credit'))
const pausedBy = z.array(z.strictObject({ kind: switchKind, key: switchKey }))

const ruleSet = named(
  'RuleSet',
  z.strictObject({
    object: z.literal('rule_set'),
    hash: text('Of all rules, limits and reasons.'),
    rules: z.array(
      z.strictObject({
        object: z.literal('rule'),
        id: text('For ever.', 'zendesk-ticket-credit'),
        was: list('A former id.'),
        source: text('Whose events it reads.', 'zendesk'),
        on: list('An event type.'),
        settlement: words('What it makes: a promise, or a record.', SETTLEMENTS),
        reason: z.strictObject({
          code: text('As adjustments have it.', 'goodwill'),
          label: text('As the customer reads it.', 'Goodwill'),
          account: z.nullable(text('Of the ledger.', '4010')),
        }),
        causedBy: words('Who can make such an event happen.', CAUSERS),
        mode: words('In shadow it decides nothing.', ['live', 'shadow']),
        description: z.nullable(text('The line that the customer reads.')),
        alongside: list('A rule whose adjustment of the same subject holds nothing.'),
        pausedBy,
      }),
    ),
  }),
)

const dryAdjustment = z.strictObject({
  object: z.literal('dry_adjustment'),
  id: id('adj', 'The one that it would have.'),
  would: words('What would become of it.', [
    'issue',
    'hold',
    'wait',
    'cancel',
    'exists',
    'duplicate',
    'conflict',
  ]),
  amount: money('Signed minor units.'),
  currency,
  amountText: text('For people.', '25.00 USD'),
  settlement: words('A promise, or a record.', SETTLEMENTS),
  reason: text('A code.', 'goodwill'),
  subject: text('What it would be for.', 'ticket:42'),
  part: text('Which of several.', ''),
  rule: text('Which would make it.', 'zendesk-ticket-credit'),
  asker: z.nullable(text('Who asks.', 'agent@saas.example')),
  originalInvoice: z.nullable(text('The invoice that it is about.', 'INV-0007')),
  description: text('The line that the customer would read.', 'Goodwill'),
  customer: z.strictObject({
    reference: z.nullable(text('As the source names him.', 'acme-42')),
    kind: z.nullable(words('In which way.', CUSTOMER_KINDS)),
    id: z.optional(z.nullable(text('At the billing API.', 'cus_1'))),
    billedIn: z.optional(z.nullable(text('The currency of his newest invoice.', 'usd'))),
  }),
  holdReasons: z.optional(z.array(holdDetail)),
  approversNeeded: z.optional(whole('How many would have to let it through.', 1)),
  pausedBy: z.optional(pausedBy),
  standing: z.optional(
    z.strictObject({
      adjustment: id('adj', 'The one that is there already.'),
      event: z.nullable(id('evt', 'Which has made it.')),
      state: z.nullable(text('Its state.', 'invoiced')),
      reversedBy: z.nullable(text('What undoes it.', 'void')),
    }),
  ),
  differences: z.optional(list('A field that differs.')),
})

const dryEvent = z.strictObject({
  object: z.literal('dry_event'),
  id: z.nullable(id('evt', 'The one that it has, or would have.')),
  recorded: z.nullable(z.strictObject({ id: id('evt', 'As it came.'), fate })),
  type: text('In the source’s own words.', 'credit.requested'),
  mode: z.nullable(words('Whether it is about live money.', MODES)),
  occurredAt: z.nullable(time('When it happened.')),
  fate,
  rule: z.nullable(text('Which would decide.', 'zendesk-ticket-credit')),
  reason: z.nullable(text('Why, as a code.', 'not_in_event')),
  detail: z.nullable(text('What is wrong.', 'data.amount: missing')),
  considered,
  shadows,
  approves: z.optional(approves),
  adjustments: z.array(dryAdjustment),
  undo: z.nullable(
    z.strictObject({
      subject: text('What it would undo.', 'ticket:42'),
      rules: list('Whose.'),
      undoneBy: z.nullable(id('evt', 'The event that has undone it before.')),
      adjustments: z.array(
        z.strictObject({
          id: id('adj', 'One that is there.'),
          state: text('Its state.', 'invoiced'),
          amount: money('Signed minor units.'),
          currency,
          reversedBy: z.nullable(text('What undoes it already.', 'void')),
        }),
      ),
    }),
  ),
})

const dryRun = named(
  'DryRun',
  z.strictObject({
    object: z.literal('dry_run'),
    ruleSet: text('Hash of the rules that would decide.'),
    limitsAskedFor: z.literal('each_alone'),
    events: z.array(
      z.union([
        dryEvent,
        z.strictObject({ object: z.literal('unreadable'), reason: text('Why.', 'not_an_object') }),
      ]),
    ),
  }),
)

export const paused = named(
  'Switch',
  z.strictObject({
    object: z.literal('switch'),
    kind: switchKind,
    key: switchKey,
    pausedAt: time('Since when.'),
    actor: text('Who paused it.', 'operator:boss'),
    cause: z.nullable(text('A code where Makegood itself paused it.', 'restored')),
  }),
)

const switchState = {
  object: z.literal('switch_state'),
  kind: switchKind,
  key: switchKey,
  isPaused: flag('Whether it is paused now.'),
}

const pausedState = named(
  'SwitchState',
  z.strictObject({ ...switchState, switches: z.array(paused) }),
)

const switchErrors = {
  400: ['validation_error'],
  404: ['not_found', 'rule_not_found', 'endpoint_not_found', 'customer_not_found'],
  409: ['too_many_customers_paused'],
  503: ['billing_unavailable', 'not_configured'],
} as const

const switchParams = {
  kind: switchKind,
  key: text(
    'The rule’s id, the endpoint’s name, or the customer’s id at the billing API; all has none.',
    'zendesk',
  ),
}

export const RULES: Operations = {
  'GET /api/v1/rules': {
    does: 'The configured rules, and by what each is paused',
    answers: one(ruleSet),
  },
  'POST /api/v1/rules/dry-run': {
    does: 'What an event would make; nothing is written of it',
    more: 'Either event, which was recorded, or endpoint and payload; type is the header in which some senders name the event’s type.',
    fields: {
      event: 'One that was recorded.',
      endpoint: 'Where the payload would be delivered.',
      payload: 'The body as the source sends it; as text where it is no JSON.',
      type: 'The header that names the type, where the source has it there.',
    },
    answers: one(dryRun),
    errors: {
      400: ['payload_unreadable', 'too_many_adjustments'],
      404: ['event_not_found', 'endpoint_not_found'],
      409: ['made_by_hand', 'payload_forgotten', 'payload_never_kept'],
      503: ['not_configured', 'billing_unavailable'],
    },
    example: {
      body: {
        endpoint: 'standard',
        payload: {
          type: 'credit.requested',
          data: {
            id: 'crq_7',
            customer: { external_id: 'acme-42' },
            amount: 1250,
            currency: 'USD',
          },
        },
      },
    },
  },
}

export const SWITCHES: Operations = {
  'GET /api/v1/switches': { does: 'What is paused, by whom', answers: one(z.array(paused)) },
  'GET /api/v1/switches/:kind/:key?': {
    does: 'One, paused or not',
    params: switchParams,
    hasTag: true,
    answers: one(pausedState),
    errors: switchErrors,
  },
  'PUT /api/v1/switches/:kind/:key?': {
    does: 'Pauses all, or one rule, endpoint or customer',
    params: switchParams,
    hasTag: true,
    answers: one(pausedState),
    errors: switchErrors,
  },
  'DELETE /api/v1/switches/:kind/:key?': {
    does: 'Resumes it',
    params: switchParams,
    answers: one(
      named('Resumed', z.strictObject({ ...switchState, due: whole('How many go on.', 0) })),
    ),
    errors: switchErrors,
  },
}
