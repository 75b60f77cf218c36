// The tags on which the Zendesk rules of a configuration have to agree: what one of them leaves to another
// under a tag, that one has to read under the same tag, or it is lost.

import * as z from 'zod/mini'
import type { Rule } from '../domain/rule.ts'
import { APPROVAL_TAG_DEFAULT, UNDO_TAG_DEFAULT } from './zendesk-template.ts'

const CREDIT = 'zendesk-ticket-credit'
const UNDO = 'zendesk-credit-undo'
const APPROVAL = 'zendesk-approval'

const undoTag = z._default(z.string(), UNDO_TAG_DEFAULT)
const approvalTag = z._default(z.string(), APPROVAL_TAG_DEFAULT)
/** Of each rule its options that are such tags. */
const OPTIONS = {
  [CREDIT]: z.object({ requestTag: z.string(), undoTag, approvalTag }),
  [UNDO]: z.object({ undoTag }),
  [APPROVAL]: z.object({ tag: approvalTag, undoTag }),
} as const
type Id = keyof typeof OPTIONS

/** `meaning`: which tag of the configuration the option is. */
type Named = {
  readonly id: Id
  readonly option: string
  readonly meaning: 'requestTag' | 'undoTag' | 'approvalTag'
  readonly tag: string
}

const MEANINGS: Readonly<Record<string, Named['meaning']>> = {
  requestTag: 'requestTag',
  undoTag: 'undoTag',
  approvalTag: 'approvalTag',
  tag: 'approvalTag',
}

const isId = (id: string): id is Id => id in OPTIONS

/** A rule's text begins with the options that it was made with; one of the user's own has others. */
function namedBy(rule: Rule): readonly Named[] {
  const { id, text } = rule
  if (!isId(id)) return []
  const read = z.array(z.unknown()).safeParse(JSON.parse(text))
  const options = OPTIONS[id].safeParse(read.data?.[0])
  return Object.entries(options.data ?? {}).flatMap(([option, tag]) => {
    const meaning = MEANINGS[option]
    return meaning === undefined ? [] : [{ id, option, meaning, tag }]
  })
}

/** A line for each option whose tag is another than an earlier rule has for the same. */
export function zendeskTagDifferences(rules: readonly Rule[]): string[] {
  const first = new Map<string, Named>()
  return rules.flatMap((rule, position) =>
    namedBy(rule).flatMap((named) => {
      const { id, option, meaning, tag } = named
      const other = first.get(meaning)
      if (other === undefined) first.set(meaning, named)
      if (other === undefined || other.tag === tag) return []
      const elsewhere = `${other.id} has ${other.tag} as ${other.option}`
      return [
        `rules[${position}] (${id}).${option}: is ${tag}, but ${elsewhere}: name the same tag`,
      ]
    }),
  )
}

/** The tags by which a ticket asks for something that a configured rule reads. */
export function zendeskRequestTags(rules: readonly Rule[]): readonly string[] {
  const asks = (id: Id, meaning: Named['meaning']) =>
    rules
      .filter((rule) => rule.id === id)
      .flatMap(namedBy)
      .filter((named) => named.meaning === meaning)
      .map(({ tag }) => tag)
  return [...asks(CREDIT, 'requestTag'), ...asks(UNDO, 'undoTag'), ...asks(APPROVAL, 'approvalTag')]
}

const presets = z.object({ amounts: z.record(z.string(), z.unknown()) })

/** The tags that have an amount of their own. */
export const zendeskPresetTags = (rules: readonly Rule[]): readonly string[] =>
  rules
    .filter(({ id }) => id === CREDIT)
    .flatMap(({ text }) => {
      // What a rule was made with stands first in its text.
      const [options]: readonly unknown[] = JSON.parse(text)
      return Object.keys(presets.safeParse(options).data?.amounts ?? {})
    })
