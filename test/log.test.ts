// What is logged of something thrown.

import { env } from 'cloudflare:workers'
import { drizzle } from 'drizzle-orm/d1'
import { sql } from 'drizzle-orm'
import { expect, it } from 'vitest'
import { thrownFields } from '../src/log.ts'

const thrownBy = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => null,
    (error: unknown) => error,
  )

const MESSAGE = /^D1_ERROR: NOT NULL constraint failed: payloads\.body: SQLITE_CONSTRAINT/
const INSERT =
  "INSERT INTO payloads (event_seq, encoding, body, is_whole) SELECT 1, 'utf8', NULL, 1"

it('what D1 refuses is named by its own code, though D1 gives a cause without it', async () => {
  const error = await thrownBy(env.DB.batch([env.DB.prepare(INSERT)]))
  expect(error).toHaveProperty('cause.message', expect.not.stringContaining('D1_ERROR'))
  expect(thrownFields(error)).toEqual({ error: 'Error', message: expect.stringMatching(MESSAGE) })
})

it('of what Drizzle throws, the bound parameters are not logged, and D1’s code is', async () => {
  const bound = 'of-a-customer'
  const query = sql`INSERT INTO payloads (event_seq, encoding, body, is_whole) SELECT 1, ${bound}, NULL, 1`
  const error = await thrownBy(drizzle(env.DB).run(query))
  expect(String(error)).toContain(bound)
  expect(thrownFields(error)).toEqual({ error: 'Error', message: expect.stringMatching(MESSAGE) })
})

it('another error’s message is not logged, nor that of its cause', () => {
  const error = new Error('re_1 of Ms Miller', { cause: new Error('re_1') })
  expect(thrownFields(error)).toEqual({ error: 'Error', message: '' })
  expect(thrownFields('re_1')).toEqual({ error: 'not an Error', message: '' })
})
