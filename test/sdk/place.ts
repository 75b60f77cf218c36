// Where the official SDK's calls arrive. It has no option for its address or its fetch, so the global fetch
// is replaced: what goes to commet.co arrives elsewhere, unchanged but for the host.

import { Commet } from '@commet/node'

const COMMET_ORIGIN = 'https://commet.co'

type CommetOptions = ConstructorParameters<typeof Commet>[0]

/** A request as the SDK sent it. */
export type Sent = {
  readonly line: string
  readonly idempotencyKey: string | null
  readonly version: string | null
  /** What the SDK reports of the call before this one, with the request id that it was given. */
  readonly telemetry: string | null
  readonly atMs: number
}

export type SdkPlace = {
  /** Every request since the last `forget`. */
  readonly sent: readonly Sent[]
  commet(options?: Partial<CommetOptions>): Commet
  forget(): void
  /** A control of the sandbox, which is the billing API in any case. */
  control(method: string, path: string, body?: unknown): Promise<{ status: number; json: any }>
  newestRequestId(): Promise<string>
  stop(): Promise<void>
}

type Redirected = Pick<SdkPlace, 'sent' | 'commet' | 'forget'> & { restore(): void }

/** `arrive`: answers what was sent to a path. */
export function redirectSdk(
  apiKey: string,
  arrive: (
    path: string,
    init: RequestInit | undefined,
    realFetch: typeof fetch,
  ) => Promise<Response>,
): Redirected {
  const realFetch = globalThis.fetch
  let sent: Sent[] = []
  globalThis.fetch = async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input)
    if (url.origin !== COMMET_ORIGIN) return realFetch(input, init)
    const headers = new Headers(init?.headers)
    sent.push({
      line: `${init?.method ?? 'GET'} ${url.pathname}`,
      idempotencyKey: headers.get('idempotency-key'),
      version: headers.get('commet-version'),
      telemetry: headers.get('commet-client-telemetry'),
      atMs: Date.now(),
    })
    return arrive(url.pathname + url.search, init, realFetch)
  }
  return {
    get sent() {
      return sent
    },
    commet: (options) => new Commet({ apiKey, ...options }),
    forget() {
      sent = []
    },
    restore() {
      globalThis.fetch = realFetch
    },
  }
}
