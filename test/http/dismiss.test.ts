// Dismissing over HTTP: what waits for a person is settled without an adjustment, once, and stays told.

import { beforeEach, describe, expect, it } from 'vitest'
import type { EventId } from '../../src/domain/ids.ts'
import { createApp } from '../../src/http/app.ts'
import { countRows, event, OPERATOR, ticket } from '../harness.ts'
import { createWorld, entriesOf } from '../world.ts'

let world: Awaited<ReturnType<typeof createWorld>>
beforeEach(async () => {
  world = await createWorld()
})

async function dismiss(id: string, body?: string): Promise<any> {
  const app = createApp(() => world.deps)
  const response = await app.request(`/api/v1/events/${id}/dismiss`, {
    method: 'POST',
    headers: OPERATOR,
    ...(body === undefined ? {} : { body }),
  })
  return { status: response.status, ...(await response.json<any>()) }
}

async function received(body: unknown): Promise<EventId> {
  const [id] = await world.receive('zendesk', body)
  if (id === undefined) throw new Error('no event')
  return id
}

const UNDECIDED = { tags: 'credit_requested credit_10 credit_25' }

async function conflict(): Promise<EventId> {
  const first = ticket()
  await received(first)
  return received({ ...first, tags: 'credit_requested credit_10' })
}

describe('POST /events/:id/dismiss', () => {
  it('settles what is undecided, whose reasons stay, and writes down who did it', async () => {
    const id = await received(ticket(UNDECIDED))
    const before = await event(id)
    expect(before.fate).toBe('undecided')
    const { status, data } = await dismiss(id)
    expect(status).toBe(200)
    expect(data.fate).toBe('dismissed')
    expect(before).toMatchObject({ ...data, fate: 'undecided' })
    const after = await event(id)
    expect(after).toEqual({ ...before, fate: 'dismissed', why: expect.any(Array) })
    expect(after.why).toEqual([
      'A person has dismissed this event: nothing more is to be done for it.',
      ...before.why,
    ])
    expect((await entriesOf(id)).at(-1)).toEqual({
      action: 'event.dismissed',
      data: { fate: 'undecided' },
    })
  })

  it('settles a conflict, which is not answered by hand any more', async () => {
    const id = await conflict()
    expect(await dismiss(id, '{}')).toMatchObject({ status: 200, data: { fate: 'dismissed' } })
    expect((await event(id)).why).toContainEqual(expect.stringContaining('instead of credit of'))
    const response = await createApp(() => world.deps).request('/api/v1/adjustments', {
      method: 'POST',
      headers: OPERATOR,
      body: JSON.stringify({
        customerId: 'cus_acme',
        direction: 'credit',
        amount: 1_000,
        currency: 'usd',
        reason: 'goodwill',
        conflict: id,
      }),
    })
    expect([response.status, (await response.json<any>()).error.code]).toEqual([
      409,
      'event_is_no_conflict',
    ])
  })

  it('changes nothing the second time, nor for the second of two at once', async () => {
    const id = await conflict()
    const answers = await Promise.all([dismiss(id), dismiss(id), dismiss(id)])
    expect(answers.map(({ status, data }) => [status, data.fate])).toEqual(
      Array(3).fill([200, 'dismissed']),
    )
    const entries = await countRows('audit_entries')
    expect((await dismiss(id)).status).toBe(200)
    expect(await countRows('audit_entries')).toBe(entries)
    const actions = (await entriesOf(id)).map(({ action }) => action)
    expect(actions).toEqual(['event.received', 'event.dismissed'])
  })

  it.each([
    ['adjusted', ticket()],
    ['ignored', ticket({ tags: 'billing' })],
  ])('is 409 for what is %s', async (fate, body) => {
    const id = await received(body)
    expect(await dismiss(id)).toMatchObject({
      status: 409,
      error: {
        type: 'conflict_error',
        code: 'not_dismissable',
        message: `Only a conflict, or what is undecided, is dismissed: this event is ${fate}.`,
      },
    })
    expect((await event(id)).fate).toBe(fate)
  })

  it('is 409 for a duplicate, which needs nobody', async () => {
    const first = ticket()
    await received(first)
    const id = await received({ ...first, updated_at: '2026-10-26T08:00:00Z' })
    expect(await dismiss(id)).toMatchObject({ status: 409, error: { code: 'not_dismissable' } })
  })

  it.each(['evt_no', `evt_${'0'.repeat(32)}`])('is 404 for %s', async (id) => {
    expect(await dismiss(id)).toMatchObject({ status: 404, error: { code: 'event_not_found' } })
  })

  it('refuses what it does not keep, by name', async () => {
    const id = await received(ticket(UNDECIDED))
    expect(await dismiss(id, '{ "note": "asked twice" }')).toMatchObject({
      status: 400,
      error: { code: 'validation_error', param: 'note' },
    })
    expect((await event(id)).fate).toBe('undecided')
  })
})
