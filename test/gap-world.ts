// A world whose sources can be asked: the sandbox's Stripe and Zendesk. What happens there is not delivered,
// unless a test does it.

import { env } from 'cloudflare:workers'
import { ticketBody } from '../scripts/zendesk-body.ts'
import { openDatabase } from '../src/db/database.ts'
import type { Deps } from '../src/deps.ts'
import { eventId, type EventId } from '../src/domain/ids.ts'
import { stripeEvents } from '../src/gaps/stripe-events.ts'
import { zendeskTickets, type ZendeskTicketsOptions } from '../src/gaps/zendesk-tickets.ts'
import { zendeskCreditUndo } from '../src/rules/zendesk-credit-undo.ts'
import { findMissed } from '../src/usecases/find-missed.ts'
import { depsWith, refund, sandboxControl } from './harness.ts'
import config from './makegood.config.ts'
import { SECRETS, zendesk } from './notice-world.ts'
import { createWorld } from './world.ts'

export const VALUES: Readonly<Record<string, string>> = {
  ...SECRETS,
  STRIPE_API_KEY: 'sk_test_sandbox_stripe',
  STRIPE_URL: 'http://sandbox.localhost/stripe',
}

export const AGENT = 'agent@saas.example'
/** Petra Adler, whose external id is acme-42. */
const PETRA = 9101

type Options = {
  readonly zendesk?: ZendeskTicketsOptions
  readonly values?: Readonly<Record<string, string>>
}

/** Two days after whatever an earlier test did; both endpoints have had their first delivery. */
export async function gapWorld(options: Options = {}, parts: Partial<Deps> = {}) {
  const values = options.values ?? VALUES
  const findMissedBy = [
    stripeEvents({ url: 'STRIPE_URL' }),
    zendeskTickets({ endpoint: 'zendesk', ...options.zendesk }),
  ]
  const { settings } = depsWith()
  const named = ({ secrets }: { readonly secrets: readonly string[] }) => ({
    values: new Map(secrets.map((name) => [name, values[name] ?? ''])),
    missing: secrets.filter((name) => values[name] === undefined),
  })
  const world = await createWorld({
    db: openDatabase(env.DB),
    config: { ...config, findMissed: findMissedBy, rules: [zendeskCreditUndo(), ...config.rules] },
    settings: {
      ...settings,
      finderSecrets: new Map(
        findMissedBy.map((finder) => [finder.endpoint ?? 'stripe', named(finder)]),
      ),
    },
    ...parts,
  })
  await world.advance(2 * 24 * 3_600)
  await env.DB.prepare('DELETE FROM gap_searches').run()

  return {
    ...world,
    find: (how: Partial<Deps> = {}) => findMissed({ ...world.deps, ...how }),
    search: (endpoint: string) =>
      env.DB.prepare('SELECT * FROM gap_searches WHERE endpoint = ?').bind(endpoint).first<any>(),
    /** Refunds at Stripe that nobody is told of, one a minute from now on. */
    async refunds(count: number, fields: Record<string, unknown> = {}): Promise<any[]> {
      const started = Math.floor(world.now() / 1_000)
      const events = Array.from({ length: count }, (_, n) => ({
        ...refund({ created: started + n * 60, ...fields }),
        created: started + n * 60,
      }))
      for (let at = 0; at < count; at += 500) {
        await sandboxControl('POST', '/stripe/events', { events: events.slice(at, at + 500) })
      }
      return events
    },
    /** A ticket on which an agent asks; the answer is its number. */
    async asked({
      agent = AGENT,
      requester = PETRA,
      fields = {},
      tags = ['credit_requested', 'credit_25'],
    } = {}): Promise<string> {
      const { ticket } = await zendesk('POST', '/tickets.json', {
        ticket: { subject: 'Down', comment: { body: 'Hello' }, requester_id: requester },
      })
      await act(ticket.id, { agent, addTags: tags, fields })
      return String(ticket.id)
    },
  }
}

export async function act(id: string | number, what: Record<string, unknown>): Promise<void> {
  const response = await sandboxControl('POST', `/zendesk/tickets/${id}/act`, what)
  if (!response.ok) throw new Error(await response.text())
}

export const stripeId = ({ id }: { readonly id: string }): Promise<EventId> => eventId('stripe', id)

/** The trigger of docs/sources/zendesk.md, with a webhook that is never called: its bodies are kept. */
export async function connectTrigger(amountField: number | null = null): Promise<void> {
  const { webhook } = await zendesk('POST', '/webhooks', {
    webhook: {
      name: 'Makegood',
      endpoint: 'https://makegood.example/webhooks/zendesk',
      http_method: 'POST',
      request_format: 'json',
      status: 'active',
      subscriptions: ['conditional_ticket_events'],
    },
  })
  const body = ticketBody({ amountField, currency: 'USD', customer: 'requester' })
  await zendesk('POST', '/triggers.json', {
    trigger: {
      title: 'Makegood: an agent asks',
      conditions: {
        all: [
          { field: 'role', operator: 'is', value: 'agent' },
          { field: 'current_tags', operator: 'includes', value: 'credit_requested credit_undo' },
          { field: 'current_tags', operator: 'not_includes', value: 'makegood_asked' },
        ],
        any: [],
      },
      actions: [
        { field: 'notification_webhook', value: [webhook.id, body] },
        { field: 'current_tags', value: 'makegood_asked' },
      ],
    },
  })
}

/** What the trigger would have delivered of a ticket, as it was rendered. */
export async function rendered(ticketId: string): Promise<string> {
  const { invocations } = await (await sandboxControl('GET', '/zendesk/invocations')).json<any>()
  const found = invocations.find((each: any) => String(each.ticketId) === ticketId)
  return found.body
}
