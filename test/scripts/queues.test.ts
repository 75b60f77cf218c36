// What stands in wrangler.toml of the queues and of the limits of calls is what the code is made for.

import * as fs from 'node:fs'
import * as path from 'node:path'
import { expect, it } from 'vitest'
import { ROOT } from '../../scripts/project.ts'
import { QUEUE_BATCH_MESSAGES_MAX, QUEUE_CONSUMERS_MAX } from '../../src/domain/limits.ts'
import {
  API_CALLS_MAX,
  API_CALLS_SECONDS,
  API_STRANGERS_MAX,
  API_STRANGERS_SECONDS,
} from '../../src/domain/limits-api.ts'
import { LINK_MISSES_MAX, LINK_MISSES_SECONDS } from '../../src/domain/limits-links.ts'

it.each([
  ['LINK_MISSES', LINK_MISSES_MAX, LINK_MISSES_SECONDS],
  ['API_CALLS', API_CALLS_MAX, API_CALLS_SECONDS],
  ['API_STRANGERS', API_STRANGERS_MAX, API_STRANGERS_SECONDS],
])('%s: so many within so many seconds as the limits say', (name, limit, period) => {
  const toml = fs.readFileSync(path.join(ROOT, 'wrangler.toml'), 'utf8')
  const [, bound = ''] = new RegExp(`^name = "${name}"\n([^[]*)`, 'm').exec(toml) ?? []
  expect(bound).toContain(`simple = { limit = ${limit}, period = ${period} }`)
  // Cloudflare knows no other periods.
  expect([10, 60]).toContain(period)
})

it('no limit counts together with another, in staging neither, whose numbers are one more', () => {
  const toml = fs.readFileSync(path.join(ROOT, 'wrangler.toml'), 'utf8')
  const numbers = [...toml.matchAll(/^namespace_id = "(\d+)"$/gm)].map(([, id]) => Number(id))
  expect(numbers).toHaveLength(3)
  expect(new Set(numbers.flatMap((id) => [id, id + 1])).size).toBe(6)
})

/** A Worker waits for a seventh connection, which would use up a call's deadline. */
const CONNECTIONS_MAX = 6

it('as many adjustments are issued at once as the limits say, and no call waits for a connection', () => {
  const toml = fs.readFileSync(path.join(ROOT, 'wrangler.toml'), 'utf8')
  const [, consumer = ''] =
    /queue = "makegood-adjustments"\n([^[]*max_batch_size[^[]*)/.exec(toml) ?? []
  const numberOf = (key: string) => Number(new RegExp(`^${key} = (\\d+)$`, 'm').exec(consumer)?.[1])
  expect(numberOf('max_batch_size')).toBe(QUEUE_BATCH_MESSAGES_MAX)
  expect(numberOf('max_concurrency')).toBe(QUEUE_CONSUMERS_MAX)
  expect(QUEUE_BATCH_MESSAGES_MAX).toBeLessThan(CONNECTIONS_MAX)
  expect(consumer).toContain('dead_letter_queue = "makegood-adjustments-dead"')
})
