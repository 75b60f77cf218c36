// A request of Jira Service Management with an amount field. Every later change of the issue is
// sent as well, so the change log says whether this one asks: by default the one that sets the
// amount.

import * as z from 'zod/mini'
import { credit, ignore, rule, type Rule } from '../domain/rule.ts'
import { choiceProblems, nameProblems } from './option-problems.ts'
import { settingsOf, type RuleSettings } from './rule-settings.ts'
import {
  externalCustomer,
  nativeId,
  onlyFields,
  sourceCustomer,
  textOrNull,
} from './sender-fields.ts'
import { heldAsCustomers } from './ticket-template.ts'
import {
  isBlank,
  TYPED_AMOUNT_OPTIONS,
  typedAmount,
  typedAmountProblems,
  unreadableAmount,
  type TypedAmountOptions,
} from './typed-amount.ts'

const payloadWith = (names: readonly (string | undefined)[]) =>
  z.object({
    user: z.nullish(
      z.object({
        accountId: z.nullish(z.string()),
        accountType: z.nullish(z.string()),
        emailAddress: z.nullish(z.string()),
      }),
    ),
    issue: z.object({ id: nativeId, fields: onlyFields(names) }),
    changelog: z.nullish(
      z.object({ items: z.array(z.object({ fieldId: z.nullish(z.string()) })) }),
    ),
  })
type Issue = z.output<ReturnType<typeof payloadWith>>

/** Fields of the issue, each read only where it has this shape. */
const choice = z.object({ value: z.string() })
const status = z.object({ statusCategory: z.object({ key: z.string() }) })
const organizations = z.array(z.object({ id: nativeId }))
const reporter = z.object({ accountId: z.string() })

const WHEN = ['amount_set', 'done'] as const

export type JiraFieldCreditOptions = RuleSettings &
  TypedAmountOptions & {
    /** Id of the amount's field, such as 'customfield_10050'. */
    readonly amountField: string
    /** Id of a list or text field; without it, `currency` is wanted. */
    readonly currencyField?: string
    /** Id of a text field with your own customer's number. */
    readonly customerField?: string
    /** Id of the organizations' field; default 'customfield_10002', but it differs by site. */
    readonly organizationField?: string
    /** `done`: when the issue is resolved, whoever set the amount. Default 'amount_set'. */
    readonly when?: (typeof WHEN)[number]
  }

const FIELDS = ['currencyField', 'customerField', 'organizationField']
const OWN_OPTIONS = [...TYPED_AMOUNT_OPTIONS, 'amountField', ...FIELDS, 'when']

/**
 * Caused by an agent, as long as the amount's field is on no portal form: put it on the agents'
 * screen only. What a portal customer sets himself is held; with `when: 'done'` an agent's
 * resolving would hide that the customer had filled it in.
 */
export function jiraFieldCredit(options: JiraFieldCreditOptions): Rule {
  const settings = settingsOf(options, OWN_OPTIONS)
  const { amountField, currencyField } = options
  const problems = nameProblems(options, ['amountField'], FIELDS)
  if (currencyField === undefined && options.currency === undefined) {
    problems.push('currency: neither it nor currencyField says in what the amount is')
  }
  return rule({
    id: 'jira-field-credit',
    source: 'jira',
    on: ['jira:issue_updated'],
    settlement: 'owed',
    reason: 'goodwill',
    causedBy: 'agent',
    ...settings,
    problems: [
      ...settings.problems,
      ...problems,
      ...choiceProblems('when', options.when, WHEN),
      ...typedAmountProblems(options),
    ],
    payload: payloadWith(namesOf(options)),
    adjust(event) {
      const { fields } = event.issue
      const typed = fields[amountField]
      if (isBlank(typed)) return ignore('no_amount')
      if (!isAsking(event, options)) return ignore('other_change')
      const code = currencyField === undefined ? null : textIn(fields[currencyField])
      const money = typedAmount(typed, code, options)
      if (!money.ok) {
        return unreadableAmount(money.error, [amountField, currencyField].join(' ').trim())
      }
      const asked = credit(money.value, {
        subject: `issue:${event.issue.id}`,
        customer: customerOf(fields, options),
        asker: textOrNull(event.user?.emailAddress) ?? textOrNull(event.user?.accountId),
      })
      return event.user?.accountType === 'customer' ? heldAsCustomers(asked) : asked
    },
  })
}

const ORGANIZATIONS = 'customfield_10002'

const namesOf = (options: JiraFieldCreditOptions) => {
  const { amountField, currencyField, customerField, organizationField = ORGANIZATIONS } = options
  return [amountField, currencyField, customerField, organizationField, 'status', 'reporter']
}

function isAsking({ changelog, issue }: Issue, options: JiraFieldCreditOptions): boolean {
  const changed = new Set(changelog?.items.map(({ fieldId }) => fieldId))
  if (options.when !== 'done') return changed.has(options.amountField)
  const state = status.safeParse(issue.fields['status']).data
  return changed.has('status') && state?.statusCategory.key === 'done'
}

const textIn = (field: unknown): unknown => choice.safeParse(field).data?.value ?? field

/**
 * Your own number, else the one organization, else the reporter; of several organizations nobody.
 */
function customerOf(fields: Issue['issue']['fields'], options: JiraFieldCreditOptions) {
  const { customerField = '', organizationField = ORGANIZATIONS } = options
  const own = externalCustomer(textIn(fields[customerField]))
  if (own) return own
  const [organization, ...more] = organizations.safeParse(fields[organizationField]).data ?? []
  if (more.length > 0) return null
  if (organization) return sourceCustomer(`organization:${organization.id}`)
  const account = reporter.safeParse(fields['reporter']).data?.accountId
  return account === undefined ? null : sourceCustomer(`account:${account}`)
}
