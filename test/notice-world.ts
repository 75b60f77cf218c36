// A world with channels: what has to be told waits until the test has it told. The tickets and the chat are
// the sandbox's.

import { env } from 'cloudflare:workers'
import { openDatabase } from '../src/db/database.ts'
import type { Deps } from '../src/deps.ts'
import type { EventId } from '../src/domain/ids.ts'
import { limitsOf, type LimitOptions } from '../src/domain/money-limits.ts'
import { ok } from '../src/domain/result.ts'
import type { Rule } from '../src/domain/rule.ts'
import type { NoticeWakeUp } from '../src/domain/wake-up.ts'
import type { Channel } from '../src/notices/channel.ts'
import { noteChannel, type NotePlace } from '../src/notices/note-channel.ts'
import { slack } from '../src/notices/slack.ts'
import { zendeskComment } from '../src/notices/zendesk-comment.ts'
import { sendNotices, type SendResult } from '../src/usecases/send-notices.ts'
import config from './makegood.config.ts'
import { depsWith, sandboxControl, ticket } from './harness.ts'
import { createWorld } from './world.ts'

const ZENDESK = 'http://sandbox.localhost/zendesk'
const AUTHORIZATION = `Basic ${btoa('makegood@saas.example/token:sandbox_zendesk_token')}`
export const SECRETS: Readonly<Record<string, string>> = {
  ZENDESK_URL: ZENDESK,
  ZENDESK_EMAIL: 'makegood@saas.example',
  ZENDESK_API_TOKEN: 'sandbox_zendesk_token',
  SLACK_WEBHOOK_URL: 'http://sandbox.localhost/slack/services/T000/B000/XXX',
}

export async function zendesk(method: string, path: string, body?: unknown): Promise<any> {
  const response = await env.SANDBOX.fetch(`${ZENDESK}/api/v2${path}`, {
    method,
    headers: { authorization: AUTHORIZATION, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return response.json()
}

export const ticketAt = async (id: string) => (await zendesk('GET', `/tickets/${id}.json`)).ticket
export const internal = async (id: string): Promise<string[]> =>
  (await zendesk('GET', `/tickets/${id}/comments.json`)).comments
    .filter((comment: any) => !comment.public)
    .map((comment: any) => comment.body)
export const messages = async (): Promise<string[]> =>
  (await (await sandboxControl('GET', '/slack')).json<any>()).messages.map((each: any) => each.text)

export async function newTicket(tags = 'credit_requested credit_25'): Promise<string> {
  const { ticket: made } = await zendesk('POST', '/tickets.json', {
    ticket: { subject: 'Down for two days', comment: { body: 'Hello' }, tags: tags.split(' ') },
  })
  return String(made.id)
}

/** The tests give the same customers the same amounts, for things of any age. */
const LIMITS: LimitOptions = { duplicateHours: 0, olderThanEndpoint: 'allow' }

export async function noticeWorld(
  channels: readonly Channel[] = [zendeskComment(), slack()],
  values: Readonly<Record<string, string>> = SECRETS,
  limits: LimitOptions = {},
  rules: readonly Rule[] = [],
) {
  const wakeUps: NoticeWakeUp[] = []
  const secretsOf = ({ secrets }: Channel) =>
    new Map(secrets.map((name) => [name, values[name] ?? '']))
  const { settings } = depsWith()
  const told = await createWorld({
    db: openDatabase(env.DB, (source) => source === 'zendesk' || source === 'operator'),
    config: {
      ...config,
      rules: [...config.rules, ...rules],
      limits: limitsOf({ ...LIMITS, ...limits }),
      notices: channels,
    },
    settings: {
      ...settings,
      channelSecrets: new Map(channels.map((channel) => [channel.name, secretsOf(channel)])),
    },
    wakeNotices: async (more) => {
      wakeUps.push(...more)
    },
  })
  /** The sweep finds what has to be told, and each is told. */
  const tell = async (how: Partial<Deps> = {}): Promise<SendResult[]> => {
    await told.sweep()
    const results: SendResult[] = []
    for (const { about } of wakeUps.splice(0)) {
      results.push(await sendNotices({ ...told.deps, ...how }, about))
    }
    return results
  }
  const request = async (fields: Record<string, unknown>): Promise<EventId> => {
    const [id] = await told.receive(
      'zendesk',
      ticket({ customer_external_id: 'acme-42', ...fields }),
    )
    await told.work()
    return id!
  }
  return { ...told, tell, request, wakeUps }
}

/** A channel of tickets that is made of a look and a write of the test's own. */
export const notesWith = (place: NotePlace): Channel =>
  noteChannel({
    source: 'zendesk',
    endpoint: undefined,
    title: 'Notes',
    secrets: [],
    problems: [],
    place: () => () => place,
  })

type Dying = Pick<Deps, 'config' | 'db'>
type Send = () => ReturnType<Channel['send']>

/** The process dies behind the sending: nothing of it is thrown at us, and the database hears no more. */
export const dyingBehindSending = (deps: Dying): Partial<Deps> =>
  dyingAround(deps, async (send, die) => {
    const sent = await send()
    die()
    return sent
  })

/** The process dies before anything is sent. */
export const dyingBeforeSending = (deps: Dying): Partial<Deps> =>
  dyingAround(deps, async (_, die) => {
    die()
    return ok('sent')
  })

function dyingAround(
  { config: its, db }: Dying,
  around: (send: Send, die: () => void) => ReturnType<Send>,
): Partial<Deps> {
  let isDead = false
  const die = () => {
    isDead = true
  }
  const notices = its.notices.map((channel) => ({
    ...channel,
    send: (...call: Parameters<Channel['send']>) => around(() => channel.send(...call), die),
  }))
  const dying = new Proxy(db, {
    get(target, name) {
      if (isDead) throw new Error('the process died here')
      return Reflect.get(target, name)
    },
  })
  return { config: { ...its, notices }, db: dying }
}
