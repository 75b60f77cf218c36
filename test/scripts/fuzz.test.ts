// Malformed deliveries through the function that guards the door, for as long as a test may take; the
// same with a million of them is `npm run fuzz -- --count 1000000`.

import { expect, it } from 'vitest'
import { fuzz } from '../../scripts/fuzz-deliveries.ts'
import { brokenBody, randomFrom } from '../../scripts/fuzz-requests.ts'
import { readVectors } from '../../scripts/run-vector.ts'
import vectors from '../fixtures/vectors.json' with { type: 'json' }

const VECTORS = readVectors(JSON.stringify(vectors))
const REQUESTS = 50_000
/** Far above what a body of several megabytes takes here, far below what a sender waits. */
const SLOWEST_MS_MAX = 2_500

it(`of ${REQUESTS} malformed deliveries, none throws, takes long, or is believed`, async () => {
  const seed = Date.now() % 1_000_000
  console.info(`seed ${seed}`)
  const report = await fuzz(VECTORS, seed, REQUESTS)
  console.info(Object.fromEntries(report.outcomes), report.slowestMs, report.slowestBodyBytes)
  expect(report.slowestMs).toBeLessThan(SLOWEST_MS_MAX)
  // All the ways were gone: read, kept though it can't be read, and refused for the body alone.
  for (const outcome of ['opened', 'unreadable not_json', 'unreadable not_utf8']) {
    expect(report.outcomes.get(outcome)).toBeGreaterThan(100)
  }
  expect(report.outcomes.get('refused signature_mismatch')).toBeGreaterThan(1_000)
}, 180_000)

it('the same seed draws the same bodies', () => {
  const draw = (seed: number) => {
    const random = randomFrom(seed)
    return Array.from({ length: 200 }, () => brokenBody('{"id":"a","type":"b"}', random).toHex())
  }
  expect(draw(7)).toEqual(draw(7))
  expect(draw(7)).not.toEqual(draw(8))
})
