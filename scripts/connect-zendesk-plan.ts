// What Makegood needs at Zendesk, as data: from the configuration, in the order in which it is made. The
// trigger that asks is last, so that a half of it can't credit anybody.

import * as z from 'zod'
import type { Config } from '../src/config.ts'
import { decimalText } from '../src/domain/money.ts'
import type { Rule } from '../src/domain/rule.ts'
import { ASKED_TAG } from '../src/gaps/zendesk-request.ts'
import { APPROVAL_TAG_DEFAULT, UNDO_TAG_DEFAULT } from '../src/rules/zendesk-template.ts'
import { ticketBody, type TicketBody } from './zendesk-body.ts'

export type KindName = 'field' | 'macro' | 'view' | 'webhook' | 'trigger'

/** How Zendesk's API names a list of them, and one. */
export const KINDS: Readonly<Record<KindName, readonly [list: string, one: string]>> = {
  field: ['ticket_fields', 'ticket_field'],
  macro: ['macros', 'macro'],
  view: ['views', 'view'],
  webhook: ['webhooks', 'webhook'],
  trigger: ['triggers', 'trigger'],
}

/** Ids of what is there already, by key. */
export type Ids = (key: string) => string

export type Wanted = {
  /** Part of its marker: by which it is found again. */
  readonly key: string
  readonly kind: KindName
  readonly title: string
  /** All but its title and its marker. */
  readonly record: (ids: Ids) => Readonly<Record<string, unknown>>
}

/** What agents ask with, as the configured rules read it. */
export type Asking = {
  readonly requestTag: string
  readonly undoTag: string
  readonly approvalTag: string
  /** Preset tag to what its macro is called: `credit_10`, `Credit 10`. */
  readonly presets: ReadonlyMap<string, string>
  readonly readsAmount: boolean
  /** Of the amount field; null where the rule leaves it to the template. */
  readonly currency: string | null
  readonly hasUndo: boolean
  readonly hasApproval: boolean
}

const money = z.object({ minorUnits: z.int(), currency: z.string() })
const creditOptions = z.object({
  requestTag: z.string(),
  undoTag: z.string().default(UNDO_TAG_DEFAULT),
  approvalTag: z.string().default(APPROVAL_TAG_DEFAULT),
  amounts: z.record(z.string(), money).default({}),
  otherAmountField: z.boolean().default(false),
  currency: z.string().nullable().default(null),
})

/** Null where the configuration has no rule that reads the ticket template's request. */
export function askingOf({ rules }: Config): Asking | null {
  const ruleOf = (id: string): Rule | undefined => rules.find((rule) => rule.id === id)
  const credit = ruleOf('zendesk-ticket-credit')
  if (credit === undefined) return null
  // A rule's text begins with the options that it was made with.
  const [options] = z.tuple([creditOptions], z.unknown()).parse(JSON.parse(credit.text))
  const presets = Object.entries(options.amounts).map(([tag, { minorUnits, currency }]) => {
    const amount = decimalText(minorUnits, currency).replace(/\.0+$/, '')
    return [tag, `Credit ${amount}`] as const
  })
  return {
    ...options,
    presets: new Map(presets),
    readsAmount: options.otherAmountField,
    hasUndo: ruleOf('zendesk-credit-undo') !== undefined,
    hasApproval: ruleOf('zendesk-approval') !== undefined,
  }
}

export const ASK_TRIGGER = 'trigger:ask'
export const WEBHOOK = 'webhook'
export const AMOUNT_FIELD = 'field:amount'
export const STATUS_FIELD = 'field:status'

/** Neither is for customers: who could fill in the amount could credit himself. */
const AGENTS_ONLY = { visible_in_portal: false, editable_in_portal: false }

const has = (tags: readonly string[]) => ({
  field: 'current_tags',
  operator: 'includes',
  value: tags.join(' '),
})
const lacks = (tags: readonly string[]) => ({ ...has(tags), operator: 'not_includes' })
const byAgent = { field: 'role', operator: 'is', value: 'agent' }
/** End users, and what the account itself does for them. */
const byNoAgent = { ...byAgent, operator: 'is_not' }

const requestTags = ({ requestTag, undoTag, approvalTag }: Asking): readonly string[] => [
  requestTag,
  undoTag,
  approvalTag,
]

function macrosFor(asking: Asking, leadsGroup: number | null): readonly Wanted[] {
  const { requestTag, undoTag, approvalTag, presets, readsAmount } = asking
  const all = [...requestTags(asking), ...presets.keys(), ASKED_TAG]
  const macro = (key: string, title: string, tags: readonly string[], more = {}): Wanted => ({
    key: `macro:${key}`,
    kind: 'macro',
    title,
    // One request at a time, and one amount: what an earlier one left on the ticket goes first.
    record: () => ({
      actions: [
        { field: 'remove_tags', value: all.filter((tag) => !tags.includes(tag)).join(' ') },
        { field: 'current_tags', value: tags.join(' ') },
      ],
      ...more,
    }),
  })
  const restriction = leadsGroup === null ? {} : { restriction: { type: 'Group', id: leadsGroup } }
  return [
    ...[...presets].map(([tag, title]) => macro(tag, title, [requestTag, tag])),
    ...(readsAmount ? [macro('amount', 'Credit the amount field', [requestTag])] : []),
    ...(asking.hasUndo ? [macro('undo', 'Undo credit', [undoTag])] : []),
    ...(asking.hasApproval ? [macro('approve', 'Approve credit', [approvalTag], restriction)] : []),
  ]
}

export type Place = Pick<TicketBody, 'currency' | 'customer'> & {
  /** Where the webhook sends to. */
  readonly address: string
  /** The group that alone has the macro for approving; null is everybody. */
  readonly leadsGroup: number | null
}

export const planFor = (asking: Asking, place: Place): readonly Wanted[] => [
  ...(asking.readsAmount ? [field(AMOUNT_FIELD, 'Credit amount', 'decimal')] : []),
  field(STATUS_FIELD, 'Credit status', 'text'),
  ...macrosFor(asking, place.leadsGroup),
  {
    key: 'view:waiting',
    kind: 'view',
    title: 'Credits waiting',
    record: () => ({
      all: [
        { field: 'status', operator: 'less_than', value: 'solved' },
        has(['makegood_status_waiting']),
      ],
      any: [],
      output: { columns: ['nice_id', 'subject', 'requester', 'updated'] },
    }),
  },
  {
    key: WEBHOOK,
    kind: 'webhook',
    title: 'Makegood',
    record: () => ({
      endpoint: place.address,
      http_method: 'POST',
      request_format: 'json',
      status: 'active',
      subscriptions: ['conditional_ticket_events'],
    }),
  },
  ...triggersFor(asking, place),
]

const field = (key: string, title: string, type: 'decimal' | 'text'): Wanted => ({
  key,
  kind: 'field',
  title,
  record: () => ({ type, ...AGENTS_ONLY }),
})

const triggersFor = (asking: Asking, place: Place): readonly Wanted[] => [
  {
    // Forms and widgets let a customer write tags, with any message: the agent who replies would ask for him.
    // Only an agent's request has been asked in the save that made it.
    key: 'trigger:agents-only',
    kind: 'trigger',
    title: 'Makegood: only agents ask',
    record: () => {
      const tags = [...requestTags(asking), ...asking.presets.keys(), ASKED_TAG]
      return {
        conditions: {
          all: [byNoAgent, has(tags)],
          any: [{ field: 'update_type', operator: 'is', value: 'Create' }, lacks([ASKED_TAG])],
        },
        actions: [{ field: 'remove_tags', value: tags.join(' ') }],
      }
    },
  },
  {
    // The answer takes the request's tags off; who sets one by hand afterwards asks again.
    key: 'trigger:answered',
    kind: 'trigger',
    title: 'Makegood: a request is answered',
    record: () => ({
      conditions: { all: [has([ASKED_TAG]), lacks(requestTags(asking))], any: [] },
      actions: [{ field: 'remove_tags', value: ASKED_TAG }],
    }),
  },
  {
    key: ASK_TRIGGER,
    kind: 'trigger',
    title: 'Makegood: an agent asks',
    record: (ids) => {
      const amountField = asking.readsAmount ? Number(ids(AMOUNT_FIELD)) : null
      return {
        conditions: { all: [byAgent, has(requestTags(asking)), lacks([ASKED_TAG])], any: [] },
        actions: [
          {
            field: 'notification_webhook',
            value: [ids(WEBHOOK), ticketBody({ ...place, amountField })],
          },
          { field: 'current_tags', value: ASKED_TAG },
        ],
      }
    },
  },
]
