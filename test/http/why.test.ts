// An event that is asked for says why: on real rows, through the whole Worker.

import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { defineConfig } from '../../src/config.ts'
import { createApp } from '../../src/http/app.ts'
import { ruleSetHash } from '../../src/domain/rule-set.ts'
import config from '../makegood.config.ts'
import { given } from '../giving.ts'
import { event, OPERATOR, refund, ticket } from '../harness.ts'
import { createWorld } from '../world.ts'

type World = Awaited<ReturnType<typeof createWorld>>

async function received(world: World, endpoint: string, body: unknown): Promise<string> {
  const [id] = await world.receive(endpoint, body)
  if (id === undefined) throw new Error('no event')
  await world.work()
  return id
}

describe('why', () => {
  it('an adjustment has its rule, its fields, and where it stands', async () => {
    const world = await createWorld()
    const body = refund()
    const { why, fields } = await event(await received(world, 'stripe', body))
    const { id } = body.data.object
    expect(why).toEqual([
      `The rule stripe-refund-record made a credit of 25.99 USD to the source's customer cus_SampleAcme01 for refund:${id}.`,
      'It is a record: the money has already moved at Stripe.',
      expect.stringMatching(/^It is issued as invoice \S+, which is paid\.$/),
    ])
    expect(fields).toMatchObject({
      'data.object.id': id,
      'data.object.amount': 2_599,
      'data.object.status': 'succeeded',
    })
    // The rule declares what it reads; nothing else of the body is a field.
    expect(Object.keys(fields)).not.toContain('livemode')
  })

  it('a hold has the numbers of its limit', async () => {
    const world = await createWorld()
    const id = await received(
      world,
      'zendesk',
      ticket({ tags: 'credit_requested', amount: '300.00' }),
    )
    expect((await event(id)).why.slice(2)).toEqual([
      'It waits for a person.',
      'One above 250.00 USD waits for a person.',
    ])
  })

  it('a duplicate and a conflict name what was there before, and what differs', async () => {
    const world = await createWorld()
    const first = ticket()
    const made = await received(world, 'zendesk', first)
    const { adjustments } = await event(made)
    const again = { ...first, updated_at: '2026-10-26T08:00:00Z' }
    const duplicate = await event(await received(world, 'zendesk', again))
    const before = `${adjustments[0].id} of the event ${made} was there before: a credit of 25.00 USD to the customer acme-42 for ticket:${first.ticket_id}.`
    expect(duplicate.fate).toBe('duplicate')
    expect(duplicate.why).toEqual([
      before,
      'This event asks for the same, so nothing was made again.',
    ])
    const other = { ...first, tags: 'credit_requested credit_10', customer_external_id: '' }
    const conflict = await event(await received(world, 'zendesk', other))
    expect(conflict.fate).toBe('conflict')
    expect(conflict.why).toEqual([
      before,
      'This event asks for something else: amount: credit of 10.00 USD instead of credit of 25.00 USD; customer: nobody instead of acme-42. Nothing was changed.',
      'A person can make a further adjustment by hand, or dismiss this event.',
    ])
    expect(conflict.fields).toMatchObject({ tags: 'credit_requested credit_10' })
  })

  it('what is ignored shows the fields of the rule that was asked first', async () => {
    const world = await createWorld()
    const ignored = await event(await received(world, 'zendesk', ticket({ tags: 'billing' })))
    expect(ignored.why).toContain('No rule made anything of this event.')
    expect(ignored.why).toContain('The rule zendesk-ticket-credit ignored it: request tag missing.')
    expect(ignored.fields).toMatchObject({ tags: 'billing' })
  })

  it('what is undecided names the field, and what helps', async () => {
    const world = await createWorld()
    const body = ticket({ tags: 'credit_requested credit_10 credit_25' })
    const { why } = await event(await received(world, 'zendesk', body))
    expect(why.slice(0, 2)).toEqual([
      'The rule zendesk-ticket-credit could not decide: there is more than one amount (more than one amount: credit_10, credit_25).',
      'Leave only one of them, and let the source send it again.',
    ])
  })

  it('what nobody could read says what it was', async () => {
    const world = await createWorld()
    const { why, fields } = await event(await received(world, 'zendesk', 'Hello, World!'))
    expect(why).toEqual([
      'Nobody could read it: the delivery is not JSON.',
      'The source has to send JSON.',
    ])
    expect(fields).toEqual({})
  })

  it('a rule that threw is named', async () => {
    const world = await createWorld()
    const id = `t-${crypto.randomUUID()}`
    const body = [{ id, type: 'credit', subject: 'x:1', amount: 5, throws: true }]
    const { why, fields } = await event(await received(world, 'batch', body))
    expect(why.slice(0, 2)).toEqual([
      'The rule batch-credit could not decide: the rule itself failed (the rule threw: TypeError).',
      'Whoever maintains the rule has to look at it.',
    ])
    expect(fields).toMatchObject({ subject: 'x:1' })
  })

  it('an undo names what it undoes, and where that stands', async () => {
    const world = await createWorld()
    const subject = `order:${crypto.randomUUID()}`
    const undoes = [{ id: `${subject}-undo`, type: 'race', undo: subject }]
    const makes = [given(`${subject}-make`, 'race', { subject, amount: -500 })]
    const undoing = await received(world, 'batch', undoes)
    const what = `The rule race undoes what race made for ${subject}, or makes for it later.`
    expect((await event(undoing)).why.slice(0, 2)).toEqual([what, 'There is nothing of it yet.'])
    const made = await received(world, 'batch', makes)
    const [adjustment] = (await event(made)).adjustments
    expect((await event(undoing)).why.slice(0, 3)).toEqual([
      what,
      `It undoes ${adjustment.id} of the event ${made}: a credit of 5.00 USD to the customer acme-42 for ${subject}.`,
      'It was cancelled before it was issued: what it is for had been undone.',
    ])
  })

  it('a payload that was forgotten leaves the rest', async () => {
    const world = await createWorld()
    const id = await received(world, 'stripe', refund())
    await env.DB.prepare(
      'DELETE FROM payloads WHERE event_seq = (SELECT seq FROM events WHERE id = ?)',
    )
      .bind(id)
      .run()
    const { why, fields, payload } = await event(id)
    expect([payload, fields]).toEqual([null, {}])
    expect(why[0]).toContain('The rule stripe-refund-record made a credit of 25.99 USD')
    expect(why.at(-1)).toBe(
      'The fields that were read can not be shown: what was delivered is not kept any more.',
    )
  })
})

describe('under another configuration', () => {
  const asked = async (world: World, id: string, other: typeof config): Promise<any> => {
    const ruleSet = () => ruleSetHash(other.rules, null)
    const app = createApp(() => ({ ...world.deps, config: other, ruleSet }))
    const response = await app.request(`/api/v1/events/${id}`, { headers: OPERATOR })
    return (await response.json<any>()).data
  }

  it('a conflict says what the rules of now would ask for', async () => {
    const world = await createWorld()
    const first = ticket()
    await received(world, 'zendesk', first)
    const body = { ...first, tags: 'credit_requested credit_10' }
    const conflict = await received(world, 'zendesk', body)
    const { why } = await asked(world, conflict, config)
    expect(why[1]).toBe(
      'By the rules of now, which are others, this event asks for something else: amount: credit of 10.00 USD instead of credit of 25.00 USD. Nothing was changed.',
    )
  })

  it('an endpoint that is configured no more, and its rules, are known by the record', async () => {
    const world = await createWorld()
    const id = await received(world, 'stripe', refund())
    const { stripe: _, ...endpoints } = Object.fromEntries(config.endpoints)
    const rules = config.rules.filter(({ source }) => source !== 'stripe')
    const without = defineConfig({ currency: 'usd', timeZone: 'UTC', endpoints, rules })
    const { why, fields } = await asked(world, id, without)
    expect(why[0]).toContain('The rule stripe-refund-record made a credit of 25.99 USD')
    expect(why.at(-1)).toBe(
      'The fields that were read can not be shown: its endpoint is not configured any more.',
    )
    expect(fields).toEqual({})
  })
})
