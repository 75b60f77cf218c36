// Stripe's API as `npm run connect` calls it: form-encoded, with a key that only the environment holds.

import { isLoopback } from '../src/domain/link.ts'
import type { Api } from './connect-call.ts'
import { addressOf, type ConnectSettings } from './connect-settings.ts'
import { Trouble } from './trouble.ts'

const ADDRESS = 'https://api.stripe.com'
const KEY = /^(sk|rk)_(test|live)_\w+$/

/** `environment`: never .dev.vars, where a key that can move money would lie about. */
export function stripeApi(
  { app }: Pick<ConnectSettings, 'app'>,
  environment: Readonly<Record<string, string | undefined>>,
  outside: Pick<Api, 'fetch' | 'sleep' | 'say'>,
): Api {
  const key = environment['STRIPE_SECRET_KEY']
  if (!key) {
    throw new Trouble(
      'STRIPE_SECRET_KEY is not set in the environment: a restricted key that may write webhook endpoints is enough',
    )
  }
  if (!KEY.test(key))
    throw new Trouble('STRIPE_SECRET_KEY is no secret key: sk_… or rk_… is wanted')
  const base = addressOf('STRIPE_API_URL', environment['STRIPE_API_URL'] || ADDRESS)
  const isStandIn = isLoopback(new URL(base).hostname)
  if (!isStandIn && base !== ADDRESS) {
    throw new Trouble(`STRIPE_API_URL ${base}: only ${ADDRESS}, or a stand-in on this machine`)
  }
  if (!isStandIn && isLoopback(new URL(app).hostname)) {
    throw new Trouble(`Stripe can't reach ${app}: give the app's public address with --app`)
  }
  return {
    title: 'Stripe',
    base: `${base}/v1`,
    headers: { authorization: `Bearer ${key}` },
    advice,
    ...outside,
  }
}

function advice(status: number): string | null {
  if (status === 401) return 'STRIPE_SECRET_KEY is not a key of this account, or was rolled'
  if (status === 403)
    return 'the key of STRIPE_SECRET_KEY has to have write access to Webhook Endpoints'
  if (status === 429) return 'wait some minutes, then run this again: it goes on where it stopped'
  return null
}
