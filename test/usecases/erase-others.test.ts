// An erasure takes out one person: of another customer, also of one who is called alike somewhere else, nothing
// goes, and he is paid as before.

import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { findErasure } from '../../src/db/read-erasures.ts'
import { findEvent } from '../../src/db/read-events.ts'
import type { ErasureId, EventId } from '../../src/domain/ids.ts'
import { ERASURE_AGAIN_SECONDS, ERASURE_IDENTIFIERS_MAX } from '../../src/domain/limits.ts'
import { BOOTSTRAP } from '../../src/domain/operator.ts'
import { dismissEvent } from '../../src/usecases/dismiss-event.ts'
import { eraseByClock } from '../../src/usecases/erase.ts'
import { makeAdjustment } from '../../src/usecases/make-adjustment.ts'
import { rejectAdjustment } from '../../src/usecases/reject-adjustment.ts'
import { requestErasure } from '../../src/usecases/request-erasure.ts'
import { requeueEvent } from '../../src/usecases/requeue-event.ts'
import { startErasures } from '../erasure-start.ts'
import { api, refund, ticket } from '../harness.ts'
import { createWorld, entriesOf } from '../world.ts'

let world: Awaited<ReturnType<typeof createWorld>>
beforeEach(async () => {
  await startErasures()
  world = await createWorld()
})

async function ask(
  texts: readonly string[],
  id: string | null = null,
  externalId: string | null = null,
): Promise<ErasureId> {
  const customer = { id, externalId, texts }
  const requested = await requestErasure(world.deps, BOOTSTRAP, { customer, reason: 'other' })
  if (!requested.ok) throw new Error(requested.error.reason)
  return requested.value.id
}

async function erase(
  texts: readonly string[],
  customerId: string | null = null,
  externalId: string | null = null,
) {
  const id = await ask(texts, customerId, externalId)
  await eraseByClock(world.deps)
  const erasure = (await findErasure(world.deps.db, id))!
  expect(erasure.finishedAt).not.toBeNull()
  return erasure.counts
}

const isKept = async (id: EventId): Promise<boolean> =>
  (await findEvent(world.deps.db, id))?.payload !== null

const identify = (account: string, kind: string, value: string, customerId: string) =>
  env.DB.prepare(`INSERT INTO identities VALUES (NULL, ?, ?, ?, ?, 1, 'operator:anna')`)
    .bind(account, kind, value, customerId)
    .run()

const identities = async () =>
  (await env.DB.prepare(`SELECT customer_id AS of, value FROM identities ORDER BY seq`).all())
    .results

const drawn = (name: string): string => `${name}-${crypto.randomUUID()}`

async function issued(fields: Record<string, unknown>): Promise<EventId> {
  const [event] = await world.receive('zendesk', ticket(fields))
  expect(await world.work()).toEqual(['issued'])
  return event!
}

describe('another customer who has the same number in another account', () => {
  it('keeps identity, reference, note and payload, and has nothing of it in the log', async () => {
    await identify('intercom', 'source_id', '42', 'cus_acme')
    await identify('zendesk', 'external_id', '42', 'cus_bolt')
    const event = await issued({ customer_external_id: '42' })
    const { id, customerId } = await world.adjustment(event)
    expect(customerId).toBe('cus_bolt')
    const counts = await erase([], 'cus_acme')
    expect(counts).toMatchObject({ adjustments: 0, payloads: 0, identities: 1, notSearched: 1 })
    expect(await identities()).toEqual([{ of: 'cus_bolt', value: '42' }])
    expect((await world.adjustment(event)).customerReference).toBe('42')
    expect(await isKept(event)).toBe(true)
    expect((await entriesOf(id)).map(({ action }) => action)).not.toContain('adjustment.erased')
    const next = await issued({ customer_external_id: '42' })
    expect((await world.adjustment(next)).customerId).toBe('cus_bolt')
  })

  it('is paid as before, also where the billing API knows a third one by it', async () => {
    await identify('zendesk', 'external_id', 'acme-42', 'cus_bolt')
    await identify('intercom', 'source_id', 'acme-42', 'cus_erased')
    await erase([], 'cus_erased')
    const next = await issued({ customer_external_id: 'acme-42' })
    expect((await world.adjustment(next)).customerId).toBe('cus_bolt')
  })

  it('keeps his payloads where what is said for all accounts is not said of his', async () => {
    const reference = drawn('ref')
    await identify('', 'external_id', reference, 'cus_acme')
    await identify('zendesk', 'external_id', reference, 'cus_bolt')
    const event = await issued({ customer_external_id: reference })
    await erase([], 'cus_acme')
    expect([await isKept(event), (await world.adjustment(event)).customerReference]).toEqual([
      true,
      reference,
    ])
    expect(await identities()).toEqual([{ of: 'cus_bolt', value: reference }])
  })

  it('and whom nobody knows yet, keeps what names him in his own account', async () => {
    const reference = drawn('desk')
    await identify('intercom', 'external_id', reference, 'cus_acme')
    const body = (fields: object) => ticket({ customer_external_id: reference, ...fields })
    const [held] = await world.receive('zendesk', body({}))
    expect(await world.work()).toEqual(['held'])
    const { id, version } = await world.adjustment(held!)
    await rejectAdjustment(world.deps, BOOTSTRAP, id, { version, note: 'told' })
    const [ignored] = await world.receive('zendesk', body({ tags: 'none' }))
    await erase([], 'cus_acme')
    expect(await world.adjustment(held!)).toMatchObject({
      customerReference: reference,
      decisionNote: 'told',
    })
    expect([await isKept(held!), await isKept(ignored!)]).toEqual([true, true])
    await identify('zendesk', 'external_id', reference, 'cus_acme')
    await erase([], 'cus_acme')
    expect((await world.adjustment(held!)).customerReference).toBeNull()
    expect([await isKept(held!), await isKept(ignored!)]).toEqual([false, false])
  })

  it('is not waited for, and is paid what was due when the other was erased', async () => {
    await identify('intercom', 'source_id', '42', 'cus_acme')
    await identify('zendesk', 'external_id', '42', 'cus_bolt')
    const [event] = await world.receive('zendesk', ticket({ customer_external_id: '42' }))
    await erase([], 'cus_acme', '42')
    expect((await world.adjustment(event!)).chosenCustomerId).toBeNull()
    expect(await world.work()).toEqual(['issued'])
    expect((await world.adjustment(event!)).customerId).toBe('cus_bolt')
  })

  it.each(['42', 'ref-71'])(
    'keeps what he has where the request’s own external id, %s, is his too',
    async (reference) => {
      await identify('zendesk', 'external_id', reference, 'cus_bolt')
      await identify('standard', 'external_id', reference, 'cus_acme')
      const event = await issued({ customer_external_id: reference })
      const counts = await erase([], 'cus_acme', reference)
      expect(counts).toMatchObject({ adjustments: 0, payloads: 0, identities: 1 })
      expect((await world.adjustment(event)).customerReference).toBe(reference)
      expect([await isKept(event), await identities()]).toEqual([
        true,
        [{ of: 'cus_bolt', value: reference }],
      ])
    },
  )

  it('keeps his ticket about a thing that is called as the erased person is', async () => {
    const event = await issued({ customer_external_id: 'bolt-7', comment: 'an orange cable' })
    expect(await erase([], 'cus_acme', 'orange')).toMatchObject({ payloads: 0 })
    expect(await isKept(event)).toBe(true)
  })

  it('whom nobody knows, and is found by the external id of the request, is the erased one', async () => {
    const reference = drawn('ref')
    const [held] = await world.receive('zendesk', ticket({ customer_external_id: reference }))
    expect(await world.work()).toEqual(['held'])
    const { id, version } = await world.adjustment(held!)
    await rejectAdjustment(world.deps, BOOTSTRAP, id, { version, note: null })
    const body = ticket({ tags: 'none', customer_external_id: reference.toUpperCase() })
    const [ignored] = await world.receive('zendesk', body)
    await erase([], 'cus_acme', reference)
    expect((await world.adjustment(held!)).customerReference).toBeNull()
    expect([await isKept(held!), await isKept(ignored!)]).toEqual([false, false])
  })

  it('keeps all that he has where both have one e-mail, unless that was asked for', async () => {
    const mail = `billing@${crypto.randomUUID()}.example`
    await identify('zendesk', 'email', mail, 'cus_bolt')
    await identify('standard', 'email', mail, 'cus_acme')
    const event = await issued({ customer_external_id: '', requester_email: mail })
    const { id } = await world.adjustment(event)
    const notes = `INSERT INTO discrepancies (id, reason, mode, adjustment_id, expected, found, fields,
      first_seen_at, last_seen_at, note) VALUES ('${drawn('dsc')}', 'differs', 'test', ?, 1, 2, '[]', 1, 1, ?)`
    await env.DB.prepare(notes).bind(id, `asked ${mail}`).run()
    const note = () =>
      env.DB.prepare(`SELECT note FROM discrepancies WHERE adjustment_id = ?`).bind(id).first()
    const counts = await erase([], 'cus_acme')
    expect(counts).toMatchObject({ adjustments: 0, payloads: 0, identities: 1, notes: 0 })
    expect((await world.adjustment(event)).customerReference).toBe(mail)
    expect((await entriesOf(id)).map(({ action }) => action)).not.toContain('adjustment.erased')
    expect([await isKept(event), await note()]).toEqual([true, { note: `asked ${mail}` }])
    expect(await identities()).toEqual([{ of: 'cus_bolt', value: mail }])
    await erase([mail], 'cus_acme')
    expect((await world.adjustment(event)).customerReference).toBeNull()
    expect([await isKept(event), await note()]).toEqual([false, { note: null }])
  })

  it('has one e-mail with him, which goes from what the account of the erased one was sent', async () => {
    const mail = `billing@${crypto.randomUUID()}.example`
    await identify('standard', 'email', mail, 'cus_bolt')
    await identify('zendesk', 'email', mail, 'cus_acme')
    const event = await issued({ customer_external_id: '', requester_email: mail })
    const body = ticket({ tags: 'none', requester_email: mail })
    const [ignored] = await world.receive('zendesk', body)
    await erase([], 'cus_acme')
    expect((await world.adjustment(event)).customerReference).toBeNull()
    expect([await isKept(event), await isKept(ignored!)]).toEqual([false, false])
    expect(await identities()).toEqual([{ of: 'cus_bolt', value: mail }])
  })

  it('loses the erased person’s e-mail only, where a person has chosen him for it', async () => {
    const mail = `${drawn('jo')}@acme.example`
    await identify('zendesk', 'email', mail, 'cus_bolt')
    const event = await issued({ customer_external_id: '', requester_email: mail })
    await erase([mail], 'cus_acme')
    expect(await world.adjustment(event)).toMatchObject({
      customerReference: null,
      customerId: 'cus_bolt',
    })
    expect(await identities()).toEqual([{ of: 'cus_bolt', value: mail }])
  })
})

describe('a payload of others stays', () => {
  it('whose amount, or ZIP code, is the number of the erased customer', async () => {
    const body = refund({ customer: 'bolt-7', amount: 10_000, zip: '10000' })
    const [event] = await world.receive('stripe', body)
    expect(await erase(['10000'])).toMatchObject({ payloads: 0, notSearched: 1 })
    expect(await isKept(event!)).toBe(true)
  })

  it('which names somebody whose e-mail only ends like his', async () => {
    const domain = `${crypto.randomUUID()}.example`
    const other = ticket({ tags: 'none', requester_email: `jo.smith@${domain}` })
    const [kept] = await world.receive('zendesk', other)
    const his = ticket({ tags: 'none', requester_email: `smith@${domain}` })
    const [gone] = await world.receive('zendesk', his)
    await erase([`smith@${domain}`])
    expect([await isKept(kept!), await isKept(gone!)]).toEqual([true, false])
  })
})

describe('an event that waits for a person', () => {
  it('keeps what it can be decided by until somebody has sent it through', async () => {
    const reference = drawn('ext')
    const body = ticket({ customer_external_id: reference, tags: 'credit_requested' })
    const [event] = await world.receive('zendesk', body)
    expect(await world.fate(event!)).toBe('undecided')
    const id = await ask([reference])
    await eraseByClock(world.deps)
    const { data } = await api(`/erasures/${id}`)
    expect(data).toMatchObject({ status: 'waiting', waiting: 1, waitsFor: [event] })
    expect(await isKept(event!)).toBe(true)
    expect(await requeueEvent(world.deps, BOOTSTRAP, event!)).toMatchObject({ ok: true })
    await dismissEvent(world.deps, BOOTSTRAP, event!)
    await world.advance(ERASURE_AGAIN_SECONDS + 60)
    await eraseByClock(world.deps)
    expect((await findErasure(world.deps.db, id))?.finishedAt).not.toBeNull()
    expect(await isKept(event!)).toBe(false)
  })

  it('is waited for in conflict too until it is answered by hand, and not where an approval only came to nothing', async () => {
    const reference = drawn('ext')
    const events: EventId[] = []
    for (const fate of ['conflict', 'undecided']) {
      const body = ticket({ customer_external_id: reference, tags: 'none', fate })
      const [event] = await world.receive('zendesk', body)
      await env.DB.prepare(`UPDATE events SET fate = ?, reason = 'nothing_held' WHERE id = ?`)
        .bind(fate, event!)
        .run()
      events.push(event!)
    }
    const id = await ask([reference])
    await eraseByClock(world.deps)
    expect((await api(`/erasures/${id}`)).data.waitsFor).toEqual([events[0]])
    expect(await Promise.all(events.map(isKept))).toEqual([true, false])
    const request = {
      customer: { kind: 'external_id', value: 'bolt-7' },
      direction: 'credit',
      amount: 100,
      currency: 'usd',
      reason: 'goodwill',
      settlement: 'owed',
      originalInvoice: null,
      conflict: events[0]!,
      again: false,
    } as const
    const made = await makeAdjustment(world.deps, BOOTSTRAP, request, null)
    expect(made.ok).toBe(true)
    expect(await world.work()).toEqual(['issued'])
    await world.advance(ERASURE_AGAIN_SECONDS + 60)
    await eraseByClock(world.deps)
    expect([(await api(`/erasures/${id}`)).data.status, await isKept(events[0]!)]).toEqual([
      'finished',
      false,
    ])
  })
})

describe('what rules said in their own words', () => {
  const decided = (id: EventId) =>
    env.DB.prepare(`SELECT reason, decision FROM events WHERE id = ?`).bind(id).first<any>()
  const say = (id: EventId, name: string) =>
    env.DB.prepare(
      `UPDATE events SET reason = ?2, decision = json_set(decision, '$.detail', ?2, '$.considered',
         json_array(json_object('rule', 'a', 'answer', 'ignored: ' || ?2),
           json_object('rule', 'b', 'answer', 'shadow: ignored: ' || ?2),
           json_object('rule', 'c', 'answer', 'ignored: no_tag'),
           json_object('rule', 'd', 'answer', 'not_reached')))
       WHERE id = ?1`,
    )
      .bind(id, `no contract for ${name}`)
      .run()

  it('goes where it names him, also where retention has forgotten the payload', async () => {
    const [his] = await world.receive('zendesk', ticket({ tags: 'none' }))
    const [other] = await world.receive('zendesk', ticket({ tags: 'none' }))
    await say(his!, 'Zebulon Quagmire')
    await say(other!, 'Bolt')
    const before = await decided(other!)
    await env.DB.prepare(`DELETE FROM payloads`).run()
    await erase(['Zebulon Quagmire'])
    const { reason, decision } = await decided(his!)
    expect(reason).toBe('erased')
    expect(JSON.parse(decision)).toEqual({
      considered: [
        { rule: 'a', answer: 'ignored: erased' },
        { rule: 'b', answer: 'shadow: ignored: erased' },
        { rule: 'c', answer: 'ignored: no_tag' },
        { rule: 'd', answer: 'not_reached' },
      ],
    })
    expect(await decided(other!)).toEqual(before)
  })
})

describe('what he is called', () => {
  it('in a row that is looked at late is looked for in what was looked at before', async () => {
    const reference = drawn('late')
    const [first] = await world.receive('zendesk', ticket({ customer_external_id: reference }))
    expect(await world.work()).toEqual(['held'])
    const { id, version } = await world.adjustment(first!)
    await rejectAdjustment(world.deps, BOOTSTRAP, id, { version, note: null })
    // The second is his by a choice, and counts no more: only the row says what he is called there.
    const second = await issued({ customer_external_id: 'acme-42' })
    const [third] = await world.receive('zendesk', ticket({ customer_external_id: reference }))
    expect(await world.work()).toEqual(['held'])
    await env.DB.prepare(
      `UPDATE adjustments SET state = 'rejected', version = version + 1, wake_at = NULL,
         hold_reasons = NULL, chosen_customer_id = 'cus_acme' WHERE event_id = ?`,
    )
      .bind(third!)
      .run()
    const erasure = await ask([], 'cus_acme')
    // As if a step before had looked at the first one already.
    await env.DB.prepare(
      `UPDATE erasures SET through_adjustment = (SELECT seq FROM adjustments WHERE id = ?) WHERE id = ?`,
    )
      .bind(id, erasure)
      .run()
    await eraseByClock(world.deps)
    expect((await findErasure(world.deps.db, erasure))?.finishedAt).not.toBeNull()
    for (const event of [first!, second, third!]) {
      expect([(await world.adjustment(event)).customerReference, await isKept(event)]).toEqual([
        null,
        false,
      ])
    }
  })

  it('by an identity that was said after the request is looked for before that goes', async () => {
    const mail = `${drawn('jo')}@late.example`
    const body = ticket({ tags: 'none', requester_email: mail })
    const [event] = await world.receive('zendesk', body)
    const id = await ask([], 'cus_late')
    await identify('', 'email', mail, 'cus_late')
    await eraseByClock(world.deps)
    const { finishedAt, counts } = (await findErasure(world.deps.db, id))!
    expect([finishedAt !== null, counts.identities, counts.payloads]).toEqual([true, 1, 1])
    expect(await isKept(event!)).toBe(false)
  })

  it('is looked for before its identity goes, however many there are', async () => {
    const domain = `${crypto.randomUUID()}.example`
    const many = ERASURE_IDENTIFIERS_MAX + 50
    await env.DB.prepare(
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${many})
       INSERT INTO identities SELECT NULL, '', 'email', 'p' || i || '@${domain}', 'cus_many', 1,
         'operator:anna' FROM n`,
    ).run()
    const last = ticket({ tags: 'none', requester_email: `p${many}@${domain}` })
    const [event] = await world.receive('zendesk', last)
    const counts = await erase([], 'cus_many')
    expect(counts).toMatchObject({ identities: many, payloads: 1, notSearched: 0 })
    expect([await identities(), await isKept(event!)]).toEqual([[], false])
  })
})

it('a payload that names him by a number of more digits than can be counted with is found', async () => {
  const id = `9${crypto.randomUUID().replace(/\D/g, '').padEnd(18, '7').slice(0, 18)}`
  const body = JSON.stringify(ticket({ tags: 'none' }))
  const [event] = await world.receive('zendesk', `${body.slice(0, -1)},"who":{"user":${id}}}`)
  await erase([id])
  expect(await isKept(event!)).toBe(false)
})
