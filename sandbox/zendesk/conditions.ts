// The conditions of triggers: all of one list and any of the other have to hold.
import * as z from 'zod'
import { tagsIn } from './actions.ts'
import type { Problem } from './answers.ts'
import { CONDITIONS_MAX, TEXT_CHARACTERS_MAX, TITLE_CHARACTERS_MAX } from './limits.ts'
import { STATUSES } from './shapes.ts'
import type { Condition, Conditions, Ticket, User } from './shapes.ts'

const condition = z.strictObject({
  field: z.string().min(1).max(TITLE_CHARACTERS_MAX),
  operator: z.string().max(TITLE_CHARACTERS_MAX).default('is'),
  value: z.string().max(TEXT_CHARACTERS_MAX).nullable().default(null),
})

const list = z.array(condition).max(CONDITIONS_MAX).default([])

export const conditionLists = { all: list, any: list }

/** What the sandbox knows; `status` with `value` means "changed to". */
const OPERATORS: Readonly<Record<string, readonly string[]>> = {
  current_tags: ['includes', 'not_includes'],
  update_type: ['is'],
  role: ['is', 'is_not'],
  status: [
    'is',
    'is_not',
    'changed',
    'not_changed',
    'value',
    'value_previous',
    'less_than',
    'greater_than',
  ],
}

/** Of the fields that know only some values. Whoever is no customer is an agent, an admin too. */
const VALUES: Readonly<Record<string, readonly string[]>> = {
  status: STATUSES,
  update_type: ['Create', 'Change'],
  role: ['agent', 'end_user'],
}
const WITHOUT_VALUE = ['changed', 'not_changed']

export function conditionProblem({ field, operator, value }: Condition): Problem | null {
  const refuse = (text: string) => ({
    field: 'conditions',
    description: `Condition ${field}: ${text}`,
  })
  const operators = OPERATORS[field]
  if (operators === undefined) return refuse('is not known here')
  if (!operators.includes(operator))
    return refuse(`${operator} is not one of ${operators.join(', ')}`)
  if (WITHOUT_VALUE.includes(operator)) return null
  const values = VALUES[field]
  if (values === undefined)
    return value === null || tagsIn(value).length === 0 ? refuse('no tag') : null
  return value !== null && values.includes(value) ? null : refuse(`${value} is none of its values`)
}

/** An update: the ticket before it (null: it is new), and as it is now; and who made it. */
export type Update = {
  readonly before: Ticket | null
  readonly after: Ticket
  readonly by: Pick<User, 'role'>
}

export function holds({ all, any }: Conditions, update: Update): boolean {
  const isMet = (one: Condition) => met(one, update)
  return all.every(isMet) && (any.length === 0 || any.some(isMet))
}

function met({ field, operator, value }: Condition, { before, after, by }: Update): boolean {
  switch (field) {
    case 'current_tags': {
      const found = tagsIn(value ?? '').some((tag) => after.tags.includes(tag))
      return operator === 'includes' ? found : !found
    }
    case 'update_type':
      return value === (before === null ? 'Create' : 'Change')
    case 'role':
      return (value === (by.role === 'end-user' ? 'end_user' : 'agent')) === (operator === 'is')
    case 'status':
      return statusMet(operator, value, before, after)
    default:
      return false
  }
}

function statusMet(
  operator: string,
  value: string | null,
  before: Ticket | null,
  after: Ticket,
): boolean {
  const isChanged = before?.status !== after.status
  switch (operator) {
    case 'is':
      return after.status === value
    case 'is_not':
      return after.status !== value
    case 'less_than':
      return rank(after.status) < rank(value)
    case 'greater_than':
      return rank(after.status) > rank(value)
    case 'changed':
      return isChanged
    case 'not_changed':
      return !isChanged
    case 'value':
      return isChanged && after.status === value
    case 'value_previous':
      return isChanged && before?.status === value
    default:
      return false
  }
}

/** From new to closed. */
const rank = (name: string | null): number => STATUSES.findIndex((status) => status === name)
