// The shapes of Commet's feature catalog: its reference, version 2026-07-11, and @commet/node 7.10.0.

import * as z from 'zod/mini'

/** Answer of every features call. `type` is a plain string: the vendor may add a kind of feature. */
export const feature = z.object({
  object: z.literal('feature'),
  livemode: z.boolean(),
  id: z.string().check(z.minLength(1)),
  name: z.string(),
  code: z.string().check(z.minLength(1)),
  type: z.string().check(z.minLength(1)),
  description: z.nullable(z.string()),
  unitName: z.nullable(z.string()),
  createdAt: z.string(),
  updatedAt: z.string(),
})
export type Feature = z.infer<typeof feature>

/** Answer of `GET /features`: the SDK gives this list no cursor and no limit. */
export const featureList = z.array(feature)

/** Body of `POST /features/manage`. */
export const featureRequest = z.object({
  name: z.string().check(z.minLength(1)),
  code: z.string().check(z.minLength(1)),
  type: z.enum(['boolean', 'usage', 'seats', 'quota']),
  description: z.exactOptional(z.string()),
  unitName: z.exactOptional(z.string()),
})
export type FeatureRequest = z.infer<typeof featureRequest>

/** Body of `PUT /features/{code}/manage`; Commet refuses one without any field. */
export const featureChange = z.object({
  name: z.exactOptional(z.string().check(z.minLength(1))),
  description: z.exactOptional(z.nullable(z.string())),
  unitName: z.exactOptional(z.nullable(z.string())),
})
export type FeatureChange = z.infer<typeof featureChange>
