// Whom an unknown customer may be, each to be chosen by one button, with why he is suggested.

import { findSuggested } from '../../db/read-suggestions.ts'
import type { Adjustment } from '../../db/schema.ts'
import { soughtBy, suggestionsOf, type Suggestion } from '../../domain/suggest-customer.ts'
import type { AppContext } from '../context.ts'
import { Form } from './parts.tsx'

export async function suggestedFor(
  c: AppContext,
  { state, holdReasons, customerReference }: Adjustment,
): Promise<readonly Suggestion[]> {
  const isUnknown = state === 'held' && holdReasons?.includes('customer_unresolved')
  if (!isUnknown || customerReference === null) return []
  const sought = soughtBy(customerReference)
  return suggestionsOf(sought, await findSuggested(c.var.deps.db, sought))
}

type Props = { of: Adjustment; suggested: readonly Suggestion[]; token: string; back: string }

export const Suggestions = ({ of, suggested, token, back }: Props) => (
  <>
    {suggested.map((each) => (
      <Form
        token={token}
        back={back}
        class="stack"
        action={`/adjustments/${of.id}/customer`}
        fields={{ version: of.version, customerId: each.customerId }}
      >
        <p class="soft">{whyOf(each)}</p>
        <button>{`Choose ${each.customerId}`}</button>
      </Form>
    ))}
  </>
)

function whyOf({ by, value, account, customerId }: Suggestion): string {
  const where = account === '' ? 'in every account' : `at ${account}`
  switch (by) {
    case 'same':
      return `${customerId} has the same name ${where}.`
    case 'domain':
      return `${customerId} is ${value} ${where}: the same company's addresses.`
    case 'name':
      return `${customerId} is ${value} ${where}: it begins alike.`
  }
}
