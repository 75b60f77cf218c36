import { signDelivery } from '../scripts/sign-delivery.ts'
import type { EventId } from '../src/domain/ids.ts'
import type { Endpoint } from '../src/sources/source.ts'
import { receiveDelivery } from '../src/usecases/receive-delivery.ts'
import type { createWorld } from './world.ts'

export const COMMET_SECRET = 'whsec_commet_test'

/** An event of Commet's own, delivered to the endpoint `commet` as Commet signs it. */
export async function deliverCommet(
  world: Awaited<ReturnType<typeof createWorld>>,
  endpoint: Endpoint,
  event: Readonly<Record<string, unknown>> & { readonly id: string },
): Promise<EventId> {
  const { id } = event
  const text = JSON.stringify(event)
  const url = 'https://makegood.example/webhooks/commet'
  const signed = await signDelivery(endpoint, COMMET_SECRET, text, { nowMs: world.now(), id, url })
  const received = await receiveDelivery(world.deps, {
    endpoint: 'commet',
    method: 'POST',
    url,
    pathToken: null,
    headers: new Headers(signed.headers),
    body: new TextEncoder().encode(text),
  })
  if (!received.ok) throw new Error(received.error.reason)
  return received.value.events[0]!
}
