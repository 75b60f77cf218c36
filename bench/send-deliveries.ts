// Many deliveries, signed shortly before they are sent: a signature is good for five minutes, and a run takes longer.

import { deliveries, type Kind } from './deliveries.ts'
import { sendAll } from './load.ts'

const PER_SIGNING = 1_000
export const CONNECTIONS = 64

/** Seconds that they took, without the signing; throws where one was not acknowledged. */
export async function sendDeliveries(
  port: number,
  kind: Kind,
  from: number,
  count: number,
): Promise<number> {
  let seconds = 0
  for (let sent = 0; sent < count; sent += PER_SIGNING) {
    const part = Math.min(PER_SIGNING, count - sent)
    const requests = deliveries('/webhooks/stripe', kind, from + sent, part)
    const result = await sendAll(requests, { port, connections: CONNECTIONS })
    if (result.statuses[202] !== part) {
      throw new Error(`not all were acknowledged: ${JSON.stringify(result.statuses)}`)
    }
    seconds += result.seconds
  }
  return seconds
}
