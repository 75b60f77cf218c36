// The billing system's mail to the customer: off unless it is configured, and at most one for an adjustment,
// whatever crashes. The outbox is the sandbox's.

import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { openDatabase } from '../../src/db/database.ts'
import type { Deps } from '../../src/deps.ts'
import type { EventId } from '../../src/domain/ids.ts'
import { POST_WITHOUT_LOOK_SECONDS } from '../../src/domain/limits.ts'
import { usd } from '../../src/domain/money.ts'
import { BOOTSTRAP } from '../../src/domain/operator.ts'
import type { NoticeWakeUp } from '../../src/domain/wake-up.ts'
import type { Channel } from '../../src/notices/channel.ts'
import { customerMail } from '../../src/notices/customer-mail.ts'
import { slack } from '../../src/notices/slack.ts'
import { zendeskTicketCredit } from '../../src/rules/zendesk-ticket-credit.ts'
import { reverseAdjustment } from '../../src/usecases/reverse-adjustment.ts'
import { sendNotices, type SendResult } from '../../src/usecases/send-notices.ts'
import config from '../makegood.config.ts'
import { depsWith, refund, sandboxControl, ticket } from '../harness.ts'
import { dyingBehindSending } from '../notice-world.ts'
import { callsOf, createWorld, entriesOf, setFaults } from '../world.ts'

type Mail = { readonly invoiceNumber: string; readonly to: string }

const mails = async (): Promise<Mail[]> =>
  (await (await sandboxControl('GET', '/outbox')).json<any>()).mails
const sends = async (): Promise<number> => (await callsOf('POST', /\/send$/)).length

async function mailWorld(
  channels: readonly Channel[] = [customerMail()],
  parts: Partial<Deps> = {},
) {
  const wakeUps: NoticeWakeUp[] = []
  const world = await createWorld({
    db: openDatabase(env.DB, () => channels.length > 0),
    config: { ...config, notices: channels },
    settings: {
      ...depsWith().settings,
      channelSecrets: new Map(channels.map(({ name }) => [name, new Map()])),
    },
    wakeNotices: async (more) => {
      wakeUps.push(...more)
    },
    ...parts,
  })
  /** The sweep finds what has to be told, and each is told. */
  const tell = async (how: Partial<Deps> = {}): Promise<SendResult[]> => {
    await world.sweep()
    const results: SendResult[] = []
    for (const { about } of wakeUps.splice(0)) {
      results.push(await sendNotices({ ...world.deps, ...how }, about))
    }
    return results
  }
  const credit = async (fields: Record<string, unknown> = {}): Promise<EventId> => {
    const [id] = await world.receive('zendesk', ticket(fields))
    await world.work()
    return id!
  }
  return { ...world, tell, credit }
}

beforeEach(async () => {
  await sandboxControl('POST', '/reset')
  await setFaults()
  await env.DB.batch([
    env.DB.prepare('UPDATE adjustments SET wake_at = 9e15 WHERE wake_at IS NOT NULL'),
    env.DB.prepare('DELETE FROM notices'),
  ])
})

describe('what is issued', () => {
  it('is mailed to its customer once, with an entry', async () => {
    const world = await mailWorld()
    const event = await world.credit()
    expect(await world.tell()).toEqual(['told'])
    expect(await world.tell()).toEqual([])
    const { id, invoiceNumber } = await world.adjustment(event)
    expect(await mails()).toMatchObject([{ invoiceNumber }])
    expect((await entriesOf(id)).at(-1)).toMatchObject({
      action: 'notice.sent',
      data: { channel: 'customer_mail', result: 'sent', attempts: 1 },
    })
  })

  it('is mailed as a record once it is marked paid, and not before', async () => {
    const world = await mailWorld()
    await setFaults({ kind: 'server_error', status: 503, method: 'PUT', times: 1 })
    await world.receive('stripe', refund())
    await world.work()
    await world.tell()
    expect(await mails()).toEqual([])
    await world.advance(600)
    await world.sweep()
    await world.work()
    await world.tell()
    expect(await mails()).toHaveLength(1)
  })

  it('is mailed by nobody unless the configuration says so', async () => {
    const world = await mailWorld([])
    await world.credit()
    expect(await world.tell()).toEqual([])
    expect(await sends()).toBe(0)
  })
})

describe('at most one mail', () => {
  it('is sent when the process dies between the call and its commit', async () => {
    const world = await mailWorld()
    const event = await world.credit()
    await expect(world.tell(dyingBehindSending(world.deps))).rejects.toThrow(
      'the process died here',
    )
    expect(await mails()).toHaveLength(1)
    await world.advance(180)
    expect(await world.tell()).toEqual(['told'])
    expect(await sends()).toBe(2)
    expect(await mails()).toHaveLength(1)
    const { id } = await world.adjustment(event)
    const told = (await entriesOf(id)).filter(({ action }) => action === 'notice.sent')
    expect(told.map(({ data }) => data)).toMatchObject([{ result: 'sent', attempts: 2 }])
  })

  it.each([
    { kind: 'server_error', applied: true },
    { kind: 'server_error', applied: false },
    { kind: 'reset_body' },
    { kind: 'truncated_json' },
    { kind: 'rate_limited' },
  ])('is sent after $kind (applied: $applied)', async (fault) => {
    const world = await mailWorld()
    await world.credit()
    await setFaults({ ...fault, times: 1, method: 'POST' })
    expect(await world.tell()).toEqual(['postponed'])
    await world.advance(600)
    expect(await world.tell()).toEqual(['told'])
    expect(await mails()).toHaveLength(1)
  })

  it('is sent while the key is remembered, and none after that, which is an alarm', async () => {
    const world = await mailWorld()
    const event = await world.credit()
    await world.advance(POST_WITHOUT_LOOK_SECONDS + 1)
    await world.tell()
    expect(await sends()).toBe(0)
    const { id } = await world.adjustment(event)
    expect((await entriesOf(id)).at(-1)).toMatchObject({
      action: 'notice.given_up',
      data: { channel: 'customer_mail' },
    })
    expect(world.lines).toContainEqual(
      expect.objectContaining({ event: 'alarm.notice_given_up', code: 'too_late_to_mail' }),
    )
  })
})

describe('no mail', () => {
  it('of what waits, of what was undone before it was told, or of what was answered otherwise', async () => {
    const world = await mailWorld()
    await world.credit({ customer_external_id: 'nobody' })
    await world.tell()
    const event = await world.credit()
    const byHand = { kind: 'by_hand', operator: BOOTSTRAP } as const
    const reversal = await reverseAdjustment(world.deps, await world.adjustment(event), byHand)
    expect(reversal).not.toBeNull()
    await world.tell()
    await setFaults({ kind: 'other_answer', data: { total: -1 }, times: 1, method: 'POST' })
    const other = await world.credit()
    await world.tell()
    expect((await world.adjustment(other)).answerDifferences).not.toBeNull()
    expect(await sends()).toBe(0)
  })

  it('of a rule in shadow mode', async () => {
    const shadow = zendeskTicketCredit({
      requestTag: 'credit_requested',
      amounts: { credit_25: usd(25) },
      mode: 'shadow',
    })
    const its = { ...config, rules: [shadow], notices: [customerMail()] }
    const world = await mailWorld([customerMail()], { config: its })
    expect(await world.fate(await world.credit())).toBe('shadow')
    expect(await world.tell()).toEqual([])
    expect(await sends()).toBe(0)
  })

  it('of a test invoice by a live key, until there is a key of its mode again', async () => {
    const world = await mailWorld()
    await world.credit()
    const { billing } = world.deps
    const live = { billing: billing && ({ ...billing, mode: 'live' } as const) }
    expect(await world.tell(live)).toEqual(['postponed'])
    expect(await sends()).toBe(0)
    expect(world.lines).toContainEqual(
      expect.objectContaining({ event: 'alarm.channel_refused', channel: 'customer_mail' }),
    )
    await world.advance(600)
    expect((await world.tell()).at(-1)).toBe('told')
    expect(await mails()).toHaveLength(1)
  })

  it('in place of what a closed ticket can not be told', async () => {
    const heard: string[] = []
    const closed: Channel = {
      ...slack(),
      name: 'zendesk',
      source: 'zendesk',
      wants: () => true,
      send: async () => ({ ok: true, value: 'closed' }),
    }
    const chat: Channel = {
      ...slack(),
      wants: () => false,
      send: async (_, { status }) => {
        heard.push(status)
        return { ok: true, value: 'sent' }
      },
    }
    const world = await mailWorld([closed, chat, customerMail()])
    await world.credit({ customer_external_id: 'nobody' })
    expect(await world.tell()).toEqual(['told'])
    expect(heard).toEqual(['waiting'])
    expect(world.lines.map(({ event }) => event)).not.toContain('alarm.notice_given_up')
    expect(await sends()).toBe(0)
  })
})
