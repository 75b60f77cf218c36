// The Durable Object that is one organization in one mode. It answers the API's calls one after another
// in their synchronous steps, and keeps everything in SQLite, so a kill loses nothing that was answered.
import { DurableObject } from 'cloudflare:workers'
import type { Customer, Invoice } from '@commet/node'
import { zendeskDeliveries } from '../zendesk/deliveries.ts'
import { seedZendesk } from '../zendesk/seed.ts'
import { readTicketView } from '../zendesk/ticket-view.ts'
import { refusal } from './answer.ts'
import type { Answer } from './answer.ts'
import type { ApiCall, ApiReply, CallHead, FakeCall, Input, Listing, Mode } from './call.ts'
import { control } from './controls.ts'
import { findAddress, findCustomer } from './customers.ts'
import type { Address } from './customers.ts'
import { DeliveryLanes } from './delivery-lanes.ts'
import { drawFaults } from './faults.ts'
import type { Fault } from './faults.ts'
import { FakeServices } from './fakes.ts'
import { findKey, keyOf, storeAnswer } from './idempotency.ts'
import { findInvoice } from './ledger.ts'
import { readOverview } from './overview.ts'
import { prepare, readJson } from './prepare.ts'
import { RateLimit } from './rate-limit.ts'
import type { Allowance } from './rate-limit.ts'
import { logRequest } from './request-log.ts'
import type { Outcome } from './request-log.ts'
import { writeSeed } from './seed.ts'
import { refuseAddress } from './signed-address.ts'
import type { AddressRefusal, Asked } from './signed-address.ts'
import {
  COMMET_VOICE,
  OWN_FAULT,
  latencyMs,
  listingOf,
  rateLimited,
  spoil,
  stopBefore,
  toReply,
} from './spoil.ts'
import { createTables, emptyTables, nowMs, readSetting, writeSetting } from './store.ts'
import type { Store } from './store.ts'
import { readSwitches } from './switches.ts'
import { deliverDue, nextDues } from './webhook-deliveries.ts'

export type Env = { readonly ORGANIZATION: DurableObjectNamespace<Organization> }

/** What one PDF shows. */
export type Paper = {
  readonly invoice: Invoice
  readonly customer: Customer
  readonly address: Address | null
}

export class Organization extends DurableObject<Env> {
  /** Keys whose first call has no answer yet, with what they stand for; lost in a crash, as it must be. */
  readonly #running = new Map<string, string>()
  readonly #limit = new RateLimit()
  readonly #store: Store
  readonly #fakes: FakeServices
  /** Commet's webhooks and Zendesk's. */
  readonly #lanes: readonly DeliveryLanes[]

  constructor(state: DurableObjectState, env: Env) {
    super(state, env)
    const { sql } = state.storage
    this.#store = state.storage.transactionSync(() => {
      createTables(sql)
      const store: Store = { sql, livemode: readMode(sql, state.id.name) === 'live' }
      if (readSetting(sql, 'mode') === null) seed(store)
      seedZendesk(store)
      return store
    })
    this.#fakes = new FakeServices(this.#store, (step) => state.storage.transactionSync(step))
    this.#lanes = [{ nextDues, deliverDue }, zendeskDeliveries].map(
      (deliveries) => new DeliveryLanes(this.#store, deliveries, () => this.#wakeForDeliveries()),
    )
  }

  /** One call of the API, from the limiter to the log. A fault of its own is answered and logged too. */
  async call(call: ApiCall): Promise<ApiReply> {
    const allowance = this.#allowance()
    if (!allowance.allowed) return this.#finish(call, allowance, rateLimitedBy(allowance))
    const faults = drawFaults(this.#store, call)
    const replied = await this.#replyTo(call, faults).catch(ownFault)
    return this.#finish(call, allowance, { ...replied, faults })
  }

  /** A call that is refused before its body is read: no fault strikes it, and no key is looked at. */
  async refuse(head: CallHead, reply: ApiReply): Promise<ApiReply> {
    const allowance = this.#allowance()
    const outcome = allowance.allowed ? unreplayed(reply) : rateLimitedBy(allowance)
    return this.#finish(head, allowance, outcome)
  }

  #allowance(): Allowance {
    return this.#limit.count(Date.now(), readSwitches(this.#store).rateLimitPerMinute)
  }

  async #finish(head: CallHead, { headers }: Allowance, outcome: Outcome): Promise<ApiReply> {
    logRequest(this.#store, head, outcome, nowMs(this.#store))
    await this.#wakeForDeliveries()
    return { ...outcome.reply, headers: { ...outcome.reply.headers, ...headers } }
  }

  async #replyTo(call: ApiCall, faults: readonly Fault[]): Promise<Outcome> {
    const found = findKey(this.#store, call, this.#running, nowMs(this.#store))
    if (found.kind === 'first') return unreplayed(await this.#firstReply(call, faults))
    await pause(latencyMs(faults))
    const stopped = stopBefore(faults, COMMET_VOICE)
    if (stopped !== null) return unreplayed(stopped)
    const replayed = found.kind === 'replay'
    return { reply: spoil(faults, found.reply, COMMET_VOICE), replayed, faults }
  }

  /** While the first call of a key waits or works, every other call with the key is refused. */
  async #firstReply(call: ApiCall, faults: readonly Fault[]): Promise<ApiReply> {
    const key = keyOf(call)
    if (key !== null) this.#running.set(key, call.fingerprint)
    try {
      await pause(latencyMs(faults))
      const stopped = stopBefore(faults, COMMET_VOICE)
      if (stopped !== null) return stopped
      const answer = await this.#answer(call, listingOf(faults))
      return spoil(faults, toReply(answer), COMMET_VOICE)
    } finally {
      if (key !== null) this.#running.delete(key)
    }
  }

  /** The call's write and the answer that its key will replay are one transaction. */
  async #answer(call: ApiCall, listing: Listing): Promise<Answer> {
    const store = this.#store
    const { route, id, body } = prepare(call)
    const query = Object.fromEntries(new URLSearchParams(call.search))
    const input: Input = { id, query, body, now: nowMs(store), listing }
    if ('wait' in route) {
      const answer = await route.wait(store, input, call.origin)
      storeAnswer(store, call, answer, input.now)
      return answer
    }
    return this.ctx.storage.transactionSync(() => {
      const answer = route.step(store, input)
      storeAnswer(store, call, answer, input.now)
      return answer
    })
  }

  /** One call of a stand-in for another service. */
  async fake(call: FakeCall): Promise<ApiReply> {
    const reply = await this.#fakes.call(call)
    await this.#wakeForDeliveries()
    return reply
  }

  /** The `Paper` that the PDF shows, as JSON, or why this address opens nothing. */
  async paper(asked: Asked): Promise<{ readonly json: string } | AddressRefusal> {
    const refused = await refuseAddress(this.#store, asked, nowMs(this.#store))
    if (refused !== null) return refused
    const invoice = findInvoice(this.#store, asked.invoiceId)
    const customer = invoice && findCustomer(this.#store, invoice.customerId)
    if (!invoice || !customer) return { reason: 'address_changed' }
    const paper: Paper = { invoice, customer, address: findAddress(this.#store, customer.id) }
    return { json: JSON.stringify(paper) }
  }

  /** One control below /sandbox. A moved clock sends at once all webhooks that it made due. */
  async control(method: string, path: string, text: string): Promise<ApiReply> {
    const body = readJson(text)
    if (body === null) return toReply(refusal('invalid_json', 'The body is not valid JSON'))
    if (method === 'POST' && path === '/reset') return this.#reset()
    const answer = this.ctx.storage.transactionSync(() =>
      control(this.#store, method, path, body.value),
    )
    if (method === 'POST' && path === '/clock') await this.#runLanes()
    await this.#wakeForDeliveries()
    return toReply(answer)
  }

  async #reset(): Promise<ApiReply> {
    this.ctx.storage.transactionSync(() => seed(this.#store))
    await this.ctx.storage.deleteAlarm()
    return toReply({ status: 200, body: { reset: true } })
  }

  /** What the page at / shows, as JSON of `Overview`. */
  async overview(): Promise<string> {
    return JSON.stringify(await readOverview(this.#store))
  }

  /** What the page of a ticket shows, as JSON of `TicketView`; null where there is no such ticket. */
  async ticketView(id: string): Promise<string | null> {
    const view = readTicketView(this.#store, id)
    return view === null ? null : JSON.stringify(view)
  }

  async #runLanes(): Promise<void> {
    await Promise.all(this.#lanes.map((lanes) => lanes.run()))
  }

  async #wakeForDeliveries(): Promise<void> {
    const looks = this.#lanes.map((lanes) => lanes.nextLookMs()).filter((look) => look !== null)
    if (looks.length > 0) await this.ctx.storage.setAlarm(Math.min(...looks))
  }

  /** Does not wait for the lanes: the next alarm would wait too, and with it every other endpoint. */
  override async alarm(): Promise<void> {
    this.ctx.waitUntil(this.#runLanes())
    await this.#wakeForDeliveries()
  }
}

/** An object that an alarm woke does not know its name, so the mode is kept with the data. */
function readMode(sql: SqlStorage, name: string | undefined): Mode {
  const kept = readSetting(sql, 'mode') ?? name
  return kept === 'live' ? 'live' : 'sandbox'
}

/** Back to what the organization held before anyone called it, its clock and faults included. */
function seed(store: Store): void {
  emptyTables(store.sql)
  writeSeed(store)
  seedZendesk(store)
  writeSetting(store.sql, 'mode', store.livemode ? 'live' : 'sandbox')
}

async function pause(ms: number): Promise<void> {
  if (ms > 0) await scheduler.wait(ms)
}

function unreplayed(reply: ApiReply): Outcome {
  return { reply, replayed: false, faults: [] }
}

function rateLimitedBy({ resetSeconds }: Allowance): Outcome {
  return unreplayed(rateLimited(resetSeconds, COMMET_VOICE))
}

function ownFault(error: unknown): Outcome {
  console.error(error)
  return unreplayed(toReply(refusal('internal_error', OWN_FAULT)))
}
