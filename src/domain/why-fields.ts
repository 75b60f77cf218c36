// The fields that a rule read of an event, as a flat list that fits on a screen.

import { WHY_FIELD_CHARS_MAX, WHY_FIELD_STEPS_MAX, WHY_FIELDS_MAX } from './limits.ts'
import { oneLine } from './text.ts'

export type FieldValue = string | number | boolean | null

/** By path, such as `data.object.amount`; long values are cut, and so is a long list. */
export function fieldsOf(read: unknown): Readonly<Record<string, FieldValue>> {
  const fields: [string, FieldValue][] = []
  collect(read, [], fields)
  return Object.fromEntries(fields)
}

function collect(value: unknown, path: readonly string[], fields: [string, FieldValue][]): void {
  if (fields.length >= WHY_FIELDS_MAX || value === undefined) return
  const isNested = typeof value === 'object' && value !== null
  if (isNested && path.length < WHY_FIELD_STEPS_MAX) {
    for (const [name, inner] of Object.entries(value)) collect(inner, [...path, name], fields)
    return
  }
  if (path.length === 0) return
  fields.push([oneLine(path.join('.'), WHY_FIELD_CHARS_MAX), isNested ? '…' : shown(value)])
}

function shown(value: unknown): FieldValue {
  const isPlain = typeof value === 'number' || typeof value === 'boolean' || value === null
  return isPlain ? value : oneLine(String(value), WHY_FIELD_CHARS_MAX)
}
