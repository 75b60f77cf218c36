// The senders of `npm run chaos`: the Worker takes from them, and the trial signs as they do.

import { hubspot, standard, stripe, zendesk } from '../src/sources/index.ts'

export const CHAOS_ENDPOINTS = {
  stripe: stripe({ secret: 'STRIPE_WEBHOOK_SECRET' }),
  zendesk: zendesk({ secret: 'ZENDESK_WEBHOOK_SECRET', mode: 'test' }),
  standard: standard({ secret: 'STANDARD_WEBHOOK_SECRET', mode: 'test' }),
  hubspot: hubspot({ secret: 'HUBSPOT_CLIENT_SECRET', mode: 'test' }),
}

export type ChaosEndpoint = keyof typeof CHAOS_ENDPOINTS
