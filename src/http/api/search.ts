import * as z from 'zod/mini'
import { SEARCH_CHARS_MAX } from '../../domain/limits.ts'
import { search, type Hits } from '../../usecases/search.ts'
import { succeed } from '../answers.ts'
import { requireScope } from '../require-key.ts'
import { createRoutes } from '../routes.ts'
import { validQuery } from '../validate.ts'
import { presentAdjustment } from './adjustments.ts'
import { presentEvent } from './events.ts'

const query = z.strictObject({
  q: z.string().check(
    z.trim(),
    z.minLength(1),
    z.maxLength(SEARCH_CHARS_MAX),
    z.meta({
      description: 'A ticket, customer, event, invoice or amount, as a person writes it.',
      examples: ['INV-0042'],
    }),
  ),
})

export const searches = createRoutes().get(
  '/',
  requireScope('read'),
  validQuery(query),
  async (c) => {
    const hits = await search(c.var.deps, c.req.valid('query').q)
    return succeed(c, {
      object: 'search',
      adjustments: hits.adjustments.map(presentAdjustment),
      events: hits.events.map(presentEvent),
      /** Lists that go through the older ones as well; empty where there are none. */
      more: hits.isAll ? [] : listsOf(hits),
    })
  },
)

function listsOf({ sought: { text, amount } }: Hits): readonly string[] {
  const filters: readonly (readonly [string, string])[] = [
    ['customer', text],
    ...(amount === null
      ? []
      : [['amount', String(-amount)] as const, ['amount', String(amount)] as const]),
  ]
  return filters.map(
    ([name, value]) => `/api/v1/adjustments?${new URLSearchParams({ [name]: value }).toString()}`,
  )
}
