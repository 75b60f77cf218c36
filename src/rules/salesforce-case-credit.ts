// A Case of Salesforce with an amount field, as an outbound message or as a flow's callout. The
// flow's own conditions say when. What isn't ticked in an outbound message isn't in it.

import * as z from 'zod/mini'
import { credit, rule, undecided, type Outcome, type Rule } from '../domain/rule.ts'
import { nameProblems } from './option-problems.ts'
import { settingsOf, type RuleSettings } from './rule-settings.ts'
import { externalCustomer, onlyFields, sourceCustomer, textOrNull } from './sender-fields.ts'
import {
  typedAmount,
  typedAmountProblems,
  unreadableAmount,
  type TypedAmountOptions,
} from './typed-amount.ts'

const MESSAGE_TYPE = 'sf:Case'
const CALLOUT_KIND = 'makegood.case'

/** Salesforce sends this form; the one of 15 characters would be another subject. */
const caseId = z.string().check(z.regex(/^[0-9A-Za-z]{18}$/, 'an id of 18 characters is wanted'))

const message = (names: readonly (string | undefined)[]) =>
  z.object({
    type: z.literal(MESSAGE_TYPE),
    fields: z.pipe(
      onlyFields(['Id', 'AccountId', 'CurrencyIsoCode', ...names]),
      z.looseObject({ Id: caseId, AccountId: z.nullish(z.string()) }),
    ),
  })
const callout = z.object({
  kind: z.literal(CALLOUT_KIND),
  case_id: caseId,
  amount: z.optional(z.unknown()),
  currency: z.optional(z.unknown()),
  customer_external_id: z.nullish(z.string()),
  asker: z.nullish(z.string()),
})

export type SalesforceCaseCreditOptions = RuleSettings &
  Pick<TypedAmountOptions, 'currency'> & {
    /** API name of the amount's field, such as 'Credit_Amount__c'. */
    readonly amountField: string
    /** API name of the field with your own customer's id; without it, the account is looked up. */
    readonly customerField?: string
    /** Who asks; default 'LastModifiedById'. */
    readonly askerField?: string
  }

const ASKER_FIELD = 'LastModifiedById'
const OWN_OPTIONS = ['amountField', 'customerField', 'askerField', 'currency']

/**
 * Caused by an agent: whoever may edit the field. Take it from the profiles of portal users
 * (Experience Cloud) by field-level security, and set it by no web-to-case form.
 */
export function salesforceCaseCredit(options: SalesforceCaseCreditOptions): Rule {
  const settings = settingsOf(options, OWN_OPTIONS)
  const { amountField, customerField, askerField = ASKER_FIELD } = options
  return rule({
    id: 'salesforce-case-credit',
    source: 'salesforce',
    on: [MESSAGE_TYPE, CALLOUT_KIND],
    settlement: 'owed',
    reason: 'goodwill',
    causedBy: 'agent',
    ...settings,
    problems: [
      ...settings.problems,
      ...nameProblems(options, ['amountField'], ['customerField', 'askerField']),
      ...typedAmountProblems(options),
    ],
    payload: z.union([message([amountField, customerField, askerField]), callout]),
    adjust: (event) =>
      'fields' in event ? creditByMessage(event.fields, options) : creditByCallout(event, options),
  })
}

/** Salesforce writes numbers in one form, whatever the user's language: `42.5`. */
function creditByMessage(
  fields: z.output<ReturnType<typeof message>>['fields'],
  options: SalesforceCaseCreditOptions,
): Outcome {
  const { amountField, customerField = '', askerField = ASKER_FIELD } = options
  const amount = fields[amountField]
  if (amount === undefined || amount === null) {
    return undecided('not_in_event', `${amountField}: empty, or not ticked in the outbound message`)
  }
  const money = typedAmount(amount, fields['CurrencyIsoCode'], options)
  if (!money.ok) return unreadableAmount(money.error, `${amountField} and CurrencyIsoCode`)
  return credit(money.value, {
    subject: `case:${fields.Id}`,
    customer: externalCustomer(fields[customerField]) ?? sourceCustomer(fields.AccountId),
    asker: textOrNull(fields[askerField]),
  })
}

function creditByCallout(
  event: z.output<typeof callout>,
  options: SalesforceCaseCreditOptions,
): Outcome {
  const money = typedAmount(event.amount, event.currency, options)
  if (!money.ok) return unreadableAmount(money.error, 'amount and currency of the callout')
  return credit(money.value, {
    subject: `case:${event.case_id}`,
    customer: externalCustomer(event.customer_external_id),
    asker: textOrNull(event.asker),
  })
}
