// A chat message by an incoming webhook. Slack knows no keys of ours, so after a crash a message may
// come twice: its id is at its end. Facts: docs.slack.dev, "Sending messages using incoming webhooks".

import { NOTICE_STATUSES, type Notice, type NoticeStatus } from '../domain/notice.ts'
import { ok } from '../domain/result.ts'
import { unknownFields } from '../domain/unknown-fields.ts'
import { ask } from './ask.ts'
import type { Channel } from './channel.ts'

export type SlackOptions = {
  /** Name of the secret that holds the incoming webhook's address. */
  readonly url?: string
  /** What it tells; left out, what a person may have to act on. */
  readonly statuses?: readonly NoticeStatus[]
}

const WANTED: readonly NoticeStatus[] = [
  'waiting',
  'failed',
  'conflict',
  'undecided',
  'expired',
  'alarm',
  'checkpoint',
]

export function slack(options: SlackOptions = {}): Channel {
  const { url = 'SLACK_WEBHOOK_URL', statuses = WANTED } = options
  const strange = statuses.find((each) => !NOTICE_STATUSES.includes(each))
  return {
    name: 'slack',
    title: 'Slack',
    source: null,
    secrets: [url],
    problems: [
      ...unknownFields(options, ['url', 'statuses']),
      ...(strange ? [`statuses: ${strange} is not one of ${NOTICE_STATUSES.join(', ')}`] : []),
    ],
    wants: (notice) => statuses.includes(notice.status),
    async send(secrets, notice) {
      const body = { text: `${messageOf(notice)}\n_${notice.id}_` }
      const posted = await ask({ method: 'POST', url: secrets(url), body })
      return posted.ok ? ok('sent') : posted
    },
  }
}

const messageOf = ({ subject, lines }: Notice): string =>
  [...(subject === null ? [] : [`*${escaped(subject)}*`]), ...lines.map(escaped)].join('\n')

/** Slack's three control characters; a link stays a link. */
const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
