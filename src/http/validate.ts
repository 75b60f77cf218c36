import { zValidator } from '@hono/zod-validator'
import * as z from 'zod'
import { PAGE_ROWS_DEFAULT, PAGE_ROWS_MAX } from '../domain/limits.ts'
import { fail } from './answers.ts'

/** A page of a list: `limit` 1–100, and the `nextCursor` of the page before. */
const pageQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(PAGE_ROWS_MAX).default(PAGE_ROWS_DEFAULT),
  cursor: z
    .string()
    .regex(/^[1-9]\d{0,14}$/, 'not a cursor of this list')
    .transform(Number)
    .optional(),
})

export const validPage = zValidator('query', pageQuery, (result, c) => {
  if (result.success) return
  const [issue] = result.error.issues
  const unknown = issue?.code === 'unrecognized_keys' ? issue.keys[0] : undefined
  const param = unknown ?? issue?.path.join('.') ?? ''
  return fail(c, {
    status: 400,
    type: 'validation_error',
    code: 'validation_error',
    message: unknown ? `${param}: there is no such parameter` : `${param}: ${issue?.message}`,
    param,
  })
})
