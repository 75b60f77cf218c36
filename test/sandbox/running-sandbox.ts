// A sandbox of a test's own: one workerd on a free port, its state thrown away at the end.
import { createServer } from 'node:net'
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from 'miniflare'
import { assert } from '../../src/domain/assert.ts'
import { sandboxWorker } from '../../sandbox/worker-options.ts'

export const SANDBOX_KEY = 'ck_sandbox_test'
export const LIVE_KEY = 'ck_live_test'

export type Json = Record<string, unknown>

export type RunningSandbox = {
  readonly origin: string
  /** A call of the API with the sandbox key and JSON both ways. */
  api(method: string, path: string, body?: unknown, headers?: Json): Promise<Called>
  /** A control below /sandbox. */
  control(method: string, path: string, body?: unknown): Promise<Called>
  stop(): Promise<void>
}

export type Called = {
  readonly status: number
  readonly headers: Headers
  readonly json: any
}

export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  assert(address !== null && typeof address === 'object', 'a TCP server has a port')
  await new Promise((resolve) => server.close(resolve))
  return address.port
}

export async function startSandbox(statePath?: string): Promise<RunningSandbox> {
  process.env['CLOUDFLARE_CF_FETCH_ENABLED'] = 'false'
  const port = await freePort()
  const worker = await sandboxWorker()
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      log: new Log(LogLevel.ERROR),
      ...(statePath === undefined ? {} : { resourcePersistencePath: statePath }),
      workers: [{ ...worker, unsafeDirectSockets: [{ host: '127.0.0.1', port }] }],
    }),
  )
  await miniflare.ready
  const origin = `http://127.0.0.1:${port}`
  const call = async (method: string, path: string, body: unknown, headers: Json) => {
    const json = { 'content-type': 'application/json' }
    const sent = body === undefined ? {} : { body: JSON.stringify(body) }
    const request = { method, headers: { ...json, ...strings(headers) }, ...sent }
    const response = await fetch(origin + path, request)
    const text = await response.text()
    return { status: response.status, headers: response.headers, json: text && JSON.parse(text) }
  }
  return {
    origin,
    api: (method, path, body, headers = {}) =>
      call(method, `/api/v1${path}`, body, { 'x-api-key': SANDBOX_KEY, ...headers }),
    control: (method, path, body) => call(method, `/sandbox${path}`, body, {}),
    stop: () => miniflare.dispose(),
  }
}

function strings(headers: Json): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))
}
