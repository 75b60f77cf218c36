// POST /customers/batch: up to 100 customers, each of which succeeds or fails alone. A body of the wrong
// shape is refused whole; a bad address or a taken external id fails its own entry.
import * as z from 'zod'
import type { CustomerBatch } from '@commet/node'
import { success } from './answer.ts'
import type { Answer } from './answer.ts'
import type { Input } from './call.ts'
import { addCustomer, newCustomer } from './customers.ts'
import { BATCH_CUSTOMERS_MAX } from './limits.ts'
import { parse } from './parse.ts'
import type { Store } from './store.ts'

const entry = newCustomer.extend({ email: z.string() })
const batch = z.object({ customers: z.array(entry).min(1).max(BATCH_CUSTOMERS_MAX) })

export function createCustomers(store: Store, input: Input): Answer {
  const wanted = parse(batch, input.body)
  if (!wanted.ok) return wanted.error
  const answer: CustomerBatch = {
    object: 'customer',
    livemode: store.livemode,
    successful: [],
    failed: [],
  }
  for (const [index, data] of wanted.value.customers.entries()) {
    if (!z.email().safeParse(data.email).success) {
      answer.failed.push({ index, error: 'Invalid email address', data })
      continue
    }
    const added = addCustomer(store, data, input.now)
    if (added.ok) {
      const { id, externalId, email } = added.value
      answer.successful.push({ id, externalId, email })
    } else {
      answer.failed.push({ index, error: added.error.message, data })
    }
  }
  return success(answer)
}
