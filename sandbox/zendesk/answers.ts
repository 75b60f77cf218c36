// What the Zendesk stand-in answers: successes by the name of what they hold, and refusals in the words
// of the vendor's API. `details` is a map of fields, as a record that is not valid has it.
import type * as z from 'zod'
import { err, ok } from '../../src/domain/result.ts'
import type { Result } from '../../src/domain/result.ts'
import type { Answer } from '../src/answer.ts'

export const shown = (body: unknown): Answer => ({ status: 200, body })
export const created = (body: unknown): Answer => ({ status: 201, body })
export const gone: Answer = { status: 204, body: null }

export const notFound: Answer = {
  status: 404,
  body: { error: 'RecordNotFound', description: 'Not found' },
}

export const noSuchEndpoint: Answer = {
  status: 404,
  body: { error: { title: 'InvalidEndpoint', message: 'Not found' } },
}

export const noJson: Answer = {
  status: 422,
  body: { error: 'Unprocessable Entity', message: 'Server could not parse JSON' },
}

export const conflict: Answer = {
  status: 409,
  body: {
    error: 'UpdateConflict',
    description:
      'Safe Update prevented the update due to outdated ticket data. Please fetch the latest ticket data and try again.',
  },
}

export type Problem = { readonly field: string; readonly description: string }

export function recordInvalid(...problems: readonly Problem[]): Answer {
  const details = Object.fromEntries(
    Object.entries(Object.groupBy(problems, ({ field }) => field)).map(([field, found]) => [
      field,
      (found ?? []).map(({ description }) => ({ description, error: 'InvalidValue' })),
    ]),
  )
  return {
    status: 422,
    body: { error: 'RecordInvalid', description: 'Record validation errors', details },
  }
}

/** Every field that is wrong is named; one that is not known here is refused, not left out in silence. */
export function parse<T>(schema: z.ZodType<T>, value: unknown): Result<T, Answer> {
  const parsed = schema.safeParse(value)
  if (parsed.success) return ok(parsed.data)
  const problems = parsed.error.issues.map(({ path, message }) => ({
    field: path.join('.') || 'base',
    description: message,
  }))
  return err(recordInvalid(...problems))
}

/** A number in the path or the query; null where it is none. */
export function readId(text: string): number | null {
  return /^\d{1,15}$/.test(text) ? Number(text) : null
}
