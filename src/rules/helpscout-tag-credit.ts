// A conversation of Help Scout that was tagged: a preset amount by a tag, or a custom field. The
// event's name is not signed, so whatever the rule needs it finds in the body.

import * as z from 'zod/mini'
import { rule, type Rule } from '../domain/rule.ts'
import { nameProblems } from './option-problems.ts'
import { settingsOf, type RuleSettings } from './rule-settings.ts'
import { emailCustomer, externalCustomer, nativeId } from './sender-fields.ts'
import {
  NO_COMMAS,
  requestedCredit,
  TAGGED_REQUEST_OPTIONS,
  taggedRequestProblems,
  type TaggedRequestOptions,
} from './tagged-request.ts'

const payload = z.object({
  id: nativeId,
  tags: z.array(z.object({ tag: z.string() })),
  customFields: z.nullish(z.array(z.object({ name: z.string(), text: z.nullish(z.string()) }))),
  primaryCustomer: z.nullish(z.object({ email: z.nullish(z.string()) })),
})

export type HelpscoutTagCreditOptions = RuleSettings &
  TaggedRequestOptions & {
    /** Names of custom fields. Without `amountField` only presets are read. */
    readonly amountField?: string
    readonly currencyField?: string
    /** With your own customer's number; without it, the e-mail address is looked up. */
    readonly customerField?: string
  }

const FIELDS = ['amountField', 'currencyField', 'customerField']

/**
 * Caused by an agent: customers can neither tag nor fill in custom fields. A workflow that tags by
 * what a customer wrote would change that.
 */
export function helpscoutTagCredit(options: HelpscoutTagCreditOptions): Rule {
  const settings = settingsOf(options, [...TAGGED_REQUEST_OPTIONS, ...FIELDS])
  const { amountField, currencyField, customerField } = options
  return rule({
    id: 'helpscout-tag-credit',
    source: 'helpscout',
    on: ['convo.tags', 'convo.custom-fields'],
    settlement: 'owed',
    reason: 'goodwill',
    causedBy: 'agent',
    ...settings,
    problems: [
      ...settings.problems,
      ...nameProblems(options, [], FIELDS),
      ...taggedRequestProblems(options, NO_COMMAS, amountField !== undefined),
    ],
    payload,
    adjust(conversation) {
      const { id, tags, customFields, primaryCustomer } = conversation
      const textOf = (wanted: string | undefined) =>
        customFields?.find(({ name }) => name === wanted)?.text
      return requestedCredit(
        {
          tags: tags.map(({ tag }) => tag),
          typed: textOf(amountField),
          currency: textOf(currencyField),
          field: `customFields: ${[amountField, currencyField].join(' ').trim()}`,
          fields: {
            subject: `conversation:${id}`,
            customer:
              externalCustomer(textOf(customerField)) ?? emailCustomer(primaryCustomer?.email),
          },
        },
        options,
      )
    },
  })
}
