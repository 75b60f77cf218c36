// The billing system's own webhooks call a customer by its external id: what it has looked up for him is looked for
// in them, and nowhere else.

import { env } from 'cloudflare:workers'
import { beforeEach, expect, it } from 'vitest'
import { findErasure } from '../../src/db/read-erasures.ts'
import { findEvent } from '../../src/db/read-events.ts'
import type { ErasureId, EventId } from '../../src/domain/ids.ts'
import { BOOTSTRAP } from '../../src/domain/operator.ts'
import { commet } from '../../src/sources/index.ts'
import { chooseCustomer } from '../../src/usecases/choose-customer.ts'
import { eraseByClock } from '../../src/usecases/erase.ts'
import { requestErasure } from '../../src/usecases/request-erasure.ts'
import { COMMET_SECRET, deliverCommet } from '../commet-events.ts'
import { startErasures } from '../erasure-start.ts'
import created from '../fixtures/commet/customer.created.json'
import { depsWith, ticket } from '../harness.ts'
import { createWorld } from '../world.ts'
import config from '../makegood.config.ts'

const endpoint = commet({ secret: 'COMMET_WEBHOOK_SECRET', account: 'billing' })
const { settings } = depsWith()

let world: Awaited<ReturnType<typeof createWorld>>
beforeEach(async () => {
  await startErasures()
  world = await createWorld({
    config: { ...config, endpoints: new Map([...config.endpoints, ['commet', endpoint]]) },
    settings: {
      ...settings,
      endpointSecrets: new Map([...settings.endpointSecrets, ['commet', [COMMET_SECRET]]]),
    },
  })
})

/** Commet's own event of a customer, with his name and e-mail. */
const told = (customerId: string): Promise<EventId> => {
  const id = `whev_${crypto.randomUUID()}`
  return deliverCommet(world, endpoint, { ...created, id, data: { ...created.data, customerId } })
}

async function ask(): Promise<ErasureId> {
  const customer = { id: 'cus_acme', externalId: null, texts: [] }
  const requested = await requestErasure(world.deps, BOOTSTRAP, { customer, reason: 'other' })
  if (!requested.ok) throw new Error(requested.error.reason)
  return requested.value.id
}

async function end(id: ErasureId): Promise<void> {
  await eraseByClock(world.deps)
  expect((await findErasure(world.deps.db, id))?.finishedAt).not.toBeNull()
}

const isKept = async (id: EventId): Promise<boolean> =>
  (await findEvent(world.deps.db, id))?.payload !== null

const receive = async (fields: Record<string, unknown>): Promise<EventId> =>
  (await world.receive('zendesk', ticket(fields)))[0]!

it('an external id that Commet has looked up is his in its events, and in no other help desk', async () => {
  await receive({ customer_external_id: 'acme-42' })
  expect(await world.work()).toEqual(['issued'])
  const events = [await told('acme-42'), await told('acme-4')]
  const [elsewhere] = await world.receive('batch', [
    { id: crypto.randomUUID(), type: 'credit', customer: 'acme-42', ignores: true },
  ])
  await end(await ask())
  expect(await Promise.all([...events, elsewhere!].map(isKept))).toEqual([false, true, true])
})

it('so is one that the request did not know yet', async () => {
  const requested = await ask()
  await receive({ customer_external_id: 'acme-42' })
  expect(await world.work()).toEqual(['issued'])
  const about = await told('acme-42')
  // They came before the request, which has not read what they say.
  await env.DB.prepare(
    `UPDATE erasures SET through_event = (SELECT max(seq) FROM events) WHERE wake_at IS NOT NULL`,
  ).run()
  await end(requested)
  expect(await isKept(about)).toBe(false)
})

it('one by which an identity, or a person, has named him says nothing of Commet’s events', async () => {
  const [said, chosen] = [`ref-${crypto.randomUUID()}`, `ref-${crypto.randomUUID()}`]
  await env.DB.prepare(
    `INSERT INTO identities VALUES (NULL, 'zendesk', 'external_id', ?, 'cus_acme', 1, 'operator:anna')`,
  )
    .bind(said)
    .run()
  await receive({ customer_external_id: said })
  expect(await world.work()).toEqual(['issued'])
  const held = await receive({ customer_external_id: chosen })
  expect(await world.work()).toEqual(['held'])
  const { id, version } = await world.adjustment(held)
  const choice = { version, customerId: 'cus_acme' }
  expect(await chooseCustomer(world.deps, BOOTSTRAP, id, choice)).toMatchObject({ ok: true })
  expect(await world.work()).toEqual(['issued'])
  await env.DB.prepare(`DELETE FROM identities WHERE value = ?`).bind(chosen).run()
  const others = [await told(said), await told(chosen)]
  await end(await ask())
  expect(await Promise.all(others.map(isKept))).toEqual([true, true])
})
