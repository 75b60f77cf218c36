// The verbs of the Zendesk tests: calls with the sandbox's token, and what an agent does on screen.
import { expect } from 'vitest'
import type { Called, Json, RunningSandbox } from './running-sandbox.ts'

export const TOKEN_USER = 'makegood@saas.example/token:sandbox_zendesk_token'
export const AGENT = 'agent@saas.example'
export const LEAD = 'lead@saas.example'

export const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`

/** The body of the trigger, as the documentation of the source gives it. */
export const TEMPLATE = JSON.stringify({
  kind: 'makegood.ticket',
  ticket_id: '{{ticket.id}}',
  tags: '{{ticket.tags}}',
  amount: '{{ticket.ticket_field_360012345678}}',
  currency: 'USD',
  customer_external_id: '{{ticket.requester.external_id}}',
  organization: '{{ticket.organization.external_id}}',
  requester: '{{ticket.requester.email}}',
  asker: '{{current_user.email}}',
  updated_at: '{{ticket.updated_at_with_timestamp}}',
})

export function zendeskOf(sandbox: () => RunningSandbox) {
  async function call(method: string, path: string, body?: unknown): Promise<Called> {
    const response = await raw(method, path, body)
    const text = await response.text()
    const { status, headers } = response
    return { status, headers, json: text && JSON.parse(text) }
  }

  /** The answer as it came, so that what is no JSON can be looked at. */
  function raw(
    method: string,
    path: string,
    body?: unknown,
    authorization = basic(TOKEN_USER),
  ): Promise<Response> {
    return fetch(`${sandbox().origin}/zendesk/api/v2${path}`, {
      method,
      headers: { authorization, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  }

  const made = async (path: string, name: string, record: Json): Promise<any> => {
    const { status, json } = await call('POST', path, { [name]: record })
    expect([status, json]).toMatchObject([201, { [name]: {} }])
    return json[name]
  }

  return {
    call,
    raw,
    get: (path: string) => call('GET', path),
    put: (path: string, body: unknown) => call('PUT', path, body),
    post: (path: string, body: unknown) => call('POST', path, body),
    remove: (path: string, body?: unknown) => call('DELETE', path, body),
    update: (id: number, ticket: Json) => call('PUT', `/tickets/${id}.json`, { ticket }),
    ticket: async (id: number): Promise<any> =>
      (await call('GET', `/tickets/${id}.json`)).json.ticket,
    comments: async (id: number): Promise<any[]> =>
      (await call('GET', `/tickets/${id}/comments.json`)).json.comments,
    act: (id: number, action: Json) =>
      sandbox().control('POST', `/zendesk/tickets/${id}/act`, { agent: AGENT, ...action }),
    webhook: (endpoint: string) =>
      made('/webhooks', 'webhook', {
        name: 'Makegood',
        endpoint,
        http_method: 'POST',
        request_format: 'json',
        status: 'active',
        subscriptions: ['conditional_ticket_events'],
      }),
    trigger: (webhookId: string, all: Json[], more: Json = {}) =>
      made('/triggers.json', 'trigger', {
        title: 'Ask Makegood',
        conditions: { all, any: [] },
        actions: [{ field: 'notification_webhook', value: [webhookId, TEMPLATE] }],
        ...more,
      }),
    field: (record: Json) => made('/ticket_fields.json', 'ticket_field', record),
    macro: (record: Json) => made('/macros.json', 'macro', record),
    view: (record: Json) => made('/views.json', 'view', record),
  }
}
