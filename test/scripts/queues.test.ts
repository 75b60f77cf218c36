// What stands in wrangler.toml of the queues is what the code is made for.

import * as fs from 'node:fs'
import * as path from 'node:path'
import { expect, it } from 'vitest'
import { ROOT } from '../../scripts/project.ts'
import { QUEUE_BATCH_MESSAGES_MAX, QUEUE_CONSUMERS_MAX } from '../../src/domain/limits.ts'

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
