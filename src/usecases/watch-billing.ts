// The billing client as one caller has it, so that what each of his calls has met is heard of.

import type { BillingError, BillingResult } from '../commet/client.ts'
import type { Billing } from '../deps.ts'

/** `saw`: after each call that issuing and comparing make. Null: it was answered as it should be. */
export function watchBilling(
  billing: Billing,
  saw: (error: BillingError | null) => Promise<void>,
): Billing {
  const watch =
    <Asked extends readonly unknown[], Data>(call: (...asked: Asked) => BillingResult<Data>) =>
    async (...asked: Asked): BillingResult<Data> => {
      const answer = await call(...asked)
      await saw(answer.ok ? null : answer.error)
      return answer
    }
  const { invoices, customers } = billing
  return {
    ...billing,
    invoices: {
      ...invoices,
      createAdjustment: watch(invoices.createAdjustment),
      list: watch(invoices.list),
      get: watch(invoices.get),
      updateStatus: watch(invoices.updateStatus),
    },
    customers: { ...customers, list: watch(customers.list), get: watch(customers.get) },
  }
}
