// One step of an erasure reads so many bytes at most: a query that D1 ends would come to no end for ever.

import { env } from 'cloudflare:workers'
import { expect, it } from 'vitest'
import { nextEvents, type EventRange } from '../../src/db/read-erasable-events.ts'
import { erasedCustomer } from '../../src/domain/erasure.ts'
import { ERASURE_BYTES_READ_MAX } from '../../src/domain/limits.ts'
import { createWorld } from '../world.ts'

it('a page of events ends at so many bytes, has one at least, and none is left out', async () => {
  const { deps } = await createWorld()
  const chars = 900_000
  await env.DB.batch([
    env.DB.prepare(
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10)
       INSERT INTO events (id, delivery_id, endpoint, account, source, type, received_at, commitment,
         fate, decision)
       SELECT 'evt_large' || i, 'd', 'e', 'a', 's', 't', 1, 'c', 'ignored', '{}' FROM n`,
    ),
    env.DB.prepare(
      `INSERT INTO payloads SELECT seq, 'utf8',
         '{"mail":"JO@acme.example","more":"' || replace(hex(zeroblob(${chars / 2})), '0', 'a') || '"}', 1, NULL
       FROM events WHERE id LIKE 'evt_large%'`,
    ),
  ])
  const customer = erasedCustomer([], ['jo@acme.example'])
  const pages: string[][] = []
  let after: number | null = 0
  while (after !== null) {
    const range: EventRange = { after, through: 1_000_000, only: null }
    const page = await nextEvents(deps.db, customer, range, ['jo@acme.example'])
    after = page.last
    if (after !== null) pages.push(page.candidates.map(({ id }) => id))
  }
  const most = Math.floor(ERASURE_BYTES_READ_MAX / chars)
  expect(pages.map((page) => page.length)).toEqual([most, most, 10 - 2 * most])
  expect(new Set(pages.flat()).size).toBe(10)
  const range = { after: 0, through: 1_000_000, only: null }
  expect((await nextEvents(deps.db, customer, range, ['somebody'])).candidates).toEqual([])
})
