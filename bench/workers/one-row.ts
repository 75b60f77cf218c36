// The limit of the job: verifies Stripe's signature, commits one row to D1, and answers. No rule, no audit, no log.

type Bindings = { readonly DB: D1Database; readonly STRIPE_WEBHOOK_SECRET: string }

const TOLERANCE_SECONDS = 300
const encoder = new TextEncoder()
let imported: Promise<CryptoKey> | undefined

const importKey = (secret: string): Promise<CryptoKey> =>
  crypto.subtle.importKey('raw', encoder.encode(secret), { name: 'HMAC', hash: 'SHA-256' }, false, [
    'verify',
  ])

async function isSigned(header: string, body: Uint8Array, secret: string): Promise<boolean> {
  const [, time = '', signature = ''] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(header) ?? []
  if (!(Math.abs(Date.now() / 1_000 - Number(time)) <= TOLERANCE_SECONDS)) return false
  const start = encoder.encode(`${time}.`)
  const signed = new Uint8Array(start.length + body.length)
  signed.set(start)
  signed.set(body, start.length)
  const key = await (imported ??= importKey(secret))
  return crypto.subtle.verify('HMAC', key, Uint8Array.fromHex(signature), signed)
}

export default {
  async fetch(request, env) {
    const body = new Uint8Array(await request.arrayBuffer())
    const header = request.headers.get('stripe-signature') ?? ''
    if (!(await isSigned(header, body, env.STRIPE_WEBHOOK_SECRET))) {
      return new Response(null, { status: 401 })
    }
    const text = new TextDecoder().decode(body)
    const { id, type }: { id: string; type: string } = JSON.parse(text)
    await env.DB.prepare(
      'INSERT INTO events (id, type, received_at, body) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING',
    )
      .bind(id, type, Date.now(), text)
      .run()
    return Response.json({ events: [id] }, { status: 202 })
  },
} satisfies ExportedHandler<Bindings>
