// Signed deliveries that the vendors' own packages made or checked, through the function that guards
// the door, by the code of `npm run vectors`.

import { expect, it } from 'vitest'
import { readVectors, runVector } from '../../scripts/run-vector.ts'
import { VECTOR_ENDPOINTS } from '../../scripts/vector-endpoints.ts'
import vectors from '../fixtures/vectors.json' with { type: 'json' }

const VECTORS = readVectors(JSON.stringify(vectors)).filter(({ provider }) =>
  VECTOR_ENDPOINTS.has(provider),
)

it.each(VECTORS.map((vector) => [`${vector.provider} ${vector.name}: ${vector.expect}`, vector]))(
  '%s',
  async (_, vector) => {
    const { verdict } = await runVector(vector)
    expect(['agrees', 'policy']).toContain(verdict)
  },
)

it('we decide where the vectors leave it to the receiver', async () => {
  const outcomes = await Promise.all(
    VECTORS.map(async (vector) => {
      const { verdict, ours } = await runVector(vector)
      return verdict === 'policy' ? [`${vector.provider} ${vector.name}: ${ours}`] : []
    }),
  )
  expect(outcomes.flat()).toContain('stripe future-timestamp-sdk-accepts: timestamp_ahead')
})
