// The stand-ins for other services: their calls meet the same faults, clock and log as Commet's, and a
// limiter of their own.
import { freshdeskFake } from '../notes/freshdesk.ts'
import { hubspotFake } from '../notes/hubspot.ts'
import { intercomFake } from '../notes/intercom.ts'
import { jiraFake } from '../notes/jira.ts'
import { slackFake } from '../slack/messages.ts'
import { stripeFake } from '../stripe/endpoints.ts'
import { zendeskFake } from '../zendesk/answer-call.ts'
import type { ApiReply, FakeCall } from './call.ts'
import type { Fake, Transact } from './fake.ts'
import { drawFaults } from './faults.ts'
import type { Fault } from './faults.ts'
import { RateLimit } from './rate-limit.ts'
import { logRequest } from './request-log.ts'
import { latencyMs, listingOf, rateLimited, spoil, stopBefore } from './spoil.ts'
import { nowMs } from './store.ts'
import type { Store } from './store.ts'
import { readSwitches } from './switches.ts'

const FAKES: Readonly<Record<FakeCall['service'], Fake>> = {
  zendesk: zendeskFake,
  slack: slackFake,
  stripe: stripeFake,
  freshdesk: freshdeskFake,
  intercom: intercomFake,
  hubspot: hubspotFake,
  jira: jiraFake,
}

export class FakeServices {
  readonly #store: Store
  readonly #transact: Transact
  readonly #limits = {
    zendesk: new RateLimit(),
    slack: new RateLimit(),
    stripe: new RateLimit(),
    freshdesk: new RateLimit(),
    intercom: new RateLimit(),
    hubspot: new RateLimit(),
    jira: new RateLimit(),
  }

  constructor(store: Store, transact: Transact) {
    this.#store = store
    this.#transact = transact
  }

  /** One call, from the limiter to the log. */
  async call(call: FakeCall): Promise<ApiReply> {
    const fake = FAKES[call.service]
    const allowed = fake.callsPerMinute(readSwitches(this.#store))
    const allowance = this.#limits[call.service].count(Date.now(), allowed)
    const faults = allowance.allowed ? drawFaults(this.#store, call) : []
    const reply = allowance.allowed
      ? await this.#reply(fake, call, faults)
      : rateLimited(allowance.resetSeconds, fake.voice)
    const { method, shownPath, search, requestId } = call
    const head = { method, path: shownPath, search, requestId, version: null, idempotencyKey: null }
    logRequest(this.#store, head, { reply, replayed: false, faults }, nowMs(this.#store))
    return { ...reply, headers: { ...reply.headers, ...allowance.headers } }
  }

  async #reply(fake: Fake, call: FakeCall, faults: readonly Fault[]): Promise<ApiReply> {
    const wait = latencyMs(faults)
    if (wait > 0) await scheduler.wait(wait)
    const stopped = stopBefore(faults, fake.voice)
    if (stopped !== null) return stopped
    try {
      const reply = await fake.answer(this.#store, call, listingOf(faults), this.#transact)
      return spoil(faults, reply, fake.voice)
    } catch (error) {
      console.error(error)
      return fake.voice.serverError(500)
    }
  }
}
