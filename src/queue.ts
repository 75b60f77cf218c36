// Consumers of the queues. A queue is only an alarm clock: every message is acknowledged, whatever
// came of it, since D1 alone counts attempts and the sweep wakes what is left.

import { commitEntry } from './db/commit.ts'
import type { WakeUp } from './domain/wake-up.ts'
import type { Deps } from './deps.ts'
import { thrownFields } from './log.ts'
import { issueAdjustment } from './usecases/issue-adjustment.ts'

const DEAD_LETTER_SUFFIX = '-dead'

export async function consume(deps: Deps, batch: MessageBatch<WakeUp>): Promise<void> {
  const handle = batch.queue.endsWith(DEAD_LETTER_SUFFIX) ? recordDeadLetter : issue
  await Promise.all(batch.messages.map((message) => handle(deps, message)))
}

async function issue(deps: Deps, message: Message<WakeUp>): Promise<void> {
  const { id } = message.body
  try {
    const result = await issueAdjustment(deps, message.body)
    deps.log({ event: 'message', queue: 'adjustments', adjustment: id, result })
  } catch (error) {
    deps.log({ event: 'alarm.message_threw', adjustment: id, ...thrownFields(error) })
  }
  message.ack()
}

/** Only a consumer that crashed leaves a dead letter. The adjustment is in D1 and will be swept. */
async function recordDeadLetter(deps: Deps, message: Message<WakeUp>): Promise<void> {
  const { id, version } = message.body
  try {
    await commitEntry(deps.db, {
      at: deps.now(),
      actor: 'system:dead-letters',
      action: 'adjustment.wake_up_lost',
      subject: id,
      data: { version },
    })
    deps.log({ event: 'alarm.wake_up_lost', adjustment: id })
    message.ack()
  } catch (error) {
    deps.log({ event: 'alarm.message_threw', adjustment: id, ...thrownFields(error) })
    message.retry()
  }
}
