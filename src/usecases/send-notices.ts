// What became of something, told on every channel that wants it. Each channel's result is committed on
// its own: after a crash a channel that can look first finds what it has written, and the others may repeat.

import { findDueNotice } from '../db/read-notices.ts'
import type { NoticeRow } from '../db/schema.ts'
import { claimNotice, commitTold, setNoticeWake } from '../db/write-notices.ts'
import { backoffSeconds } from '../domain/backoff.ts'
import { isAlarmId } from '../domain/ids.ts'
import { NOTICE_ATTEMPTS_MAX, NOTICE_LEASE_LEFT_SECONDS_MIN } from '../domain/limits.ts'
import type { About, Notice } from '../domain/notice.ts'
import type { Deps } from '../deps.ts'
import type { Channel, SendTrouble } from '../notices/channel.ts'
import { mailInvoice } from './mail-invoice.ts'
import { noticeOf } from './notice-of.ts'
import { raiseAlarm } from './raise-alarm.ts'

export type SendResult = 'told' | 'postponed' | 'stale'

export async function sendNotices(deps: Deps, about: About): Promise<SendResult> {
  const read = await findDueNotice(deps.db, about, deps.now())
  const claimed = read && (await claimNotice(deps.db, read, deps.now()))
  if (!claimed) return 'stale'
  const notice = await noticeOf(deps, claimed)
  const troubles = notice === null ? [] : await tell(deps, claimed, notice)
  if (troubles.length === 0) {
    await setNoticeWake(deps.db, claimed, null)
    return 'told'
  }
  const wait = Math.max(...troubles.map(({ retryAfterSeconds }) => retryAfterSeconds ?? 0))
  const seconds = backoffSeconds(claimed.attempts, wait, deps.random())
  await setNoticeWake(deps.db, claimed, deps.now() + seconds * 1_000)
  return 'postponed'
}

/** The troubles that trying again may mend. */
async function tell(deps: Deps, claimed: NoticeRow, notice: Notice): Promise<SendTrouble[]> {
  const troubles: SendTrouble[] = []
  const done = new Map(Object.entries(claimed.channels))
  for (const channel of deps.config.notices) {
    // What a closed ticket can't be told goes to every channel for people.
    const isForStaff = channel.source === null && channel.isForCustomer === undefined
    const isForAll = isForStaff && [...done.values()].includes('closed')
    if (done.has(channel.name) || !(channel.wants(notice) || isForAll)) continue
    const trouble = await tellOn(deps, claimed, channel, notice, done)
    if (trouble) troubles.push(trouble)
  }
  return troubles
}

async function tellOn(
  deps: Deps,
  claimed: NoticeRow,
  channel: Channel,
  notice: Notice,
  done: Map<string, unknown>,
): Promise<SendTrouble | null> {
  const secrets = deps.settings.channelSecrets.get(channel.name)
  // Without its secrets a channel is off; /readyz says so.
  if (secrets === undefined) return null
  const lastWriteMs = (claimed.wakeAt ?? 0) - NOTICE_LEASE_LEFT_SECONDS_MIN * 1_000
  const secretOf = (name: string) => secrets.get(name) ?? ''
  const sent = await channel.send(secretOf, notice, {
    nowMs: deps.now(),
    mayWrite: () => deps.now() <= lastWriteMs,
    mailInvoice: (invoice, key) => mailInvoice(deps, invoice, key),
  })
  const { id, about } = notice
  if (!sent.ok) {
    const { code, status, meaning } = sent.error
    const isOver = meaning === 'permanent' || claimed.attempts >= NOTICE_ATTEMPTS_MAX
    const facts = { notice: id, about, channel: channel.name, code, status }
    if (!isOver) {
      deps.log({ event: 'notice_postponed', ...facts })
      return sent.error
    }
    // An alarm about an alarm could go on for ever.
    if (isAlarmId(about)) deps.log({ event: 'alarm.notice_given_up', ...facts })
    else await raiseAlarm(deps, 'notice_given_up', facts, channel.name)
  }
  const progress = sent.ok ? sent.value : 'given_up'
  done.set(channel.name, progress)
  await commitTold(deps.db, claimed, { id, channel: channel.name, progress }, deps.now())
  return null
}
