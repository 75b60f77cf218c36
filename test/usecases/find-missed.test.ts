// What a source should have delivered and didn't: found by asking it, taken in as a delivery, each once.

import { env } from 'cloudflare:workers'
import { afterEach, beforeAll, expect, it } from 'vitest'
import { act, AGENT, connectTrigger, gapWorld, rendered, stripeId, VALUES } from '../gap-world.ts'
import { countRows, refund, sandboxControl, ticket } from '../harness.ts'
import { metered } from '../metered-database.ts'
import { zendesk } from '../notice-world.ts'
import { entriesOf, setFaults } from '../world.ts'

type World = Awaited<ReturnType<typeof gapWorld>>

const HOUR = 3_600

beforeAll(async () => {
  await sandboxControl('POST', '/reset')
  await connectTrigger()
  const world = await gapWorld()
  await world.receive('stripe', refund())
  await world.receive('zendesk', ticket())
  await world.work()
})
afterEach(() => setFaults())

/** Adjustments of these subjects, each with its state. */
async function adjustmentsOf(subjects: readonly string[]): Promise<any[]> {
  const { results } = await env.DB.prepare(
    `SELECT * FROM adjustments WHERE subject IN (SELECT value FROM json_each(?)) ORDER BY seq`,
  )
    .bind(JSON.stringify(subjects))
    .all<any>()
  return results
}

const subjectOf = ({ data }: any): string => `refund:${data.object.id}`

/** Ticks until both searches have come to their end. */
async function findAll(world: World, ticks = 20): Promise<void> {
  for (let tick = 0; tick < ticks; tick++) {
    await world.find()
    const rows = await Promise.all([world.search('stripe'), world.search('zendesk')])
    if (rows.every((row) => row.wake_at > world.now())) return
    await world.advance(60)
  }
  throw new Error('the searches do not come to their end')
}

it('finds an hour of missed deliveries of both sources, each one credit, and nothing of them later', async () => {
  const world = await gapWorld()
  await findAll(world)
  const refunds = await world.refunds(30)
  const tickets: string[] = []
  for (let n = 0; n < 30; n++) {
    tickets.push(await world.asked())
    await world.advance(120)
  }
  const subjects = [...refunds.map(subjectOf), ...tickets.map((id) => `ticket:${id}`)]
  await world.advance(HOUR)
  await findAll(world)
  await world.work()
  const made = await adjustmentsOf(subjects)
  expect(new Set(made.map(({ subject }) => subject))).toEqual(new Set(subjects))
  expect(made).toHaveLength(60)
  expect(new Set(made.map(({ state }) => state))).toEqual(new Set(['invoiced']))
  expect(made.find(({ subject }) => subject === `ticket:${tickets[0]}`)).toMatchObject({
    rule_id: 'zendesk-ticket-credit',
    amount: -2_500,
    currency: 'usd',
    customer_reference: 'acme-42',
    asker: AGENT,
  })
  expect([await world.search('stripe'), await world.search('zendesk')]).toMatchObject([
    { last_found: 30, failures: 0, position: null },
    { last_found: 30, failures: 0, position: null },
  ])
  const alarms = world.lines.filter(({ event }) => event === 'alarm.deliveries_missed')
  expect(alarms).toMatchObject([
    { endpoint: 'stripe', found: 30 },
    { endpoint: 'zendesk', found: 30 },
  ])

  const events = await countRows('events')
  for (const event of refunds) await world.receive('stripe', event)
  for (const id of tickets) await world.receive('zendesk', await rendered(id))
  // The trigger's own body is byte for byte the one that was made of the audits: the same event.
  expect(await countRows('events')).toBe(events)
  await world.advance(2 * HOUR)
  await findAll(world)
  expect(await countRows('events')).toBe(events)
  expect(await adjustmentsOf(subjects)).toHaveLength(60)
  expect((await world.search('stripe')).last_found).toBe(0)
}, 60_000)

it('says in the log who brought it: we asked, and no delivery did', async () => {
  const world = await gapWorld()
  const [event] = await world.refunds(1)
  await world.advance(HOUR)
  await findAll(world)
  const id = await stripeId(event)
  const { results } = await env.DB.prepare(
    `SELECT actor, action FROM audit_entries WHERE subject = ?1
      OR subject IN (SELECT id FROM adjustments WHERE event_id = ?1)`,
  )
    .bind(id)
    .all()
  expect(results).toEqual([
    { actor: 'system:gaps', action: 'event.received' },
    { actor: 'system:gaps', action: 'adjustment.created' },
  ])
  expect(await entriesOf(id)).toMatchObject([{ data: { fate: 'adjusted' } }])
  // The queue heard of it at once.
  expect(world.queue).toHaveLength(1)
})

it('leaves what is younger than a quarter of an hour, and finds it later', async () => {
  const world = await gapWorld()
  await findAll(world)
  await world.advance(HOUR - 300)
  const [event] = await world.refunds(1)
  const id = await world.asked()
  await world.advance(600)
  await findAll(world)
  const subjects = [subjectOf(event), `ticket:${id}`]
  expect(await adjustmentsOf(subjects)).toEqual([])
  await world.advance(HOUR)
  await findAll(world)
  expect(await adjustmentsOf(subjects)).toHaveLength(2)
})

it('finds a ticket that the search did not know yet an hour ago', async () => {
  const world = await gapWorld()
  await findAll(world)
  await world.advance(40 * 60)
  const id = await world.asked()
  await world.advance(21 * 60)
  const path = '/zendesk/api/v2/search.json'
  await setFaults({ kind: 'lagging_list', path, ms: 25 * 60_000 })
  await findAll(world)
  expect(await world.search('zendesk')).toMatchObject({ last_at: world.now() })
  expect(await adjustmentsOf([`ticket:${id}`])).toEqual([])
  await world.advance(HOUR)
  await findAll(world)
  expect(await adjustmentsOf([`ticket:${id}`])).toHaveLength(1)
})

it('looks a day back at first, and never behind the first delivery of its endpoint', async () => {
  const world = await gapWorld()
  const [old] = await world.refunds(1)
  await world.advance(25 * HOUR)
  const [recent] = await world.refunds(1)
  await world.advance(HOUR)
  await findAll(world)
  expect(await adjustmentsOf([subjectOf(old), subjectOf(recent)])).toMatchObject([
    { subject: subjectOf(recent) },
  ])
  await env.DB.prepare('DELETE FROM gap_searches').run()
  const [before] = await world.refunds(1)
  await world.advance(HOUR)
  await env.DB.prepare('UPDATE endpoint_starts SET at = ?').bind(world.now()).run()
  const [after] = await world.refunds(1)
  await world.advance(HOUR)
  await findAll(world)
  expect(await adjustmentsOf([subjectOf(before), subjectOf(after)])).toMatchObject([
    { subject: subjectOf(after) },
  ])
})

it.each(['before', 'after', 'between'])(
  'makes one credit where a delivery with another template comes %s the look and the commit',
  async (when) => {
    const world = await gapWorld()
    await findAll(world)
    const [event] = await world.refunds(1)
    const id = await world.asked()
    await world.advance(2 * HOUR)
    // The trigger of somebody's own: the same request in other bytes.
    const own = { ...JSON.parse(await rendered(id)), customer_note: '' }
    const deliveries = [() => world.receive('stripe', event), () => world.receive('zendesk', own)]
    const deliver = async () => {
      for (const each of deliveries) await each()
    }
    const between = async () => {
      if (when === 'between') await deliveries.shift()?.()
      return world.deps.ruleSet()
    }
    if (when === 'before') await deliver()
    // The last thing that is asked for before the commit: what is known was read by then.
    await world.find({ ruleSet: between })
    await findAll(world)
    if (when === 'after') await deliver()
    await world.workAtOnce()
    expect(await adjustmentsOf([subjectOf(event), `ticket:${id}`])).toMatchObject([
      { state: 'invoiced' },
      { state: 'invoiced' },
    ])
    const { results } = await env.DB.prepare(
      'SELECT fate FROM events WHERE source = ? AND received_at >= ? ORDER BY seq',
    )
      .bind('zendesk', world.now() - HOUR * 1_000)
      .all<any>()
    const isTwo = when !== 'before'
    expect(results.map(({ fate }) => fate)).toEqual(
      isTwo ? ['adjusted', 'duplicate'] : ['adjusted'],
    )
    expect((await world.search('stripe')).last_found).toBe(when === 'after' ? 1 : 0)
    expect((await world.search('zendesk')).last_found).toBe(isTwo ? 1 : 0)
  },
)

it('knows what came and was not answered in the ticket: nothing is taken in twice', async () => {
  const world = await gapWorld()
  await findAll(world)
  const id = await world.asked()
  const own = { ...JSON.parse(await rendered(id)), customer_note: '' }
  await world.advance(1)
  await world.receive('zendesk', own)
  const events = await countRows('events')
  for (let hours = 0; hours < 4; hours++) {
    // Somebody changes something else: the ticket is found each time, and its tag is the old one.
    await act(id, { agent: AGENT, addTags: [`seen_${hours}`] })
    await world.advance(HOUR)
    await findAll(world)
  }
  expect(await countRows('events')).toBe(events)
  expect((await world.search('zendesk')).last_found).toBe(0)
})

it('takes in what the ticket asks for now, as it was when it was tagged', async () => {
  const { ticket_field: field } = await zendesk('POST', '/ticket_fields.json', {
    ticket_field: { type: 'decimal', title: 'Credit amount' },
  })
  const world = await gapWorld({
    zendesk: { amountField: 'ZENDESK_AMOUNT_FIELD' },
    values: { ...VALUES, ZENDESK_AMOUNT_FIELD: String(field.id) },
  })
  const fields = { [String(field.id)]: '17.5' }
  const id = await world.asked({ tags: ['credit_requested'], fields, agent: 'lead@saas.example' })
  await world.advance(60)
  // Whoever changes the amount afterwards has not asked for it.
  await act(id, { agent: AGENT, fields: { [String(field.id)]: '99' } })
  await world.advance(HOUR)
  await findAll(world)
  expect(await adjustmentsOf([`ticket:${id}`])).toMatchObject([
    { amount: -1_750, asker: 'lead@saas.example', customer_reference: 'acme-42' },
  ])
})

it('asks by the organization where the template does', async () => {
  const world = await gapWorld({ zendesk: { customer: 'organization' } })
  const id = await world.asked()
  await world.advance(HOUR)
  await findAll(world)
  expect(await adjustmentsOf([`ticket:${id}`])).toMatchObject([{ customer_reference: 'org-acme' }])
})

it('holds what a customer has tagged himself, and what nobody can tell', async () => {
  const world = await gapWorld()
  await findAll(world)
  const { ticket: made } = await zendesk('POST', '/tickets.json', {
    ticket: { subject: 'Down', comment: { body: 'Hello' }, requester_id: 9101 },
  })
  await act(made.id, {
    customer: 'ap@acme.example',
    comment: 'Give me 25',
    addTags: ['credit_requested', 'credit_25'],
  })
  await world.advance(HOUR)
  await findAll(world)
  await world.work()
  const [held] = await adjustmentsOf([`ticket:${made.id}`])
  expect(held).toMatchObject({ state: 'held', asker: null, rule_hold: 'asker_unknown' })
})

it('finds a missed undo, and nothing on a ticket whose tag is gone', async () => {
  const world = await gapWorld()
  await findAll(world)
  const [undone, answered] = [await world.asked(), await world.asked()]
  for (const id of [undone, answered]) await world.receive('zendesk', await rendered(id))
  await world.work()
  await world.advance(60)
  await act(undone, {
    agent: AGENT,
    removeTags: ['credit_requested', 'makegood_asked'],
    addTags: ['credit_undo'],
  })
  await act(answered, { agent: AGENT, removeTags: ['credit_requested'] })
  await world.advance(HOUR)
  const events = await countRows('events')
  await findAll(world)
  expect(await countRows('events')).toBe(events + 1)
  const made = await adjustmentsOf([`ticket:${undone}`, `ticket:${answered}`])
  const undos = await env.DB.prepare('SELECT * FROM undos WHERE subject = ?')
    .bind(`ticket:${undone}`)
    .all<any>()
  expect(undos.results).toMatchObject([{ asker: AGENT }])
  expect(made.filter(({ subject }) => subject === `ticket:${answered}`)).toHaveLength(1)
})

it('is held up by no other source: a limiter, and its own hour', async () => {
  const world = await gapWorld()
  await findAll(world)
  const [event] = await world.refunds(1)
  const id = await world.asked()
  await world.advance(HOUR)
  await setFaults({ kind: 'rate_limited', retryAfterSeconds: 600, path: '/stripe/**', times: 1 })
  await world.find()
  expect(await adjustmentsOf([subjectOf(event), `ticket:${id}`])).toMatchObject([
    { subject: `ticket:${id}` },
  ])
  expect(await world.search('stripe')).toMatchObject({
    failures: 1,
    trouble: 'http_429',
    wake_at: world.now() + 600_000,
  })
  await world.advance(599)
  await world.find()
  expect(await adjustmentsOf([subjectOf(event)])).toEqual([])
  await world.advance(1)
  await world.find()
  expect(await adjustmentsOf([subjectOf(event)])).toHaveLength(1)
  expect(await world.search('stripe')).toMatchObject({ failures: 0, trouble: null, last_found: 1 })
})

it.each([
  ['a gateway', { kind: 'html', status: 200 }, 'not_json'],
  ['half a body', { kind: 'truncated_json' }, 'not_json'],
  ['another shape', { kind: 'wrong_shape' }, 'unexpected_shape'],
  ['an error', { kind: 'server_error', status: 503 }, 'http_503'],
  ['a broken connection', { kind: 'reset_body' }, 'network'],
] as const)('moves nothing on after %s, and tells people once', async (_, fault, code) => {
  const world = await gapWorld()
  await findAll(world)
  const [event] = await world.refunds(1)
  const id = await world.asked()
  await world.advance(2 * HOUR)
  await setFaults(
    { ...fault, path: '/stripe/**' },
    { ...fault, path: '/zendesk/api/v2/tickets/*/audits.json' },
  )
  const until = (await world.search('zendesk')).searched_until
  for (let tick = 0; tick < 6; tick++) {
    await world.find()
    await world.advance(HOUR)
  }
  for (const endpoint of ['stripe', 'zendesk']) {
    const row = await world.search(endpoint)
    expect(row).toMatchObject({ trouble: code, found: 0 })
    expect(row.failures).toBeGreaterThanOrEqual(5)
    const told = world.lines.filter(
      (line) => line.event === 'alarm.gap_search_failed' && line['endpoint'] === endpoint,
    )
    expect(told).toMatchObject([{ code, failures: 3 }])
  }
  expect((await world.search('zendesk')).searched_until).toBe(until)
  expect(await adjustmentsOf([subjectOf(event), `ticket:${id}`])).toEqual([])
  await setFaults()
  await world.advance(HOUR)
  await findAll(world)
  expect(await adjustmentsOf([subjectOf(event), `ticket:${id}`])).toHaveLength(2)
})

it('pages through more than one page, in a shorter time where they are too many', async () => {
  const world = await gapWorld()
  await findAll(world)
  const events = await world.refunds(1_050, { status: 'pending' })
  await world.advance(24 * HOUR)
  const status = async () =>
    (await env.DB.prepare(
      'SELECT count(*) AS n FROM events WHERE own_id IN (SELECT value FROM json_each(?))',
    )
      .bind(JSON.stringify(events.map(({ id }) => id)))
      .first<{ n: number }>())!.n
  await findAll(world)
  expect(await status()).toBe(1_050)
  expect((await world.search('stripe')).last_found).toBe(1_050)
}, 120_000)

it('gives up on a list that never goes on', async () => {
  const world = await gapWorld()
  await findAll(world)
  await world.refunds(3)
  await world.advance(2 * HOUR)
  await setFaults({ kind: 'repeating_cursor', path: '/stripe/v1/events' })
  await world.find()
  expect(await world.search('stripe')).toMatchObject({ trouble: 'list_repeats', failures: 1 })
})

it('finds the others where one ticket can not be read, and that one once it can', async () => {
  const world = await gapWorld()
  await findAll(world)
  const ids: string[] = []
  for (let n = 0; n < 4; n++) {
    ids.push(await world.asked())
    await world.advance(60)
  }
  const subjects = ids.map((id) => `ticket:${id}`)
  await world.advance(HOUR)
  await setFaults({
    kind: 'server_error',
    status: 500,
    path: `/zendesk/api/v2/tickets/${ids[1]}/audits.json`,
  })
  for (let tick = 0; tick < 3; tick++) {
    await world.find()
    await world.advance(HOUR)
  }
  const found = () => adjustmentsOf(subjects).then((rows) => rows.map(({ subject }) => subject))
  expect(await found()).toEqual([subjects[0], subjects[2], subjects[3]])
  expect(await world.search('zendesk')).toMatchObject({
    trouble: 'http_500',
    failures: 3,
    found: 3,
  })
  const told = world.lines.filter(({ event }) => event === 'alarm.gap_search_failed')
  expect(told).toMatchObject([{ endpoint: 'zendesk', code: 'http_500', found: 3 }])
  await setFaults()
  await world.advance(HOUR)
  await findAll(world)
  expect(await found()).toEqual([subjects[0], subjects[2], subjects[3], subjects[1]])
  expect((await world.search('zendesk')).last_found).toBe(4)
})

it('goes on at the next tick where the time of one is up', async () => {
  const world = await gapWorld()
  await findAll(world)
  const tickets: string[] = []
  for (let n = 0; n < 7; n++) {
    tickets.push(await world.asked())
    await world.advance(60)
  }
  await world.advance(HOUR)
  const subjects = tickets.map((id) => `ticket:${id}`)
  const counts: number[] = []
  for (let tick = 0; tick < 12; tick++) {
    let looks = 0
    // Each look at the clock takes three seconds.
    await world.find({ now: () => world.now() + (looks += 1) * 3_000 })
    counts.push((await adjustmentsOf(subjects)).length)
    await world.advance(60)
  }
  expect(counts[0]).toBeGreaterThan(0)
  expect(counts[0]).toBeLessThan(7)
  expect(counts.at(-1)).toBe(7)
  expect((await world.search('zendesk')).last_found).toBe(7)
})

it('is searched by one at a time', async () => {
  const world = await gapWorld()
  await world.refunds(5)
  await world.advance(HOUR)
  await Promise.all([world.find(), world.find(), world.find()])
  expect(await world.search('stripe')).toMatchObject({ version: 1, last_found: 5 })
  const alarms = world.lines.filter(
    ({ event, endpoint }) => event === 'alarm.deliveries_missed' && endpoint === 'stripe',
  )
  expect(alarms).toHaveLength(1)
})

it('is one statement while nothing is to be asked, and few where nothing is missing', async () => {
  const world = await gapWorld()
  await findAll(world)
  const idle = await metered((db) => world.find({ db }))
  expect(idle).toMatchObject({ statements: 1, rowsWritten: 0 })
  expect(idle.rowsRead).toBeLessThanOrEqual(6)
  await world.advance(HOUR)
  const nothing = await metered((db) => world.find({ db }))
  // For each source: taken, read, ended.
  expect(nothing).toMatchObject({ statements: 7, rowsWritten: 4 })
  expect(nothing.rowsRead).toBeLessThanOrEqual(24)
})

it('finds what came of a ticket on an index, however many events there are', async () => {
  const world = await gapWorld()
  const id = await world.asked()
  await world.receive('zendesk', await rendered(id))
  const events = Array.from({ length: 40 }, () => ticket())
  for (const each of events) await world.receive('zendesk', each)
  await world.advance(HOUR)
  const looked = await metered((db) => world.find({ db }))
  expect(looked.rowsRead).toBeLessThan(80)
})

it('loses and doubles nothing where the process dies at any statement', async () => {
  for (let dies = 1; ; dies++) {
    const world = await gapWorld()
    const refunds = await world.refunds(2)
    const tickets = [await world.asked(), await world.asked()]
    await world.advance(HOUR)
    const died = await findUntil(world, dies)
    await world.advance(180)
    await findAll(world)
    await world.sweep()
    await world.work()
    const subjects = [...refunds.map(subjectOf), ...tickets.map((id) => `ticket:${id}`)]
    const made = await adjustmentsOf(subjects)
    expect([dies, made.map(({ state }) => state)]).toEqual([dies, Array(4).fill('invoiced')])
    const told = world.lines.filter(({ event }) => event === 'alarm.deliveries_missed')
    expect([dies, told.map(({ endpoint }) => endpoint).includes('stripe')]).toEqual([dies, true])
    expect([dies, told.map(({ endpoint }) => endpoint).includes('zendesk')]).toEqual([dies, true])
    if (!died) {
      expect(dies).toBe(14)
      return
    }
  }
}, 300_000)

/** Whether it died: behind its nth statement or batch, whose effect stays. */
async function findUntil(world: World, nth: number): Promise<boolean> {
  let [used, hasDied] = [0, false]
  const dying =
    <Call extends (...args: any[]) => Promise<unknown>>(call: Call) =>
    async (...args: Parameters<Call>) => {
      if (hasDied) throw new Error('the process is dead')
      const result = await call(...args)
      used += 1
      if (used < nth) return result
      hasDied = true
      throw new Error('the process died here')
    }
  const inner = new WeakMap<object, D1PreparedStatement>()
  const wrap = (statement: D1PreparedStatement): object => {
    const wrapped = {
      bind: (...values: unknown[]) => wrap(statement.bind(...values)),
      all: dying(() => statement.all()),
      run: dying(() => statement.run()),
      raw: dying(() => statement.raw()),
    }
    inner.set(wrapped, statement)
    return wrapped
  }
  const database: any = {
    prepare: (query: string) => wrap(env.DB.prepare(query)),
    batch: dying((statements: object[]) =>
      env.DB.batch(statements.map((each) => inner.get(each)!)),
    ),
  }
  const { openDatabase } = await import('../../src/db/database.ts')
  await world.find({ db: openDatabase(database) }).catch(() => undefined)
  return hasDied
}
