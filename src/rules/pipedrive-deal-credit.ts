// A deal of Pipedrive with a monetary field for the credit. Every later change of the deal is sent
// as well, so `previous` says whether this one asks: by default the one that sets the amount.

import * as z from 'zod/mini'
import { credit, ignore, rule, undecided, type Rule } from '../domain/rule.ts'
import { choiceProblems } from './option-problems.ts'
import { settingsOf, type RuleSettings } from './rule-settings.ts'
import { externalCustomer, nativeId, onlyFields, sourceCustomer } from './sender-fields.ts'
import { isBlank, typedAmount, unreadableAmount } from './typed-amount.ts'

const payloadWith = (customFields: ReturnType<typeof onlyFields>) =>
  z.object({
    meta: z.object({ user_id: z.nullish(nativeId) }),
    data: z.object({
      id: nativeId,
      status: z.nullish(z.string()),
      org_id: z.nullish(nativeId),
      person_id: z.nullish(nativeId),
      custom_fields: z.nullish(customFields),
    }),
    previous: z.nullish(
      z.object({ status: z.nullish(z.string()), custom_fields: z.nullish(customFields) }),
    ),
  })
type Change = z.output<ReturnType<typeof payloadWith>>

/** A monetary field, whose amount Pipedrive writes as a number in major units. */
const monetary = z.object({ value: z.optional(z.unknown()), currency: z.optional(z.unknown()) })
const text = z.object({ value: z.optional(z.unknown()) })

const WHEN = ['amount_set', 'won', 'lost'] as const

export type PipedriveDealCreditOptions = RuleSettings & {
  /** API name (40 characters) of a custom field of the type Monetary. */
  readonly field: string
  /** API name of a text field with your own customer's number. */
  readonly customerField?: string
  /** `won`, `lost`: when the deal becomes that. Default 'amount_set'. */
  readonly when?: (typeof WHEN)[number]
}

const OWN_OPTIONS = ['field', 'customerField', 'when']
const API_NAME = /^[0-9a-f]{40}$/

/**
 * Caused by an agent: whoever may edit the deal. Keep the field out of web forms, which visitors
 * fill in.
 */
export function pipedriveDealCredit(options: PipedriveDealCreditOptions): Rule {
  const settings = settingsOf(options, OWN_OPTIONS)
  const { field, customerField } = options
  const names = customerField === undefined ? { field } : { field, customerField }
  const problems = Object.entries(names)
    .filter(([, name]) => !API_NAME.test(name ?? ''))
    .map(([option]) => `${option}: the API name of a field is wanted, 40 digits and letters a to f`)
  return rule({
    id: 'pipedrive-deal-credit',
    source: 'pipedrive',
    on: ['change.deal'],
    settlement: 'owed',
    reason: 'goodwill',
    causedBy: 'agent',
    ...settings,
    problems: [...settings.problems, ...problems, ...choiceProblems('when', options.when, WHEN)],
    payload: payloadWith(onlyFields([field, customerField])),
    adjust(event) {
      const { custom_fields: fields, id } = event.data
      if (!fields) return undecided('not_in_event', 'data.custom_fields: use webhooks of version 2')
      const amount = fields[field]
      if (isBlank(amount)) return ignore('no_amount')
      if (!isAsking(event, options)) return ignore('other_change')
      const typed = monetary.safeParse(amount).data
      const money = typedAmount(typed?.value, typed?.currency, {})
      if (!money.ok) return unreadableAmount(money.error, `data.custom_fields.${field}`)
      return credit(money.value, {
        subject: `deal:${id}`,
        customer: customerOf(event, customerField),
        asker: event.meta.user_id ?? null,
      })
    },
  })
}

function isAsking({ data, previous }: Change, options: PipedriveDealCreditOptions): boolean {
  const { when = 'amount_set', field } = options
  if (when === 'amount_set') return Object.hasOwn(previous?.custom_fields ?? {}, field)
  return data.status === when && previous?.status !== undefined
}

/** Ids of organizations and persons are numbers of their own each, so the kind stands in front. */
function customerOf({ data }: Change, customerField: string | undefined) {
  const own = customerField === undefined ? null : data.custom_fields?.[customerField]
  const named = externalCustomer(text.safeParse(own).data?.value ?? own)
  if (named) return named
  if (data.org_id) return sourceCustomer(`organization:${data.org_id}`)
  return data.person_id ? sourceCustomer(`person:${data.person_id}`) : null
}
