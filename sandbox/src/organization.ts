// The Durable Object that is one organization in one mode. It answers the API's calls one after another
// in their synchronous steps, and keeps everything in SQLite, so a kill loses nothing that was answered.
import { DurableObject } from 'cloudflare:workers'
import type { Customer, Invoice } from '@commet/node'
import { refusal } from './answer.ts'
import type { Answer } from './answer.ts'
import type { ApiCall, ApiReply, CallHead, Input, Listing, Mode } from './call.ts'
import { control } from './controls.ts'
import { findAddress, findCustomer } from './customers.ts'
import type { Address } from './customers.ts'
import { DeliveryLanes } from './delivery-lanes.ts'
import { drawFaults } from './faults.ts'
import type { Fault } from './faults.ts'
import { findKey, keyOf, storeAnswer } from './idempotency.ts'
import { findInvoice } from './ledger.ts'
import { readOverview } from './overview.ts'
import { RateLimit } from './rate-limit.ts'
import type { Allowance } from './rate-limit.ts'
import { logRequest } from './request-log.ts'
import type { Outcome } from './request-log.ts'
import { matchRoute } from './routes.ts'
import type { Matched } from './routes.ts'
import { writeSeed } from './seed.ts'
import { refuseAddress } from './signed-address.ts'
import type { AddressRefusal, Asked } from './signed-address.ts'
import {
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
  readonly #lanes: DeliveryLanes

  constructor(state: DurableObjectState, env: Env) {
    super(state, env)
    const { sql } = state.storage
    this.#store = state.storage.transactionSync(() => {
      createTables(sql)
      const store: Store = { sql, livemode: readMode(sql, state.id.name) === 'live' }
      if (readSetting(sql, 'mode') === null) seed(store)
      return store
    })
    this.#lanes = new DeliveryLanes(this.#store, () => this.#wakeForDeliveries())
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
    const stopped = stopBefore(faults)
    if (stopped !== null) return unreplayed(stopped)
    const replayed = found.kind === 'replay'
    return { reply: spoil(faults, found.reply), replayed, faults }
  }

  /** While the first call of a key waits or works, every other call with the key is refused. */
  async #firstReply(call: ApiCall, faults: readonly Fault[]): Promise<ApiReply> {
    const key = keyOf(call)
    if (key !== null) this.#running.set(key, call.fingerprint)
    try {
      await pause(latencyMs(faults))
      const stopped = stopBefore(faults)
      if (stopped !== null) return stopped
      return spoil(faults, toReply(await this.#answer(call, listingOf(faults))))
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
    if (method === 'POST' && path === '/clock') await this.#lanes.run()
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

  async #wakeForDeliveries(): Promise<void> {
    const look = this.#lanes.nextLookMs()
    if (look !== null) await this.ctx.storage.setAlarm(look)
  }

  /** Does not wait for the lanes: the next alarm would wait too, and with it every other endpoint. */
  override async alarm(): Promise<void> {
    this.ctx.waitUntil(this.#lanes.run())
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
  writeSetting(store.sql, 'mode', store.livemode ? 'live' : 'sandbox')
}

async function pause(ms: number): Promise<void> {
  if (ms > 0) await scheduler.wait(ms)
}

function unreplayed(reply: ApiReply): Outcome {
  return { reply, replayed: false, faults: [] }
}

function rateLimitedBy({ resetSeconds }: Allowance): Outcome {
  return unreplayed(rateLimited(resetSeconds))
}

function ownFault(error: unknown): Outcome {
  console.error(error)
  return unreplayed(toReply(refusal('internal_error', OWN_FAULT)))
}

type Prepared = Matched & { readonly body: unknown }

/** What answers the call, and its body. A refusal answers like a route, so that its key keeps it too. */
function prepare(call: ApiCall): Prepared {
  const matched = matchRoute(call)
  const refusing = (answer: Answer): Prepared => {
    const route = { method: call.method, path: call.path, step: () => answer }
    return { route, id: '', body: null }
  }
  if (matched === null) {
    return refusing(refusal('not_found', `There is no ${call.method} ${call.path}`))
  }
  const body = readJson(call.body)
  if (body === null) return refusing(refusal('invalid_json', 'The body is not valid JSON'))
  return { ...matched, body: body.value }
}

/** Null where the text is no JSON. An absent body reads as an empty object: `send` and `test` have none. */
function readJson(text: string | null): { readonly value: unknown } | null {
  if (text === null) return null
  if (text === '') return { value: {} }
  try {
    return { value: JSON.parse(text) }
  } catch {
    return null
  }
}
