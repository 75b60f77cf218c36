// The end of a chaos run: without faults, what is left is worked off, by the cron and by a person who looks
// at what only he can tell. Where nothing moves for a while, the clock goes on by an hour.

import { setTimeout as sleep } from 'node:timers/promises'
import type { ToldAdjustment } from './chaos-judge.ts'
import { answerUnknown, listAdjustments, listLedger, requeueFailed } from './chaos-operator.ts'
import type { Run } from './chaos-run.ts'

const DRAIN_MS_MAX = 600_000
const STRETCH_MS_MAX = 20_000
/** One of so many. */
const LITTLE = 10
const LOOK_EVERY_MS = 400
const STILL_MS = 5_000
const JUMP_MS = 3_600_000

const isUnknown = ({ state, holdReasons }: ToldAdjustment): boolean =>
  state === 'held' && (holdReasons?.includes('outcome_unknown') ?? false)

const isToSettle = ({ state, settlement, invoice, wakeAt }: ToldAdjustment): boolean =>
  state === 'invoiced' &&
  settlement === 'already_paid' &&
  invoice?.status !== 'paid' &&
  wakeAt !== null

const isOpen = (row: ToldAdjustment): boolean =>
  ['due', 'issuing'].includes(row.state) || isUnknown(row) || isToSettle(row)

/** The faults strike on, until little is left to strike at. */
export async function lastStretch({ stack, senders }: Run): Promise<void> {
  const deadline = Date.now() + STRETCH_MS_MAX
  while (Date.now() < deadline) {
    await sleep(LOOK_EVERY_MS)
    const rows = await listAdjustments(stack)
    const open = rows.filter(isOpen)
    if (senders.open() === 0 && open.length * LITTLE <= rows.length) return
  }
}

/** Ends after DRAIN_MS_MAX at the latest: what is still open then is counted as lost. */
export async function drainChaos(
  { stack, senders, startLater }: Run,
  tell: (line: string) => void,
): Promise<void> {
  const deadline = Date.now() + DRAIN_MS_MAX
  let [before, stillSince] = ['', Date.now()]
  while (Date.now() < deadline) {
    await sleep(LOOK_EVERY_MS)
    const rows = await listAdjustments(stack)
    const unknown = rows.filter(isUnknown)
    if (unknown.length > 0) await answerUnknown(stack, unknown, await listLedger(stack))
    const failed = rows.filter(({ state }) => state === 'failed')
    if (failed.length > 0) await requeueFailed(stack)
    const open = rows.filter(isOpen)
    if (senders.open() + open.length + failed.length === 0) return
    const now = open.map(({ id, version }) => `${id} ${version}`).join()
    if (now !== before || senders.open() > 0) [before, stillSince] = [now, Date.now()]
    if (Date.now() - stillSince < STILL_MS) continue
    tell(`${open.length} wait for their time; the clock goes on by an hour`)
    await stack.kill('app')
    await startLater(JUMP_MS)
    stillSince = Date.now()
  }
}
