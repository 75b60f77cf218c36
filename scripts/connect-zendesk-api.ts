// Zendesk's API as `npm run connect` calls it: where it is, with whose token, and what its refusals mean.

import { isLoopback } from '../src/domain/link.ts'
import type { Api } from './connect-call.ts'
import { addressOf, type ConnectSettings } from './connect-settings.ts'
import { Trouble } from './trouble.ts'

const NEEDED = ['ZENDESK_URL', 'ZENDESK_EMAIL', 'ZENDESK_API_TOKEN'] as const

/** Throws Trouble that names what is not set, or an address that can't be meant. */
export function zendeskApi(
  { app, value }: ConnectSettings,
  outside: Pick<Api, 'fetch' | 'sleep' | 'say'>,
): Api {
  const missing = NEEDED.filter((name) => value(name) === undefined)
  if (missing.length > 0) {
    throw new Trouble(
      `${missing.join(', ')} not set, in the environment or in .dev.vars: https://<yours>.zendesk.com, an ` +
        "admin's e-mail, and an API token (Admin Center, Apps and integrations, APIs); those of the " +
        "sandbox's Zendesk are in docs/sources/zendesk.md",
    )
  }
  const [url = '', email, token] = NEEDED.map(value)
  const base = addressOf('ZENDESK_URL', url)
  if (isLoopback(new URL(app).hostname) && !isLoopback(new URL(base).hostname)) {
    throw new Trouble(`Zendesk can't reach ${app}: give the app's public address with --app`)
  }
  return {
    title: 'Zendesk',
    base: `${base}/api/v2`,
    headers: {
      authorization: `Basic ${Buffer.from(`${email}/token:${token}`).toString('base64')}`,
    },
    advice,
    ...outside,
  }
}

function advice(status: number): string | null {
  if (status === 401) {
    return 'ZENDESK_EMAIL and ZENDESK_API_TOKEN do not fit: is the token active, and the e-mail without /token?'
  }
  if (status === 403) return 'the user of ZENDESK_EMAIL has to be an admin'
  if (status === 429) return 'wait some minutes, then run this again: it goes on where it stopped'
  if (status >= 300 && status < 400)
    return 'ZENDESK_URL has to be https://<yours>.zendesk.com itself'
  return null
}
