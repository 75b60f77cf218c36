// What the Stripe rules read alike of the objects in Stripe's events.

import * as z from 'zod/mini'
import type { CustomerReference } from '../domain/customer.ts'
import { occurredAtOf } from '../domain/event.ts'
import { credit, type Outcome } from '../domain/rule.ts'
import { externalCustomer, sourceCustomer } from './sender-fields.ts'
import { stripeAmount } from './stripe-amount.ts'
import { unreadableAmount } from './typed-amount.ts'

/** Stripe gives an id, or the whole object where the field is expanded. */
const idOrObject = z.nullish(z.union([z.string(), z.object({ id: z.string() })]))

/** `kind`: Stripe's own name of the object. */
export const stripeObject = <Kind extends string>(kind: Kind) =>
  z.object({
    id: z.string().check(z.minLength(1)),
    object: z.literal(kind),
    status: z.nullish(z.string()),
    amount: z.optional(z.unknown()),
    currency: z.optional(z.unknown()),
    customer: idOrObject,
    created: z.optional(z.unknown()),
    metadata: z.nullish(z.record(z.string(), z.unknown())),
  })

export const stripePayload = <Kind extends string>(kind: Kind) =>
  z.object({ data: z.object({ object: stripeObject(kind) }) })

type StripeObject = z.output<ReturnType<typeof stripeObject>>

/** The external id in `metadata.commet_customer`, else Stripe's own id of him. */
function customerOf({ metadata, customer }: StripeObject): CustomerReference | null {
  const own = typeof customer === 'string' ? customer : customer?.id
  return externalCustomer(metadata?.['commet_customer']) ?? sourceCustomer(own)
}

/** A record of the object's amount. `kind`: of the subject, as in `refund:re_1`. */
export function stripeRecord(object: StripeObject, kind: string): Outcome {
  const money = stripeAmount(object.amount, object.currency)
  if (!money.ok) return unreadableAmount(money.error, 'data.object.amount and currency')
  const { created } = object
  return credit(money.value, {
    subject: `${kind}:${object.id}`,
    customer: customerOf(object),
    // An event about an old object may come much later.
    happenedAt: typeof created === 'number' ? occurredAtOf(created) : null,
  })
}
