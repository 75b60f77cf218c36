// What the reference says of a call beyond what its handlers ask for: in words, what it answers, and how it refuses.

import * as z from 'zod/mini'
import type { ErrorCode } from './errors.ts'

export const REFUSING = [
  400, 401, 403, 404, 405, 409, 410, 412, 413, 415, 422, 429, 500, 503,
] as const
export type Refusing = (typeof REFUSING)[number]

export type Answer =
  /** In the envelope: `data` is the shape; a page of it; or a part of what goes on behind a cursor. */
  | { readonly as: 'one' | 'page' | 'part'; readonly shape: z.core.$ZodType }
  /** JSON without the envelope. */
  | { readonly as: 'json'; readonly shape: z.core.$ZodType }
  /** No JSON: these media types; none where nothing is in the body. */
  | { readonly as: 'other'; readonly types: readonly string[]; readonly says: string }

export type Operation = {
  /** One line: what it does. */
  readonly does: string
  /** Whatever a caller has to know beyond that. */
  readonly more?: string
  /** Parts of the path that are more than any text. */
  readonly params?: Readonly<Record<string, z.core.$ZodType>>
  /** Of its body and its query, by path: what the schemas do not say by themselves. */
  readonly fields?: Readonly<Record<string, string>>
  readonly answers: Readonly<Record<number, Answer | readonly Answer[]>>
  /** Beyond those that its key, scope, parameters and body make possible. */
  readonly errors?: { readonly [Status in Refusing]?: readonly ErrorCode[] }
  /** It is asked of the billing API, whose refusals go back as they came. */
  readonly isHandedOn?: boolean
  /** Answers an etag. */
  readonly hasTag?: boolean
  readonly example?: Example
}

/** A request that a test sends as it is; path parameters are filled in with what is there. */
export type Example = {
  readonly query?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
  /** A body that is no JSON. */
  readonly text?: { readonly type: string; readonly body: string }
}

/** By the app's own name of a route: `GET /api/v1/events/:id`. */
export type Operations = Readonly<Record<string, Operation>>

export const one = (shape: z.core.$ZodType, status = 200) => ({
  [status]: { as: 'one', shape } as const,
})
export const page = (shape: z.core.$ZodType) => ({ 200: { as: 'page', shape } as const })
/** 201 what is new, 200 what was there already. */
export const made = (shape: z.core.$ZodType) => ({ ...one(shape, 201), ...one(shape) })

// Words for shapes

/** Under its own name in the document. */
export function named<Shape extends z.core.$ZodType>(id: string, shape: Shape): Shape {
  z.globalRegistry.add(shape, { id })
  return shape
}

export const text = (description: string, example = 'text') =>
  z.string().check(z.meta({ description, examples: [example] }))

export const whole = (description: string, example = 1) =>
  z.int().check(z.meta({ description, examples: [example] }))

export const flag = (description: string, example = true) =>
  z.boolean().check(z.meta({ description, examples: [example] }))

export const time = (description: string, example = '2026-10-26T07:33:12.000Z') =>
  z.iso.datetime().check(z.meta({ description, examples: [example] }))

export const words = <const Words extends readonly [string, ...string[]]>(
  description: string,
  list: Words,
) => z.enum(list).check(z.meta({ description, examples: [list[0]] }))

const SAMPLE = '0123456789abcdefghjkmnpqrstvwxyz'

export const id = (prefix: 'evt' | 'adj' | 'lnk' | 'dsc' | 'era', description: string) =>
  z
    .string()
    .check(
      z.regex(new RegExp(`^${prefix}_[0-9a-z]{32}$`)),
      z.meta({ description, examples: [`${prefix}_${SAMPLE}`] }),
    )

/** Signed minor units. */
export const money = (description: string, example = -2500) => whole(description, example)
export const currency = z
  .string()
  .check(
    z.regex(/^[a-z]{3}$/),
    z.meta({ description: 'ISO 4217, small letters.', examples: ['usd'] }),
  )
