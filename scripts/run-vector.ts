// One vector through the function that guards the door. The shape is that of test/fixtures/vectors.json.

import * as z from 'zod'
import { utf8 } from '../src/sources/bytes.ts'
import { openDelivery } from '../src/sources/open-delivery.ts'
import { VECTOR_ENDPOINTS } from './vector-endpoints.ts'

const publicKey = z.object({ kty: z.literal('RSA'), n: z.string(), e: z.string(), kid: z.string() })

const vectorSchema = z.object({
  provider: z.string(),
  name: z.string(),
  secret: z.string(),
  headers: z.record(z.string(), z.string()),
  body: z.string(),
  url: z.string().optional(),
  method: z.string().optional(),
  expect: z.enum(['valid', 'invalid']),
  nowMs: z.number(),
  note: z.string().optional(),
  params: z
    .object({
      kind: z.string().exactOptional(),
      header: z.string().exactOptional(),
      organizationId: z.string().exactOptional(),
      channel_id: z.string().exactOptional(),
    })
    .optional(),
  jwks: z.object({ keys: z.array(publicKey) }).optional(),
})

export type Vector = z.infer<typeof vectorSchema>

/** Throws where the text is no list of vectors. */
export const readVectors = (text: string): Vector[] => z.array(vectorSchema).parse(JSON.parse(text))

export type VectorOutcome = {
  /** `policy`: the vector itself says that it depends on a choice of the receiver's. */
  readonly verdict: 'agrees' | 'disagrees' | 'policy' | 'unknown source'
  /** `valid`, or why it is refused. */
  readonly ours: string
}

const isPolicy = ({ note }: Vector): boolean => note?.startsWith('POLICY') === true

/** What the function at the door is asked with; null where the source of a vector is unknown. */
export function requestOf(vector: Vector) {
  const endpoint = VECTOR_ENDPOINTS.get(vector.provider)?.(vector.params ?? {})
  if (!endpoint) return null
  const url = vector.url ?? `https://makegood.example/webhooks/${vector.provider}`
  const request = {
    method: vector.method ?? 'POST',
    url,
    headers: new Headers(vector.headers),
    body: utf8(vector.body),
    // The vectors' addresses are `/in/<source>`, and a secret may stand behind it.
    pathToken: new URL(url).pathname.split('/')[3] ?? null,
  }
  return { endpoint, request, keys: vector.jwks?.keys ?? [] }
}

export async function runVector(vector: Vector): Promise<VectorOutcome> {
  const asked = requestOf(vector)
  if (!asked) return { verdict: 'unknown source', ours: '' }
  const { endpoint, request, keys } = asked
  const opened = await openDelivery(endpoint, [vector.secret], request, vector.nowMs, keys)
  const ours = opened.ok ? 'valid' : opened.error.reason
  if (isPolicy(vector)) return { verdict: 'policy', ours }
  const agrees = opened.ok === (vector.expect === 'valid')
  return { verdict: agrees ? 'agrees' : 'disagrees', ours }
}
