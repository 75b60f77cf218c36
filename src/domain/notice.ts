// What people at a source are told about what became of what they asked for. A notice carries only what
// may be shown to an agent: no secret, and no address but the short link.

import type { Mode } from './event.ts'
import type { AdjustmentId, AlarmId, CheckpointId, EventId } from './ids.ts'

/** A word for views and lists at the source. */
export const NOTICE_STATUSES = [
  'on_its_way',
  'delayed',
  'issued',
  'waiting',
  'failed',
  'rejected',
  'expired',
  'undone',
  'already_credited',
  'conflict',
  'undecided',
  'nothing_to_undo',
  'dismissed',
  'alarm',
  'checkpoint',
] as const
export type NoticeStatus = (typeof NOTICE_STATUSES)[number]

/** How a channel is done with a notice; a later fact about the same thing makes an older one needless. */
export type ChannelProgress = 'sent' | 'found_there' | 'superseded' | 'closed' | 'given_up'

/** A channel in trouble: how many attempts counted, and when it is tried again (since 1970, ms). */
export type ChannelWait = { readonly attempts: number; readonly until: number }

/** By the names of channels; `all` where it went to none of them. */
export type Channels = Readonly<Record<string, ChannelProgress | ChannelWait>>

export const isDone = (channels: Channels, name: string): boolean =>
  typeof channels[name] === 'string'

export function waitOf(channels: Channels, name: string): ChannelWait {
  const found = channels[name]
  return typeof found === 'object' ? found : { attempts: 0, until: 0 }
}

export type About = AdjustmentId | EventId | AlarmId | CheckpointId

export type CustomerInvoice = { readonly id: string; readonly mode: Mode | null }

export type Notice = {
  /** Stable over every attempt: `ntc_` and a hash of what it is about and which fact it tells. */
  readonly id: string
  readonly about: About
  readonly source: string
  readonly endpoint: string
  /** What it is for at the source, such as `ticket:42`; null where the event names nothing. */
  readonly subject: string | null
  readonly status: NoticeStatus
  /** What views and lists show from now on: who asks again hides nothing that waits. */
  readonly standing: NoticeStatus
  /** When the fact became one, milliseconds since 1970. */
  readonly at: number
  /** What became of it, where the document is, what can be said to the customer. */
  readonly lines: readonly string[]
  /** The invoice that this fact has made one for its customer's hands; null with any other fact. */
  readonly forCustomer: CustomerInvoice | null
  /** For programs: codes, ids and money. */
  readonly data: Readonly<Record<string, unknown>>
}

/** The id of what a subject names, where it is of this kind: `ticket:42` is ticket 42. */
export function subjectId(subject: string | null, ...kinds: readonly string[]): string | null {
  const [, kind = '', id = ''] = /^([a-z_]+):(.+)$/.exec(subject ?? '') ?? []
  return kinds.includes(kind) ? id : null
}
