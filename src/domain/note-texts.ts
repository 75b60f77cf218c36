// Texts of one's own for notices, in place of the usual ones: three lines with named fields. What is out of the
// ordinary (answered otherwise, void, not marked paid) always keeps its usual text, which says so.

import { NOTE_FIELD_CHARS_MAX, NOTE_LINE_CHARS_MAX } from './limits.ts'
import { oneLine } from './text.ts'
import { unknownFields } from './unknown-fields.ts'

const ASKED = ['word', 'amount', 'customer'] as const
const INVOICED = [...ASKED, 'invoice', 'link'] as const

/** The closed list of fates that have a text, and the fields of each. */
export const NOTE_FIELDS = {
  on_its_way: ASKED,
  delayed: ASKED,
  issued: INVOICED,
  recorded: [...INVOICED, 'source'],
  waiting: [...ASKED, 'whom', 'why'],
  failed: ASKED,
  rejected: [...ASKED, 'note'],
  expired: ASKED,
  cancelled: ASKED,
  already_credited: INVOICED,
  conflict: ASKED,
  undecided: ['reason', 'field'],
} as const satisfies Readonly<Record<string, readonly string[]>>

export type NoteName = keyof typeof NOTE_FIELDS
type NoteField = (typeof NOTE_FIELDS)[NoteName][number]
export type NoteLines = readonly [outcome: string, document: string, customer: string]
/** `{ issued: ['{word} of {amount} …', 'PDF: {link}', 'To the customer: …'] }` */
export type NoteTexts = Readonly<Partial<Record<NoteName, NoteLines>>>

const LINES = 3
const FIELD = /\{([^{}]*)\}/g

const isNoteName = (name: string): name is NoteName => Object.hasOwn(NOTE_FIELDS, name)

/** What is wrong with them, a line each; TypeScript says some of it as well. */
export function noteTextProblems(texts: NoteTexts): string[] {
  const names = Object.keys(texts).filter(isNoteName)
  return [
    ...unknownFields(texts, Object.keys(NOTE_FIELDS), 'texts.'),
    ...names.flatMap((name) => linesProblems(name, texts[name])),
  ]
}

function linesProblems(name: NoteName, lines: unknown): string[] {
  const isLines = Array.isArray(lines) && lines.length === LINES
  if (!isLines || !lines.every((line) => typeof line === 'string')) {
    return [
      `texts.${name}: ${LINES} lines are wanted: what became of it, the document, the customer`,
    ]
  }
  return lines.flatMap((line, position) =>
    lineProblems(line, NOTE_FIELDS[name]).map(
      (problem) => `texts.${name}[${position}]: ${problem}`,
    ),
  )
}

function lineProblems(line: string, known: readonly string[]): string[] {
  const list = known.map((field) => `{${field}}`).join(', ')
  const problems = [...line.matchAll(FIELD)]
    .map(([, field = '']) => field)
    .filter((field) => !known.includes(field))
    .map((field) => `{${field}} is not known; known are ${list}`)
  if (/[{}]/.test(line.replaceAll(FIELD, ''))) {
    problems.push('a brace without its other one; a field is written {amount}')
  }
  if (line !== oneLine(line, NOTE_LINE_CHARS_MAX) || line === '') {
    problems.push(`a text on one line is wanted, of 1 to ${NOTE_LINE_CHARS_MAX} characters`)
  }
  return problems
}

export type NoteValues = Readonly<Partial<Record<NoteField, string | null>>>

/**
 * Null where there is no such text, or one of its fields is not known now: then the usual one is told. What a
 * field holds stays on its line and is never read as a field; each channel escapes the whole for its own markup.
 */
export function ownNote(
  texts: NoteTexts,
  name: NoteName | null,
  values: NoteValues,
): readonly string[] | null {
  const lines = name === null ? undefined : texts[name]
  if (lines === undefined) return null
  const known = new Map<string, string | null | undefined>(Object.entries(values))
  const named = lines.flatMap((line) => [...line.matchAll(FIELD)].map(([, field = '']) => field))
  if (named.some((field) => (known.get(field) ?? null) === null)) return null
  return lines.map((line) =>
    line.replaceAll(FIELD, (_, field: string) =>
      oneLine(known.get(field) ?? '', NOTE_FIELD_CHARS_MAX),
    ),
  )
}
