// What the Worker puts on the wire: an answer as it was decided, spoilt where a fault says so.
import type { ApiReply } from './call.ts'
import { html } from './spoil.ts'

export async function respond(reply: ApiReply, requestId: string): Promise<Response> {
  const base = { 'content-type': 'application/json', ...reply.headers, 'x-request-id': requestId }
  const { status } = reply
  switch (reply.wire.kind) {
    case 'whole':
      return new Response(status === 204 ? null : reply.body, { status, headers: base })
    case 'silent': {
      await scheduler.wait(reply.wire.ms)
      const gateway = html(504)
      return new Response(gateway.body, { status: gateway.status, headers: gateway.headers })
    }
    case 'reset':
      // A 204 has no body that could break: its connection breaks as a 200's does.
      return new Response(halfThenBreak(reply.body), {
        status: status === 204 ? 200 : status,
        headers: base,
      })
  }
}

/** A body that is cut off after its first half: the runtime then drops the connection. */
function halfThenBreak(text: string): ReadableStream {
  const bytes = new TextEncoder().encode(text)
  const { readable, writable } = new FixedLengthStream(bytes.byteLength)
  const writer = writable.getWriter()
  const cut = async () => {
    await writer.write(bytes.slice(0, Math.floor(bytes.byteLength / 2)))
    // Without this moment the runtime would drop the half that is on its way, and the status with it.
    await scheduler.wait(20)
    await writer.abort('reset on demand')
  }
  // The caller may be gone before the cut; then there is nothing left to break.
  cut().catch(() => undefined)
  return readable
}

/** Null where the bytes are no UTF-8: replaced characters would be stored as if they had been sent. */
export function textOf(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes)
  } catch {
    return null
  }
}
