// The official SDK on a running sandbox. It has no option for its address or its fetch, so the global
// fetch is replaced: what goes to commet.co arrives at the sandbox, unchanged but for the host.

import { Commet } from '@commet/node'
import { type RunningSandbox, SANDBOX_KEY, startSandbox } from './running-sandbox.ts'

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

export type SdkOnSandbox = {
  readonly sandbox: RunningSandbox
  /** Every request since the last `forget`. */
  readonly sent: readonly Sent[]
  commet(options?: Partial<CommetOptions>): Commet
  forget(): void
  stop(): Promise<void>
}

export async function startSdkOnSandbox(): Promise<SdkOnSandbox> {
  const sandbox = await startSandbox()
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
    return realFetch(sandbox.origin + url.pathname + url.search, init)
  }
  return {
    sandbox,
    get sent() {
      return sent
    },
    commet: (options) => new Commet({ apiKey: SANDBOX_KEY, ...options }),
    forget() {
      sent = []
    },
    async stop() {
      globalThis.fetch = realFetch
      await sandbox.stop()
    },
  }
}
