// An outgoing webhook by Standard Webhooks (standardwebhooks.com, v1 symmetric): for programs. It may come
// twice after a crash, with the same `webhook-id`.

import { err, ok } from '../domain/result.ts'
import { unknownFields } from '../domain/unknown-fields.ts'
import { ask } from './ask.ts'
import type { Channel } from './channel.ts'

export type SignedWebhookOptions = {
  /** Names of secrets: the address, and the signing secret (`whsec_` and base64). */
  readonly url?: string
  readonly secret?: string
}

export function signedWebhook(options: SignedWebhookOptions = {}): Channel {
  const { url = 'NOTICE_WEBHOOK_URL', secret = 'NOTICE_WEBHOOK_SECRET' } = options
  return {
    name: 'webhook',
    title: 'Webhook',
    source: null,
    secrets: [url, secret],
    problems: unknownFields(options, ['url', 'secret']),
    wants: () => true,
    async send(secrets, notice, { nowMs }) {
      const key = keyOf(secrets(secret))
      if (key === null) return err(SECRET_UNUSABLE)
      const { id, status, about, source, endpoint, subject, lines, data, at } = notice
      const timestamp = String(Math.floor(nowMs / 1_000))
      const body = JSON.stringify({
        type: `makegood.${status}`,
        timestamp: new Date(at).toISOString(),
        data: { about, source, endpoint, subject, note: lines, ...data },
      })
      const signature = await sign(key, `${id}.${timestamp}.${body}`)
      const headers = {
        'webhook-id': id,
        'webhook-timestamp': timestamp,
        'webhook-signature': `v1,${signature}`,
      }
      const posted = await ask({ method: 'POST', url: secrets(url), headers, body })
      return posted.ok ? ok('sent') : posted
    },
  }
}

const SECRET_UNUSABLE = {
  meaning: 'refused',
  code: 'secret_unusable',
  status: null,
  retryAfterSeconds: null,
} as const

/** An empty key signs nothing. */
function keyOf(secret: string): Uint8Array<ArrayBuffer> | null {
  try {
    const key = Uint8Array.fromBase64(secret.replace(/^whsec_/, ''))
    return key.length === 0 ? null : key
  } catch {
    return null
  }
}

async function sign(key: Uint8Array<ArrayBuffer>, text: string): Promise<string> {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  const imported = await crypto.subtle.importKey('raw', key, algorithm, false, ['sign'])
  const digest = await crypto.subtle.sign('HMAC', imported, new TextEncoder().encode(text))
  return new Uint8Array(digest).toBase64()
}
