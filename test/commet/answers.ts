// Answers of the billing API for tests, in the shapes of its reference.

export const SENT = Date.UTC(2026, 10, 22, 9, 30, 0)

const headersOf = (more: Record<string, string>): Headers =>
  new Headers({ 'content-type': 'application/json', 'x-request-id': 'req_7', ...more })

export const success = (data: unknown, more: Record<string, unknown> = {}): Response =>
  new Response(JSON.stringify({ success: true, data, ...more }), { headers: headersOf({}) })

export const jsonAnswer = (status: number, body: unknown): Response =>
  new Response(JSON.stringify(body), { status, headers: headersOf({}) })

/** A failure in Commet's envelope. */
export const failure = (
  status: number,
  code: string,
  more: { error?: Record<string, unknown>; headers?: Record<string, string> } = {},
): Response => {
  const error = { type: 'api_error', code, message: 'Ada <ada@example.com> said', ...more.error }
  const body = JSON.stringify({ success: false, error })
  return new Response(body, { status, headers: headersOf(more.headers ?? {}) })
}

/** What a proxy in front of the API answers. */
export const page = (status: number, headers: Record<string, string> = {}): Response =>
  new Response('<html><body>Sorry</body></html>', {
    status,
    headers: { 'content-type': 'text/html', 'x-request-id': 'req_7', ...headers },
  })

/** A body that starts, and then goes on as `then` says. */
export const partial = (status: number, then: 'breaks' | 'hangs', headers = {}): Response => {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(new TextEncoder().encode('{"success":true,"data":{'))
    },
    pull(controller) {
      if (then === 'breaks') controller.error(new Error('connection reset'))
      return then === 'hangs' ? new Promise(() => {}) : undefined
    },
  })
  return new Response(body, { status, headers: headersOf(headers) })
}

/** A body of `bytes` bytes, made as it is read. */
export const endless = (bytes: number, onCancel: () => void): Response => {
  let left = bytes
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (left <= 0) return controller.close()
      controller.enqueue(new Uint8Array(65_536).fill(0x20))
      left -= 65_536
    },
    cancel: onCancel,
  })
  return new Response(body, { headers: headersOf({}) })
}
