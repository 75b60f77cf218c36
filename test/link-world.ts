// Clicks, with the verbs of the tests: a link of an invoice that is there, a request of some agent, and what is
// done behind the answer, which the test awaits when it wants to.

import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { createClickMemory } from '../src/click-memory.ts'
import type { Deps } from '../src/deps.ts'
import { BOOTSTRAP } from '../src/domain/operator.ts'
import { createApp } from '../src/http/app.ts'
import type { Link } from '../src/db/schema.ts'
import { makeLink } from '../src/usecases/make-link.ts'
import { addressOfLink } from '../src/usecases/link-address.ts'
import { OPERATOR } from './harness.ts'
import { createWorld } from './world.ts'

export const CHROME =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36'
export const IPHONE =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1'
export const BROWSER = { 'user-agent': CHROME, accept: 'text/html,*/*;q=0.8' }

let invoices = 0

/** An invoice at the billing API that no adjustment of ours made. */
export async function invoiceElsewhere(): Promise<string> {
  const response = await env.SANDBOX.fetch('http://sandbox.localhost/api/v1/invoices', {
    method: 'POST',
    headers: {
      'x-api-key': 'ck_sandbox_test',
      'content-type': 'application/json',
      'idempotency-key': `elsewhere-${(invoices += 1)}-${crypto.randomUUID()}`,
    },
    body: JSON.stringify({
      customerId: 'cus_acme',
      amount: -100,
      description: 'Elsewhere',
    }),
  })
  const { data } = await response.json<{ data: { id: string } }>()
  if (!data?.id) throw new Error(`no invoice: ${response.status}`)
  return data.id
}

export async function createLinkWorld(parts: Partial<Deps> = {}) {
  const world = await createWorld(parts)
  let deps = world.deps
  const app = createApp(() => deps)
  const contexts: ExecutionContext[] = []
  /** What is done behind the answers. */
  const settle = async (): Promise<void> => {
    await Promise.all(contexts.splice(0).map((context) => waitOnExecutionContext(context)))
  }
  const request = async (path: string, init: RequestInit = {}): Promise<Response> => {
    const context = createExecutionContext()
    contexts.push(context)
    return app.request(path, { redirect: 'manual', ...init }, env, context)
  }
  return {
    ...world,
    app,
    settle,
    request,
    /** Another isolate: it remembers nothing. */
    another: (more: Partial<Deps> = {}): void => {
      deps = { ...deps, clicks: createClickMemory(), ...more }
    },
    deps: () => deps,
    async link(wanted: { label?: string; expiresInDays?: number } = {}): Promise<{
      link: Link
      path: string
      slug: string
    }> {
      const invoiceId = await invoiceElsewhere()
      const made = await makeLink(deps, BOOTSTRAP, {
        invoiceId,
        expiresInDays: wanted.expiresInDays ?? 400,
        label: wanted.label ?? null,
      })
      if (!made.ok) throw new Error(made.error.reason)
      const { link } = made.value
      const address = await addressOfLink(deps, link, 'https://makegood.example')
      const path = new URL(address!).pathname
      return { link, path, slug: path.slice('/i/'.length) }
    },
    click: (path: string, headers: Record<string, string> = BROWSER, method = 'GET') =>
      request(path, { headers, method }),
    /** A call of the operator's API; its status and what it holds, as anything. */
    async api(
      method: string,
      path: string,
      body?: unknown,
    ): Promise<{ status: number; body: any }> {
      const response = await request(`/api/v1${path}`, {
        method,
        headers: { ...OPERATOR, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      return { status: response.status, body: await response.json() }
    },
    row: async (id: string): Promise<any> =>
      env.DB.prepare('SELECT * FROM links WHERE id = ?').bind(id).first(),
    entries: async (id: string): Promise<any[]> =>
      (
        await env.DB.prepare(
          'SELECT actor, action, data FROM audit_entries WHERE subject = ? ORDER BY seq',
        )
          .bind(id)
          .all<any>()
      ).results.map(({ data, ...entry }) => ({ ...entry, data: JSON.parse(data) })),
  }
}
