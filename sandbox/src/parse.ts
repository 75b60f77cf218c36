// Reads bodies and queries with zod and answers the vendor's validation_error, field by field.
import * as z from 'zod'
import { err, ok } from '../../src/domain/result.ts'
import type { Result } from '../../src/domain/result.ts'
import { refusal } from './answer.ts'
import type { Answer } from './answer.ts'
import { METADATA_LEVELS_MAX, PAGE_ROWS_DEFAULT, PAGE_ROWS_MAX } from './limits.ts'
import { TEXT_CHARACTERS_MAX } from './limits.ts'

export const text = z.string().min(1).max(TEXT_CHARACTERS_MAX)

/** Whether lists and objects lie in one another deeper than `levels`; looks no deeper than that. */
function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  return levels === 0 || Object.values(value).some((inner) => isDeeper(inner, levels - 1))
}

/** Looked at before zod's record is, which would drop a key named `__proto__` without a word. */
export const metadata = z
  .unknown()
  .superRefine((value, context) => {
    if (typeof value !== 'object' || value === null) return
    if (Object.hasOwn(value, '__proto__')) {
      context.addIssue({ code: 'custom', path: ['__proto__'], message: 'is no name for a field' })
    }
    if (isDeeper(value, METADATA_LEVELS_MAX)) {
      const message = `must have at most ${METADATA_LEVELS_MAX} levels`
      context.addIssue({ code: 'custom', message })
    }
  })
  .pipe(z.record(z.string(), z.unknown()))

export const page = z.object({
  cursor: text.optional(),
  limit: z.coerce.number().int().min(1).max(PAGE_ROWS_MAX).default(PAGE_ROWS_DEFAULT),
})

export function parse<T>(schema: z.ZodType<T>, value: unknown): Result<T, Answer> {
  const parsed = schema.safeParse(value)
  if (parsed.success) return ok(parsed.data)
  const fields = parsed.error.issues.map((issue) => ({
    field: issue.path.join('.') || 'body',
    message: issue.message,
  }))
  return err(refusal('validation_error', 'The request is not valid', fields))
}

/** A refusal that names one field. */
export function invalid(field: string, message: string): Answer {
  return refusal('validation_error', message, [{ field, message }])
}
