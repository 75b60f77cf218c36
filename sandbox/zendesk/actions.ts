// The actions of macros and triggers that change a ticket, and what each makes of it.
import * as z from 'zod'
import type { Problem } from './answers.ts'
import { ACTIONS_MAX, TEXT_CHARACTERS_MAX, TITLE_CHARACTERS_MAX } from './limits.ts'
import { PRIORITIES, STATUSES } from './shapes.ts'
import type { Action } from './shapes.ts'
import type { Change } from './ticket-change.ts'

const word = z.string().max(TEXT_CHARACTERS_MAX)

export const actions = z
  .array(
    z.strictObject({
      field: z.string().min(1).max(TITLE_CHARACTERS_MAX),
      value: z.union([word, z.array(word).min(1).max(2)]),
    }),
  )
  .min(1)
  .max(ACTIONS_MAX)

const CUSTOM_FIELD = /^custom_fields_(\d{1,15})$/
const TAG_FIELDS = ['current_tags', 'set_tags', 'remove_tags']

/** Tags are written with blanks between them. */
export const tagsIn = (text: string): string[] => text.toLowerCase().split(/\s+/).filter(Boolean)

const textOf = ({ value }: Action): string =>
  typeof value === 'string' ? value : (value.at(-1) ?? '')

/** Why the action is none that the sandbox knows; null where it is one. `more`: what else may stand there. */
export function actionProblem(action: Action, more: readonly string[]): Problem | null {
  const { field } = action
  const isKnown = [...TAG_FIELDS, ...more].includes(field) || CUSTOM_FIELD.test(field)
  const value = textOf(action)
  if (field === 'status' || field === 'priority') {
    const values: readonly string[] = field === 'status' ? STATUSES : PRIORITIES
    return values.includes(value)
      ? null
      : { field: 'actions', description: `Action ${field}: ${value} is none of its values` }
  }
  return isKnown ? null : { field: 'actions', description: `Action: ${field} is not known here` }
}

/** What the actions change together, one after the other, of a ticket with these tags. */
export function changeBy(list: readonly Action[], tags: readonly string[]): Change {
  let change: Change = {}
  let now = tags
  let isPublic = true
  for (const action of list) {
    const { field } = action
    const text = textOf(action)
    const custom = CUSTOM_FIELD.exec(field)?.[1]
    if (field === 'set_tags') now = tagsIn(text)
    if (field === 'current_tags') now = [...now, ...tagsIn(text)]
    if (field === 'remove_tags') now = now.filter((tag) => !tagsIn(text).includes(tag))
    if (TAG_FIELDS.includes(field)) change = { ...change, tags: now }
    const status = STATUSES.find((one) => one === text)
    if (field === 'status' && status) change = { ...change, status }
    const priority = PRIORITIES.find((one) => one === text)
    if (field === 'priority' && priority) change = { ...change, priority }
    if (field === 'subject') change = { ...change, subject: text }
    if (field === 'comment_value') change = { ...change, comment: { body: text, public: isPublic } }
    if (field === 'comment_mode_is_public') isPublic = text === 'true'
    if (custom !== undefined) {
      const set = { id: Number(custom), value: text === '' ? null : text }
      change = { ...change, fields: [...(change.fields ?? []), set] }
    }
  }
  const { comment } = change
  return comment === undefined ? change : { ...change, comment: { ...comment, public: isPublic } }
}
