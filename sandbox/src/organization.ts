// The Durable Object that is one organization in one mode. It answers the API's calls one after another
// in their synchronous steps, and keeps everything in SQLite, so a kill loses nothing that was answered.
import { DurableObject } from 'cloudflare:workers'
import type { Customer, Invoice } from '@commet/node'
import { refusal } from './answer.ts'
import type { Answer } from './answer.ts'
import type { ApiCall, ApiReply, Input, Mode } from './call.ts'
import { findAddress, findCustomer } from './customers.ts'
import type { Address } from './customers.ts'
import { findKey, keyOf, storeAnswer } from './idempotency.ts'
import { findInvoice } from './ledger.ts'
import { matchRoute } from './routes.ts'
import { writeSeed } from './seed.ts'
import { refuseAddress } from './signed-address.ts'
import type { AddressRefusal, Asked } from './signed-address.ts'
import { createTables, emptyTables, nowMs, readSetting, writeSetting } from './store.ts'
import type { Store } from './store.ts'

export type Env = { readonly ORGANIZATION: DurableObjectNamespace<Organization> }

export type Paper = {
  readonly invoice: Invoice
  readonly customer: Customer
  readonly address: Address | null
}

export class Organization extends DurableObject<Env> {
  /** Keys whose first call has no answer yet, with what they stand for; lost in a crash, as it must be. */
  readonly #running = new Map<string, string>()
  readonly #store: Store

  constructor(state: DurableObjectState, env: Env) {
    super(state, env)
    const mode: Mode = state.id.name === 'live' ? 'live' : 'sandbox'
    this.#store = { sql: state.storage.sql, livemode: mode === 'live' }
    state.storage.transactionSync(() => {
      createTables(this.#store.sql)
      if (readSetting(this.#store, 'seeded') === null) this.#seed()
    })
  }

  #seed(): void {
    emptyTables(this.#store.sql)
    writeSeed(this.#store)
    writeSetting(this.#store, 'seeded', 'yes')
  }

  /** One call of the API: the key is looked up, the step runs, its answer is kept for the key. */
  async call(call: ApiCall): Promise<ApiReply> {
    const store = this.#store
    const found = findKey(store, call, this.#running, nowMs(store))
    switch (found.kind) {
      case 'refused':
        return reply(found.answer.status, JSON.stringify(found.answer.body))
      case 'replay':
        return reply(found.status, found.body)
      case 'first': {
        const key = keyOf(call)
        if (key !== null) this.#running.set(key, call.fingerprint)
        try {
          const answer = await this.#answer(call)
          return reply(answer.status, JSON.stringify(answer.body))
        } finally {
          if (key !== null) this.#running.delete(key)
        }
      }
    }
  }

  async #answer(call: ApiCall): Promise<Answer> {
    const store = this.#store
    const matched = matchRoute(call.method, call.path)
    if (matched === null) return refusal('not_found', `There is no ${call.method} ${call.path}`)
    const input = readInput(call, matched.id, nowMs(store))
    if (input === null) return refusal('invalid_json', 'The body is not valid JSON')
    const { route } = matched
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
}

function reply(status: number, body: string): ApiReply {
  return { status, headers: {}, body, wire: { kind: 'whole' } }
}

/** Null where the body is no JSON. An absent body reads as an empty object: `send` and `test` have none. */
function readInput(call: ApiCall, id: string, now: number): Input | null {
  const query = Object.fromEntries(new URLSearchParams(call.search))
  const listing = { lagMs: 0, repeatsCursor: false }
  if (call.body === '') return { id, query, body: {}, now, listing }
  try {
    return { id, query, body: JSON.parse(call.body), now, listing }
  } catch {
    return null
  }
}
