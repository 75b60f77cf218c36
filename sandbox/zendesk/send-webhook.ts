// One signed request to a webhook's address, as Zendesk sends it: base64 of HMAC-SHA-256 over the time
// and the body, with nothing between them and with the secret's text. Only this machine is called.
import { DELIVERY_DEADLINE_MS } from './limits.ts'
import { zendeskTime } from './records.ts'
import type { Webhook } from './shapes.ts'

/** Signs what "Test webhook" sends; it stands in Zendesk's own pages. */
export const PUBLIC_TEST_SECRET = 'dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ=='

const ACCOUNT_ID = '22129848'

export type Request = {
  readonly webhook: Pick<Webhook, 'id' | 'endpoint' | 'http_method'>
  readonly invocationId: string
  readonly body: string
  readonly secret: string
  /** Milliseconds, by the organization's clock: the time that is signed. */
  readonly now: number
}

export type Outcome =
  | {
      readonly kind: 'answered'
      readonly status: number
      readonly headers: Headers
      readonly body: string
    }
  | { readonly kind: 'silent' }
  | { readonly kind: 'not_sent'; readonly why: string }

export const isLoopback = (hostname: string): boolean =>
  /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(hostname)

export async function send(request: Request): Promise<Outcome> {
  const { endpoint, http_method: method } = request.webhook
  if (!isLoopback(new URL(endpoint).hostname)) {
    return { kind: 'not_sent', why: 'only loopback addresses are called' }
  }
  try {
    const response = await fetch(endpoint, {
      method,
      headers: await signedHeaders(request),
      body: request.body,
      redirect: 'manual',
      signal: AbortSignal.timeout(DELIVERY_DEADLINE_MS),
    })
    const { status, headers } = response
    return { kind: 'answered', status, headers, body: await response.text() }
  } catch {
    return { kind: 'silent' }
  }
}

async function signedHeaders(request: Request): Promise<Record<string, string>> {
  const bytes = new TextEncoder()
  const timestamp = zendeskTime(request.now)
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  const secret = bytes.encode(request.secret)
  const key = await crypto.subtle.importKey('raw', secret, algorithm, false, ['sign'])
  const signed = bytes.encode(timestamp + request.body)
  const signature = await crypto.subtle.sign('HMAC', key, signed)
  return {
    'content-type': 'application/json; charset=utf-8',
    'user-agent': 'Zendesk Webhook',
    'x-zendesk-account-id': ACCOUNT_ID,
    'x-zendesk-webhook-id': request.webhook.id,
    'x-zendesk-webhook-invocation-id': request.invocationId,
    'x-zendesk-webhook-signature': new Uint8Array(signature).toBase64(),
    'x-zendesk-webhook-signature-timestamp': timestamp,
  }
}
