// How an event names its customer. Who that is at the billing API is looked up before the claim.

/**
 * `external_id`: the billing API's external id. `source_id`: the source's own id of him, such as
 * Stripe's `cus_…`. `email`: known by the identity table only. `billing_id`: the billing API's own id.
 */
export const CUSTOMER_KINDS = ['external_id', 'source_id', 'email', 'billing_id'] as const
export type CustomerKind = (typeof CUSTOMER_KINDS)[number]

export type CustomerReference = { readonly kind: CustomerKind; readonly value: string }
