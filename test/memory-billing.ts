// A billing API in memory, behind the product's own client, for tests of thousands of invoices. It knows
// every external id `x` as the customer `cus_x`, billed in US dollars.

import { createBillingClient } from '../src/commet/client.ts'
import type { Billing } from '../src/deps.ts'
import type { Mode } from '../src/domain/event.ts'
import { createdInvoiceJson, customerJson, invoiceJson } from './commet/objects.ts'

const BASE_URL = 'https://billing.example'

export type Posted = { readonly id: string; readonly customerId: string; readonly amount: number }

/**
 * `posted`: every invoice that was made, in order. The same idempotency key makes one only. `name`: part
 * of each invoice's id, since several of these may answer for one database.
 */
export function memoryBilling(
  name: string,
  mode: Mode = 'test',
): { billing: Billing; posted: readonly Posted[] } {
  const livemode = mode === 'live'
  const posted: Posted[] = []
  const byKey = new Map<string, Response>()

  const create = (key: string, body: any): Response => {
    const id = `inv_${name}_${posted.length + 1}`
    const { customerId, amount, metadata } = body
    posted.push({ id, customerId, amount })
    const status = metadata.makegood_settlement === 'already_paid' ? 'paid' : 'outstanding'
    const money = { subtotal: amount, total: amount, status, livemode, invoiceNumber: id }
    const answer = succeed({ ...createdInvoiceJson, ...money, id, customerId, metadata })
    byKey.set(key, answer.clone())
    return answer
  }

  const answer = (method: string, { pathname, searchParams }: URL, key: string, body: any) => {
    const [, , , resource = '', id = ''] = pathname.split('/')
    const known = byKey.get(key)?.clone()
    if (known) return known
    switch (`${method} ${resource}${id === '' ? '' : '/'}`) {
      case 'GET customers': {
        const externalId = searchParams.get('externalId')
        return page([{ ...customerJson, id: `cus_${externalId}`, externalId }])
      }
      case 'GET customers/':
        return succeed({ ...customerJson, id, externalId: id.replace('cus_', '') })
      case 'GET invoices':
        return page([{ ...invoiceJson, customerId: searchParams.get('customerId') }])
      case 'POST invoices':
        return create(key, body)
      default:
        throw new Error(`not made for ${method} ${pathname}`)
    }
  }

  const client = createBillingClient({
    baseUrl: BASE_URL,
    apiKey: 'ck_sandbox_memory',
    fetch: async (input, init) => {
      const request = new Request(input, init)
      const key = request.headers.get('idempotency-key') ?? ''
      const body = request.method === 'POST' ? await request.json() : null
      return answer(request.method, new URL(request.url), key, body)
    },
  })
  return { billing: { ...client, baseUrl: BASE_URL, mode }, posted }
}

const succeed = (data: object): Response => Response.json({ success: true, data })

const page = (data: readonly object[]): Response =>
  Response.json({ success: true, data, hasMore: false })
