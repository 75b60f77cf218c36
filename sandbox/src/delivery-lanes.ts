// Each webhook endpoint has a lane of its own, so that a receiver who is silent keeps nobody else waiting.
// A lane runs once at a time: no delivery is sent twice.
import { DELIVERY_DEADLINE_MS } from './limits.ts'
import { nowMs } from './store.ts'
import type { Store } from './store.ts'

/** `dueMs`: milliseconds of the organization's clock. */
export type NextDue = { readonly endpointId: string; readonly dueMs: number }

/** What is to be sent, and how: Commet's webhooks, or Zendesk's. */
export type Deliveries = {
  readonly nextDues: (store: Store) => readonly NextDue[]
  readonly deliverDue: (store: Store, endpointId: string) => Promise<void>
}

export class DeliveryLanes {
  readonly #store: Store
  readonly #deliveries: Deliveries
  readonly #running = new Map<string, Promise<void>>()
  readonly #onEnd: () => Promise<void>

  /** `onEnd` is called after each lane, when its next delivery may need an alarm. */
  constructor(store: Store, deliveries: Deliveries, onEnd: () => Promise<void>) {
    this.#store = store
    this.#deliveries = deliveries
    this.#onEnd = onEnd
  }

  /** Starts the lanes that have something due; resolves when none is running any more. */
  async run(): Promise<void> {
    const now = nowMs(this.#store)
    for (const { endpointId, dueMs } of this.#deliveries.nextDues(this.#store)) {
      if (dueMs > now || this.#running.has(endpointId)) continue
      this.#running.set(endpointId, this.#runLane(endpointId))
    }
    await Promise.all(this.#running.values())
  }

  async #runLane(endpointId: string): Promise<void> {
    try {
      await this.#deliveries.deliverDue(this.#store, endpointId)
    } finally {
      this.#running.delete(endpointId)
      await this.#onEnd()
    }
  }

  /**
   * Milliseconds of real time at which to look again; null where nothing is due, ever. A running lane
   * sees to its own deliveries, so only a crash needs the look after its deadline.
   */
  nextLookMs(): number | null {
    const realOffset = Date.now() - nowMs(this.#store)
    const looks = this.#deliveries
      .nextDues(this.#store)
      .map(({ endpointId, dueMs }) =>
        this.#running.has(endpointId) ? Date.now() + DELIVERY_DEADLINE_MS : dueMs + realOffset,
      )
    return looks.length === 0 ? null : Math.max(Date.now(), Math.min(...looks))
  }
}
