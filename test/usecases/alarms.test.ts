// Alarms: logged each time, told to people once for each cause and hour, and never lost by a crash.

import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openDatabase } from '../../src/db/database.ts'
import { findCircuit } from '../../src/db/read-circuit.ts'
import type { Deps } from '../../src/deps.ts'
import type { About, Notice } from '../../src/domain/notice.ts'
import { err, ok } from '../../src/domain/result.ts'
import { NOTICE_LEASE_SECONDS } from '../../src/domain/limits.ts'
import type { Channel, SendTrouble } from '../../src/notices/channel.ts'
import { freshdeskNote } from '../../src/notices/freshdesk-note.ts'
import { signedWebhook } from '../../src/notices/signed-webhook.ts'
import { slack } from '../../src/notices/slack.ts'
import { zendeskComment } from '../../src/notices/zendesk-comment.ts'
import { raiseAlarm } from '../../src/usecases/raise-alarm.ts'
import { sendNotices } from '../../src/usecases/send-notices.ts'
import { depsWith, sandboxControl, ticket } from '../harness.ts'
import { dyingBehindSending } from '../notice-world.ts'
import { actionsOf, createWorld, setFaults } from '../world.ts'
import config from '../makegood.config.ts'

const HOUR = 3_600

let world: Awaited<ReturnType<typeof createWorld>>
let woken: About[]
let heard: Notice[]
let answer: () => SendTrouble | null

/** A channel for people. `answer` says what comes of the next message. */
const people: Channel = {
  name: 'people',
  title: 'People',
  secrets: [],
  problems: [],
  source: null,
  wants: ({ status }) => status === 'alarm',
  send: (_, notice) => {
    heard.push(notice)
    const trouble = answer()
    return Promise.resolve(trouble === null ? ok('sent') : err(trouble))
  },
}

const withPeople = (): Partial<Deps> => ({
  config: { ...config, notices: [people] },
  settings: { ...depsWith().settings, channelSecrets: new Map([['people', new Map()]]) },
  db: openDatabase(env.DB, () => true),
  wakeNotices: (wakeUps) => {
    woken.push(...wakeUps.map(({ about }) => about))
    return Promise.resolve()
  },
})

beforeEach(async () => {
  await env.DB.batch([
    env.DB.prepare('UPDATE adjustments SET wake_at = 9e15 WHERE wake_at IS NOT NULL'),
    env.DB.prepare('UPDATE notices SET wake_at = NULL'),
    env.DB.prepare('DELETE FROM limit_sums'),
    env.DB.prepare('DELETE FROM alarms'),
  ])
  await sandboxControl('POST', '/reset')
  ;[woken, heard, answer] = [[], [], () => null]
  world = await createWorld(withPeople())
  // At the beginning of an hour, so that a test knows when the next one begins.
  await world.advance(HOUR - (Math.floor(world.now() / 1_000) % HOUR))
})
afterEach(() => setFaults())

async function tellAll(): Promise<string[]> {
  const results: string[] = []
  for (const about of woken.splice(0)) results.push(await sendNotices(world.deps, about))
  return results
}

const alarmsWritten = async () => {
  const { results } = await env.DB.prepare('SELECT id, cause, key, hour FROM alarms').all<any>()
  return results
}

describe('adjustments that fail', () => {
  it('are one message an hour, however many they are, and one more in the next hour', async () => {
    await setFaults({ kind: 'rate_limited', retryAfterSeconds: null, method: 'POST' })
    for (let count = 0; count < 100; count += 1) await world.receive('zendesk', ticket())
    expect(new Set(await world.work())).toEqual(new Set(['failed']))
    const logged = () => world.lines.filter(({ event }) => event === 'alarm.adjustment_failed')
    expect(logged()).toHaveLength(100)
    expect(await tellAll()).toEqual(['told'])
    expect(heard).toMatchObject([{ status: 'alarm', source: 'makegood', subject: null }])
    expect(heard[0]?.lines.join('\n')).toContain(String(logged()[0]?.['adjustment']))
    const [alarm] = await alarmsWritten()
    expect(await actionsOf(alarm.id)).toEqual(['alarm.raised', 'notice.sent'])

    await world.advance(HOUR)
    await setFaults({ kind: 'rate_limited', retryAfterSeconds: null, method: 'POST' })
    await world.receive('zendesk', ticket())
    await world.receive('zendesk', ticket())
    expect(await world.work()).toEqual(['failed', 'failed'])
    await tellAll()
    expect(heard.filter(({ status }) => status === 'alarm')).toHaveLength(2)
    expect(await alarmsWritten()).toHaveLength(2)
  }, 60_000)
})

describe('an alarm about a change', () => {
  const dyingAtAlarm = (): Deps => ({
    ...world.deps,
    log(line) {
      if (line.event.startsWith('alarm.')) throw new Error('the process died here')
    },
  })

  it.each([
    [
      'adjustment_failed',
      'failed',
      { kind: 'rate_limited', retryAfterSeconds: null, method: 'POST' },
    ],
    ['answer_differs', 'invoiced', { kind: 'other_answer', data: { total: -1 }, method: 'POST' }],
  ])('is committed with it: %s', async (cause, state, fault) => {
    await setFaults({ ...fault, times: 1 })
    const [event] = await world.receive('zendesk', ticket())
    const dead = world.work(dyingAtAlarm())
    await expect(dead).rejects.toThrow('the process died here')
    expect(await world.adjustment(event!)).toMatchObject({ state })
    expect(await alarmsWritten()).toMatchObject([{ cause }])
    await world.sweep()
    await tellAll()
    expect(heard.filter(({ status }) => status === 'alarm')).toHaveLength(1)
  })

  it('is committed with the opening of the circuit', async () => {
    await setFaults({ kind: 'server_error', status: 503 })
    for (let count = 0; count < 4; count += 1) await world.receive('zendesk', ticket())
    await world.work()
    expect(await alarmsWritten()).toEqual([])
    const [last] = await world.receive('zendesk', ticket())
    await expect(world.work(dyingAtAlarm())).rejects.toThrow('the process died here')
    expect(await findCircuit(world.deps.db)).toMatchObject({ cause: 'unavailable' })
    expect(await alarmsWritten()).toMatchObject([{ cause: 'billing_unavailable' }])
    await world.sweep()
    await tellAll()
    const { id } = await world.adjustment(last!)
    expect(heard.map(({ lines }) => lines.join(' '))).toEqual([
      expect.stringMatching(new RegExp(`^The billing API does not answer.* adjustment ${id}`)),
    ])
  })

  it('is committed with a hold that nobody has answered for a day', async () => {
    const [event] = await world.receive('zendesk', ticket({ customer_external_id: 'nobody' }))
    await world.work()
    for (let hours = 0; hours < 24; hours += 4) {
      await world.advance(4 * HOUR)
      await world.sweep()
      await world.work(dyingAtAlarm()).catch(() => null)
    }
    expect((await alarmsWritten()).map(({ cause }: any) => cause)).toEqual(['hold_escalated'])
    expect(await actionsOf((await world.adjustment(event!)).id)).toContain('adjustment.escalated')
  })
})

describe('an alarm', () => {
  const raise = (adjustment: string, key = '') =>
    raiseAlarm(world.deps, 'second_invoice', { adjustment, invoice: 'inv_1' }, key)

  it('is raised once by many at once, and by another cause or rule again', async () => {
    await Promise.all(Array.from({ length: 20 }, (_, at) => raise(`adj_${at}`)))
    await raise('adj_20', 'another-rule')
    await raiseAlarm(world.deps, 'void_failed', { adjustment: 'adj_21' })
    expect(await alarmsWritten()).toHaveLength(3)
    expect(await tellAll()).toEqual(['told', 'told', 'told'])
    expect(heard).toHaveLength(3)
  })

  it('is found by the sweep when the queue heard nothing, and told then', async () => {
    const isDeaf = { ...world.deps, wakeNotices: () => Promise.reject(new Error('no queue')) }
    await raiseAlarm(isDeaf, 'second_invoice', { adjustment: 'adj_1' })
    expect(woken).toEqual([])
    await world.sweep()
    expect(await tellAll()).toEqual(['told'])
    expect(heard).toHaveLength(1)
  })

  it('is told again after a crash behind the sending, with the same id', async () => {
    await raise('adj_1')
    const [about] = woken.splice(0)
    const dying = { ...world.deps, ...dyingBehindSending(world.deps) }
    await expect(sendNotices(dying, about!)).rejects.toThrow('the process died here')
    await world.advance(NOTICE_LEASE_SECONDS + 1)
    await world.sweep()
    expect(await tellAll()).toEqual(['told'])
    expect(heard).toHaveLength(2)
    expect(heard[0]?.id).toBe(heard[1]?.id)
    await world.advance(NOTICE_LEASE_SECONDS + 1)
    await world.sweep()
    expect(await tellAll()).toEqual([])
  })

  it('that can not be told waits and is told later, without a second alarm', async () => {
    const trouble = { code: 'http_503', status: 503, retryAfterSeconds: null } as const
    answer = () => ({ meaning: 'transient', ...trouble })
    await raise('adj_1')
    expect(await tellAll()).toEqual(['postponed'])
    answer = () => null
    await world.advance(HOUR)
    await world.sweep()
    expect(await tellAll()).toEqual(['told'])
    expect(await alarmsWritten()).toHaveLength(1)
  })

  it('that is refused for good raises no alarm about itself', async () => {
    answer = () => ({
      meaning: 'permanent',
      code: 'http_404',
      status: 404,
      retryAfterSeconds: null,
    })
    await raise('adj_1')
    expect(await tellAll()).toEqual(['told'])
    expect(world.lines).toContainEqual(
      expect.objectContaining({ event: 'alarm.notice_given_up', channel: 'people' }),
    )
    expect(await alarmsWritten()).toHaveLength(1)
    expect(woken).toEqual([])
  })

  it('never breaks what it is about, and is logged where it can not be written', async () => {
    const db = openDatabase(env.DB, () => true)
    const dead = { ...world.deps, db: Object.assign(db, { batch: () => Promise.reject(db) }) }
    await raiseAlarm(dead, 'second_invoice', { adjustment: 'adj_1' })
    expect(world.lines.map(({ event }) => event)).toEqual([
      'alarm.second_invoice',
      'alarm.alarm_not_told',
    ])
  })

  it('is written nowhere where no channel is for people', async () => {
    const deps = { ...world.deps, db: openDatabase(env.DB, (source) => source === 'zendesk') }
    await raiseAlarm(deps, 'second_invoice', { adjustment: 'adj_1' })
    expect(await alarmsWritten()).toEqual([])
  })

  it('is wanted by Slack and by programs, and by no ticket', async () => {
    await raise('adj_1')
    await tellAll()
    const [notice] = heard
    const wanting = [slack(), signedWebhook(), zendeskComment(), freshdeskNote()]
    expect(wanting.filter((channel) => channel.wants(notice!)).map(({ name }) => name)).toEqual([
      'slack',
      'webhook',
    ])
  })
})
