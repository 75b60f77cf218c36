// What became of something, told on every channel that wants it. Each channel has a clock of its own, and
// its result is committed on its own: after a crash a channel that can look first finds what it has
// written, and the others may repeat.

import { findDueNotice, type DueNotice } from '../db/read-notices.ts'
import type { NoticeRow } from '../db/schema.ts'
import { claimNotice, commitTold, commitWait, setNoticeWake } from '../db/write-notices.ts'
import { backoffSeconds } from '../domain/backoff.ts'
import { isAlarmId, noticeId } from '../domain/ids.ts'
import {
  NOTICE_ATTEMPTS_MAX,
  NOTICE_KEY_TROUBLE_RETRY_SECONDS,
  NOTICE_LEASE_LEFT_SECONDS_MIN,
  NOTICE_WAIT_SECONDS_MAX,
} from '../domain/limits.ts'
import { isDone, waitOf, type About, type ChannelProgress, type Notice } from '../domain/notice.ts'
import { err, type Result } from '../domain/result.ts'
import type { Deps } from '../deps.ts'
import { thrownFields } from '../log.ts'
import {
  isForStaff,
  type Attempt,
  type Channel,
  type Sent,
  type SendTrouble,
} from '../notices/channel.ts'
import { mailInvoice } from './mail-invoice.ts'
import { noticeOf } from './notice-of.ts'
import { raiseAlarm } from './raise-alarm.ts'

/** `stale`: it isn't due, or somebody else has it, or a newer fact has taken its place meanwhile. */
export type SendResult = 'told' | 'postponed' | 'stale'

export async function sendNotices(deps: Deps, about: About): Promise<SendResult> {
  const read = await findDueNotice(deps.db, about, deps.now())
  const claimed = read && (await claimNotice(deps.db, read, deps.now()))
  if (!claimed) return 'stale'
  // At least once it is tried, however late.
  if (claimed.attempts > 1 && deps.now() - claimed.at >= NOTICE_WAIT_SECONDS_MAX * 1_000) {
    return giveUp(deps, claimed)
  }
  const notice = await noticeOf(deps, claimed)
  const row = notice === null ? claimed : await tell(deps, claimed, notice)
  if (row === null) return 'stale'
  if (row.wakeAt === null) return 'told'
  const wakeAt = notice === null ? null : nextTry(deps, row, notice)
  await setNoticeWake(deps.db, claimed, wakeAt)
  return wakeAt === null ? 'told' : 'postponed'
}

/** Null where a newer fact has taken its place, or the lease is somebody else's by now. */
async function tell(deps: Deps, claimed: DueNotice, notice: Notice): Promise<NoticeRow | null> {
  const { mayWrite } = attemptOf(deps, claimed)
  let row: NoticeRow = claimed
  for (const channel of channelsOn(deps)) {
    const isWaiting = waitOf(row.channels, channel.name).until > deps.now()
    if (isWaiting || !isToTell(channel, notice, row)) continue
    // The rest has a lease of its own.
    if (!mayWrite()) break
    const told = await tellOn(deps, row, channel, notice)
    if (told === null) return null
    row = told
  }
  return row
}

/**
 * Without its secrets a channel is off; /readyz says so. The sources' own come first, since what one of
 * them can't tell goes to those for people.
 */
function channelsOn({ config, settings }: Deps): readonly Channel[] {
  const on = config.notices.filter(({ name }) => settings.channelSecrets.has(name))
  return [
    ...on.filter(({ source }) => source !== null),
    ...on.filter(({ source }) => source === null),
  ]
}

/** What a closed ticket can't be told goes to every channel for people. */
function isToTell(channel: Channel, notice: Notice, { channels }: NoticeRow): boolean {
  if (isDone(channels, channel.name)) return false
  const isForAll = isForStaff(channel) && Object.values(channels).includes('closed')
  return channel.wants(notice) || isForAll
}

/** When the first of the channels that still wait is tried again; null where none does. */
function nextTry(deps: Deps, row: NoticeRow, notice: Notice): number | null {
  const times = channelsOn(deps)
    .filter((channel) => isToTell(channel, notice, row))
    .map(({ name }) => Math.max(waitOf(row.channels, name).until, deps.now()))
  return times.length === 0 ? null : Math.min(...times)
}

async function tellOn(
  deps: Deps,
  row: NoticeRow,
  channel: Channel,
  notice: Notice,
): Promise<NoticeRow | null> {
  const { id } = notice
  const { name } = channel
  const sent = await sendOn(deps, row, channel, notice)
  if (!sent.ok) return afterTrouble(deps, row, name, notice, sent.error)
  if (sent.value === 'closed' && !channelsOn(deps).some(isForStaff)) {
    await sayGivenUp(deps, row, { notice: id, channel: name, code: 'closed', status: null })
  }
  return commitDone(deps, row, notice, name, sent.value)
}

/** With its last channel it is over: then it isn't written once more. */
function commitDone(
  deps: Deps,
  row: NoticeRow,
  notice: Notice,
  channel: string,
  progress: ChannelProgress,
): Promise<NoticeRow | null> {
  const after = { ...row, channels: { ...row.channels, [channel]: progress } }
  const isLast = nextTry(deps, after, notice) === null
  return commitTold(deps.db, row, { id: notice.id, channel, progress, isLast }, deps.now())
}

/** A channel that throws is one in trouble: it must not keep the others from being told. */
async function sendOn(
  deps: Deps,
  row: NoticeRow,
  channel: Channel,
  notice: Notice,
): Promise<Result<Sent, SendTrouble>> {
  const secrets = deps.settings.channelSecrets.get(channel.name)
  try {
    return await channel.send((name) => secrets?.get(name) ?? '', notice, attemptOf(deps, row))
  } catch (error) {
    deps.log({ event: 'alarm.channel_threw', channel: channel.name, ...thrownFields(error) })
    return err({ meaning: 'transient', code: 'threw', status: null, retryAfterSeconds: null })
  }
}

function attemptOf(deps: Deps, { wakeAt }: NoticeRow): Attempt {
  const lastWriteMs = (wakeAt ?? 0) - NOTICE_LEASE_LEFT_SECONDS_MIN * 1_000
  return {
    nowMs: deps.now(),
    mayWrite: () => deps.now() <= lastWriteMs,
    mailInvoice: (invoice, key) => mailInvoice(deps, invoice, key),
  }
}

async function afterTrouble(
  deps: Deps,
  row: NoticeRow,
  channel: string,
  notice: Notice,
  { code, status, meaning, retryAfterSeconds }: SendTrouble,
): Promise<NoticeRow | null> {
  const facts = { notice: notice.id, channel, code, status }
  // An alarm waits for no person: who would mend it may be the one who can't be told.
  const isRefused = meaning === 'refused' && !isAlarmId(row.about)
  const attempts = waitOf(row.channels, channel).attempts + (isRefused ? 0 : 1)
  if (meaning === 'permanent' || attempts >= NOTICE_ATTEMPTS_MAX) {
    await sayGivenUp(deps, row, facts)
    return commitDone(deps, row, notice, channel, 'given_up')
  }
  if (isRefused) await raiseAlarm(deps, 'channel_refused', { about: row.about, ...facts }, channel)
  else deps.log({ event: 'notice_postponed', about: row.about, ...facts })
  const least = meaning === 'refused' ? NOTICE_KEY_TROUBLE_RETRY_SECONDS : 0
  const wait = Math.max(retryAfterSeconds ?? 0, least)
  const until = deps.now() + backoffSeconds(attempts, wait, deps.random()) * 1_000
  return commitWait(deps.db, row, channel, { attempts, until })
}

type GivenUp = {
  readonly notice: string
  readonly channel: string
  readonly code: string
  readonly status: number | null
}

async function sayGivenUp(deps: Deps, { about }: NoticeRow, facts: GivenUp): Promise<void> {
  // An alarm about an alarm could go on for ever.
  if (isAlarmId(about)) deps.log({ event: 'alarm.notice_given_up', about, ...facts })
  else await raiseAlarm(deps, 'notice_given_up', { about, ...facts }, facts.channel)
}

/** It has waited for a person who doesn't come, or every attempt has ended in a crash. */
async function giveUp(deps: Deps, claimed: DueNotice): Promise<SendResult> {
  const { about, action, nth, channels } = claimed
  const id = await noticeId(about, action, nth)
  const waiting = Object.keys(channels).filter((name) => !isDone(channels, name))
  for (const channel of waiting.length === 0 ? ['all'] : waiting) {
    await sayGivenUp(deps, claimed, { notice: id, channel, code: 'waited_too_long', status: null })
    const told = { id, channel, progress: 'given_up', isLast: false } as const
    await commitTold(deps.db, claimed, told, deps.now())
  }
  await setNoticeWake(deps.db, claimed, null)
  return 'told'
}
