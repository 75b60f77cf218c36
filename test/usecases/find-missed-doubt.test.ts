// What is found is never more, or anything else, than its own delivery would have been: where nobody can tell, a
// person decides, or it is left and people hear of it.

import { env } from 'cloudflare:workers'
import { afterEach, beforeAll, expect, it } from 'vitest'
import { usd } from '../../src/domain/money.ts'
import { zendeskBadRating } from '../../src/rules/zendesk-bad-rating.ts'
import { zendeskApproval } from '../../src/rules/zendesk-approval.ts'
import { act, AGENT, connectTrigger, gapWorld, rendered } from '../gap-world.ts'
import { countRows, refund, sandboxControl, ticket } from '../harness.ts'
import { zendesk } from '../notice-world.ts'
import { setFaults } from '../world.ts'

type World = Awaited<ReturnType<typeof gapWorld>>

const HOUR = 3_600
const LEAD = 'lead@saas.example'
const CUSTOMER = 'ap@acme.example'

beforeAll(async () => {
  await sandboxControl('POST', '/reset')
  await connectTrigger()
  const world = await gapWorld()
  await world.receive('stripe', refund())
  await world.receive('zendesk', ticket())
  await world.work()
})
afterEach(() => setFaults())

async function madeFor(ticketId: string): Promise<any[]> {
  const { results } = await env.DB.prepare(
    'SELECT * FROM adjustments WHERE subject = ? ORDER BY seq',
  )
    .bind(`ticket:${ticketId}`)
    .all<any>()
  return results
}

async function undosOf(ticketId: string): Promise<any[]> {
  const { results } = await env.DB.prepare('SELECT * FROM undos WHERE subject = ?')
    .bind(`ticket:${ticketId}`)
    .all<any>()
  return results
}

/** As many ticks as both searches need. */
async function findAll(world: World): Promise<void> {
  for (let tick = 0; tick < 20; tick++) {
    await world.find()
    await world.advance(60)
  }
}

async function findAndWork(world: World): Promise<void> {
  await world.advance(HOUR)
  await findAll(world)
  await world.work()
}

const leftIn = (world: World) =>
  world.lines.filter(({ event }) => event === 'alarm.deliveries_left')

async function plainTicket(): Promise<string> {
  const { ticket: made } = await zendesk('POST', '/tickets.json', {
    ticket: { subject: 'Down', comment: { body: 'Hello' }, requester_id: 9101 },
  })
  return String(made.id)
}

it("holds an agent's correction, by its own amount and its own asker", async () => {
  const world = await gapWorld()
  await findAll(world)
  const id = await world.asked()
  await world.advance(120)
  await act(id, {
    agent: LEAD,
    removeTags: ['credit_25', 'makegood_asked'],
    addTags: ['credit_requested', 'credit_10'],
  })
  await findAndWork(world)
  expect(await madeFor(id)).toMatchObject([
    { amount: -1_000, asker: LEAD, state: 'held', rule_hold: 'changed_since' },
  ])
})

it('tells of a correction alone that was lost, and gives nothing twice', async () => {
  const world = await gapWorld()
  await findAll(world)
  const id = await world.asked()
  await world.receive('zendesk', await rendered(id))
  await world.work()
  await world.advance(120)
  await act(id, {
    agent: LEAD,
    removeTags: ['credit_25', 'makegood_asked'],
    addTags: ['credit_10'],
  })
  await findAndWork(world)
  expect(await madeFor(id)).toMatchObject([{ amount: -2_500, state: 'invoiced' }])
  const { results } = await env.DB.prepare(
    'SELECT fate FROM events WHERE decision LIKE ? OR decision LIKE ? ORDER BY seq',
  )
    .bind(`%ticket:${id}"%`, `%${(await madeFor(id))[0].id}%`)
    .all()
  expect(results).toEqual([{ fate: 'adjusted' }, { fate: 'conflict' }])
})

it.each([
  ['an agent takes the amount off', { agent: AGENT, removeTags: ['credit_25'] }],
  ['a customer adds another one', { customer: CUSTOMER, comment: 'x', addTags: ['credit_10'] }],
])('holds a request after which %s', async (_, what) => {
  const world = await gapWorld()
  await findAll(world)
  const id = await world.asked()
  await world.advance(120)
  await act(id, what)
  await findAndWork(world)
  expect(await madeFor(id)).toMatchObject([
    { amount: -2_500, asker: AGENT, state: 'held', rule_hold: 'changed_since' },
  ])
})

it('credits nothing that was taken back before anybody heard of it', async () => {
  const world = await gapWorld()
  await findAll(world)
  const id = await world.asked()
  await world.advance(120)
  await act(id, { agent: AGENT, removeTags: ['credit_requested', 'credit_25'] })
  await findAndWork(world)
  expect(await madeFor(id)).toEqual([])
})

it('leaves an approval on a ticket whose trigger had sent already, and people hear of it', async () => {
  const { deps } = await gapWorld()
  const config = { ...deps.config, rules: [zendeskApproval(), ...deps.config.rules] }
  const world = await gapWorld({}, { config })
  await findAll(world)
  const id = await world.asked()
  await world.receive('zendesk', await rendered(id))
  const events = await countRows('events')
  await world.advance(120)
  // By hand: `makegood_asked` is still there, so the trigger sends nothing.
  await act(id, { agent: LEAD, addTags: ['credit_approved'] })
  await world.advance(HOUR)
  await findAll(world)
  expect(await countRows('events')).toBe(events)
  expect(leftIn(world)[0]).toMatchObject({
    endpoint: 'zendesk',
    left: 1,
    why: ['changed_since'],
    about: [`ticket:${id}`],
  })
})

it('finds a request that is followed by another event of its ticket', async () => {
  const { deps } = await gapWorld()
  const rules = [...deps.config.rules, zendeskBadRating({ amount: usd(5) })]
  const world = await gapWorld({}, { config: { ...deps.config, rules } })
  await findAll(world)
  const id = await world.asked()
  await world.advance(120)
  await world.receive('zendesk', {
    kind: 'makegood.rating',
    ticket_id: id,
    rating: 'bad',
    customer_external_id: 'acme-42',
    requester_email: CUSTOMER,
  })
  await world.advance(HOUR)
  await findAll(world)
  const made = await madeFor(id)
  expect(made.map(({ rule_id: rule }) => rule)).toContain('zendesk-ticket-credit')
})

it('finds an undo behind which the request that it undoes came once more', async () => {
  const world = await gapWorld()
  await findAll(world)
  const id = await world.asked()
  const first = await rendered(id)
  await world.receive('zendesk', first)
  await world.work()
  await world.advance(120)
  await act(id, {
    agent: AGENT,
    removeTags: ['credit_requested', 'credit_25', 'makegood_asked'],
    addTags: ['credit_undo'],
  })
  await world.advance(60)
  await world.receive('zendesk', { ...JSON.parse(first), customer_note: '' })
  await findAndWork(world)
  expect(await undosOf(id)).toMatchObject([{ asker: AGENT }])
})

it('knows a request by the minute where the desk writes no seconds', async () => {
  const world = await gapWorld()
  await findAll(world)
  const id = await world.asked()
  const sent = JSON.parse(await rendered(id))
  const minute = sent.updated_at.replace(/:\d\dZ$/, 'Z')
  await world.receive('zendesk', { ...sent, updated_at: minute })
  const events = await countRows('events')
  await world.advance(HOUR)
  await findAll(world)
  expect(await countRows('events')).toBe(events)
})

it('credits nothing that was asked long ago, though its ticket was touched', async () => {
  const world = await gapWorld()
  const id = await world.asked()
  await world.advance(60 * 24 * HOUR)
  await act(id, { agent: AGENT, addTags: ['seen'] })
  await findAndWork(world)
  expect(await madeFor(id)).toEqual([])
  expect(leftIn(world)[0]).toMatchObject({ why: ['asked_long_ago'], about: [`ticket:${id}`] })
})

it('takes in nothing that a customer has tagged himself', async () => {
  const world = await gapWorld()
  await findAll(world)
  const tags = ['credit_requested', 'credit_25', 'makegood_asked']
  const [own, both] = [await plainTicket(), await plainTicket()]
  for (const id of [own, both]) {
    await act(id, { customer: CUSTOMER, comment: 'Give me 25', addTags: tags })
  }
  await world.advance(300)
  await act(both, {
    agent: AGENT,
    removeTags: ['credit_25', 'makegood_asked'],
    addTags: ['credit_requested', 'credit_10'],
  })
  await findAndWork(world)
  expect(await madeFor(own)).toEqual([])
  expect(leftIn(world)).toEqual([])
  // What the agent asks there is his own, and no amount of the customer's.
  expect(await madeFor(both)).toMatchObject([{ amount: -1_000, asker: AGENT, state: 'held' }])
})

it.each([
  ['a refund without its customer', { customer: null, metadata: {} }],
  ['a refund without its amount', { amount: undefined }],
])('leaves %s to the delivery that is still to come', async (_, lacking) => {
  const world = await gapWorld()
  await findAll(world)
  const [event] = await world.refunds(1, lacking)
  await findAndWork(world)
  expect(leftIn(world)[0]).toMatchObject({ endpoint: 'stripe', why: ['not_whole'] })
  const { customer, metadata, amount } = refund().data.object
  const whole = structuredClone(event)
  Object.assign(whole.data.object, { customer, metadata, amount })
  const [id] = await world.receive('stripe', whole)
  await world.work()
  expect(await world.adjustment(id!)).toMatchObject({ state: 'invoiced' })
})

it('finds what comes behind any number of tickets that can not be read, and names them in the end', async () => {
  const world = await gapWorld()
  await findAll(world)
  const bad: string[] = []
  for (let n = 0; n < 8; n++) {
    bad.push(await world.asked())
    await world.advance(60)
  }
  const good = await world.asked()
  const audits = (id: string) => `/zendesk/api/v2/tickets/${id}/audits.json`
  await setFaults(...bad.map((id) => ({ kind: 'wrong_shape', path: audits(id) }) as const))
  await findAndWork(world)
  expect(await madeFor(good)).toMatchObject([{ state: 'invoiced' }])
  expect(await world.search('zendesk')).toMatchObject({ trouble: 'unexpected_shape' })
  for (let n = 0; n < 14; n++) {
    await world.advance(6 * HOUR)
    await world.find()
  }
  expect(await world.search('zendesk')).toMatchObject({ trouble: null, failures: 0 })
  const named = leftIn(world).flatMap(({ about }: any) => about)
  expect(new Set(named)).toEqual(new Set(bad.map((id) => `ticket:${id}`)))
})

it('stops at no ticket that it may not read', async () => {
  const world = await gapWorld()
  await findAll(world)
  const [closed, open] = [await world.asked(), await world.asked()]
  const path = `/zendesk/api/v2/tickets/${closed}.json`
  await setFaults({ kind: 'html', status: 403, path })
  await findAndWork(world)
  expect(await madeFor(open)).toMatchObject([{ state: 'invoiced' }])
})
