// Consumers of the queues. A queue is only an alarm clock: every message is acknowledged, whatever
// came of it, since D1 alone counts attempts and the sweep wakes what is left.

import type { NoticeWakeUp, WakeUp } from './domain/wake-up.ts'
import type { Deps } from './deps.ts'
import { thrownFields } from './log.ts'
import { issueAdjustment } from './usecases/issue-adjustment.ts'
import { postponeThrown } from './usecases/postpone-thrown.ts'
import { sendNotices } from './usecases/send-notices.ts'
import { recordLostWakeUp } from './usecases/record-lost-wake-up.ts'
import { wakeToTell } from './usecases/wake-committed.ts'

const DEAD_LETTER_SUFFIX = '-dead'

export async function consume(
  deps: Deps,
  batch: MessageBatch<WakeUp | NoticeWakeUp>,
): Promise<void> {
  await Promise.all(batch.messages.map((message) => handle(deps, batch.queue, message)))
}

/** What else could be in a queue has no form of ours; it must not stop its batch. */
function handle(deps: Deps, queue: string, message: Message<WakeUp | NoticeWakeUp>): Promise<void> {
  const { body } = message
  if (typeof body === 'object' && body !== null && 'about' in body) {
    return tell(deps, message, body)
  }
  return queue.endsWith(DEAD_LETTER_SUFFIX)
    ? recordDeadLetter(deps, message, body)
    : issue(deps, message, body)
}

/** A notice that throws keeps its lease's time in D1, and is tried again when that is over. */
async function tell(deps: Deps, message: Message, { about }: NoticeWakeUp): Promise<void> {
  try {
    const result = await sendNotices(deps, about)
    deps.log({ event: 'message', queue: 'notices', about, result })
  } catch (error) {
    deps.log({ event: 'alarm.message_threw', about, ...thrownFields(error) })
  }
  message.ack()
}

async function issue(deps: Deps, message: Message, wakeUp: WakeUp): Promise<void> {
  try {
    const result = await issueAdjustment(deps, wakeUp)
    deps.log({ event: 'message', queue: 'adjustments', adjustment: wakeUp.id, result })
    await wakeToTell(deps, wakeUp.id)
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
async function recordDeadLetter(
  deps: Deps,
  message: Message,
  wakeUp: WakeUp | null,
): Promise<void> {
  try {
    deps.log({ event: 'alarm.wake_up_lost', adjustment: idOf(wakeUp) })
    if (wakeUp) await recordLostWakeUp(deps, wakeUp)
    message.ack()
  } catch (error) {
    deps.log({ event: 'alarm.message_threw', adjustment: idOf(wakeUp), ...thrownFields(error) })
    message.retry()
  }
}
