// Whether the billing API answers to a key, and how its customers are called by others.

import { createBillingClient } from '../src/commet/client.ts'
import { billingMode } from '../src/domain/adjustment.ts'
import type { Facts } from './doctor-facts.ts'

const PAGE_ROWS = 100
/** So many tell how the rest look. */
const PAGES_MAX = 5

type Billing = NonNullable<Facts['billing']>

/** Never throws. What it reads of customers is their external id alone. */
export async function askBilling(
  url: string,
  apiKey: string,
  send: typeof fetch,
): Promise<Billing> {
  const { customers } = createBillingClient({ baseUrl: url, apiKey, fetch: send })
  const known = { url, mode: billingMode(apiKey) }
  const externalIds: string[] = []
  let looked = 0
  let cursor: string | undefined
  for (let page = 0; page < PAGES_MAX; page++) {
    const listed = await customers.list({
      limit: PAGE_ROWS,
      ...(cursor === undefined ? {} : { cursor }),
    })
    if (!listed.ok) {
      const { status } = listed.error
      const isRefused = status === 401 || status === 403
      return { ...known, answer: isRefused ? 'refused' : 'none', customers: null }
    }
    const { data, nextCursor } = listed.value
    looked += data.length
    externalIds.push(...data.flatMap(({ externalId }) => (externalId ? [externalId] : [])))
    if (nextCursor === null) {
      return { ...known, answer: 'ok', customers: { looked, isAll: true, externalIds } }
    }
    cursor = nextCursor
  }
  return { ...known, answer: 'ok', customers: { looked, isAll: false, externalIds } }
}
