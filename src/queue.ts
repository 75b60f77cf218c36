// Consumers of the queues. A queue is only an alarm clock: every message is acknowledged, whatever
// came of it, since D1 alone counts attempts and the sweep wakes what is left.

import type { WakeUp } from './domain/wake-up.ts'
import type { Deps } from './deps.ts'
import { thrownFields } from './log.ts'
import { issueAdjustment } from './usecases/issue-adjustment.ts'
import { postponeThrown } from './usecases/postpone-thrown.ts'
import { recordLostWakeUp } from './usecases/record-lost-wake-up.ts'

const DEAD_LETTER_SUFFIX = '-dead'

export async function consume(deps: Deps, batch: MessageBatch<WakeUp>): Promise<void> {
  const handle = batch.queue.endsWith(DEAD_LETTER_SUFFIX) ? recordDeadLetter : issue
  await Promise.all(batch.messages.map((message) => handle(deps, message)))
}

async function issue(deps: Deps, message: Message<WakeUp>): Promise<void> {
  const wakeUp = message.body
  try {
    const result = await issueAdjustment(deps, wakeUp)
    deps.log({ event: 'message', queue: 'adjustments', adjustment: wakeUp.id, result })
  } catch (error) {
    deps.log({ event: 'alarm.message_threw', adjustment: idOf(wakeUp), ...thrownFields(error) })
    await postponeThrown(deps, wakeUp).catch((second: unknown) => {
      deps.log({ event: 'alarm.message_threw', adjustment: idOf(wakeUp), ...thrownFields(second) })
    })
  }
  message.ack()
}

/** A message of ours always has one; what else could be in the queue must not stop its batch. */
const idOf = (wakeUp: WakeUp | null): string | null => wakeUp?.id ?? null

/** Only a consumer that crashed leaves a dead letter. The adjustment is in D1 and will be swept. */
async function recordDeadLetter(deps: Deps, message: Message<WakeUp>): Promise<void> {
  const wakeUp: WakeUp | null = message.body
  try {
    deps.log({ event: 'alarm.wake_up_lost', adjustment: idOf(wakeUp) })
    if (wakeUp) await recordLostWakeUp(deps, wakeUp)
    message.ack()
  } catch (error) {
    deps.log({ event: 'alarm.message_threw', adjustment: idOf(wakeUp), ...thrownFields(error) })
    message.retry()
  }
}
