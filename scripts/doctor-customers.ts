// Whether what the sources call their customers can be found at the billing API, and what customers can write
// themselves. Pure.

import type { Config } from '../src/config.ts'
import { finding, type Facts, type Finding } from './doctor-facts.ts'

type Customers = NonNullable<NonNullable<Facts['billing']>['customers']>

/** How the ids look by which a source knows a customer, where all look alike. */
const SOURCE_IDS: Readonly<Record<string, { readonly form: RegExp; readonly example: string }>> = {
  paddle: { form: /^ctm_/, example: 'ctm_…' },
  shopify: { form: /^\d{5,}$/, example: 'digits' },
  stripe: { form: /^cus_/, example: 'cus_…' },
}

const IMPORT = 'external ids at Commet, or POST /api/v1/identities/import (docs/money.md)'
const EMAIL = /^[^@\s]+@[^@\s]+\.[a-z]+$/i

/** Null: they could not be looked at. */
export function customerFindings(
  customers: Customers | null,
  { endpoints }: Config,
): readonly Finding[] {
  if (customers === null) return []
  const { looked, isAll, externalIds } = customers
  const of = isAll ? `${looked}` : `the ${looked} newest`
  const count = `${externalIds.length} of ${of} customers at Commet have an external id`
  if (externalIds.length === 0) {
    const text =
      looked === 0 ? 'Commet has no customers yet' : `${count}: whom a source names is held`
    return [finding('warn', 'customers', text, IMPORT)]
  }
  const isMost = externalIds.length * 2 >= looked
  const found = [finding(isMost ? 'ok' : 'warn', 'customers', count, isMost ? null : IMPORT)]
  const emails = externalIds.filter((id) => EMAIL.test(id)).length
  if (emails * 2 >= externalIds.length) {
    const text = `${emails} external ids are e-mail addresses, which people change`
    found.push(finding('warn', 'customers', text, 'ids of your own system'))
  }
  const sources = new Map([...endpoints.values()].map(({ source }) => [source.name, source.title]))
  for (const [name, title] of sources) {
    const known = SOURCE_IDS[name]
    if (known === undefined || externalIds.some((id) => known.form.test(id))) continue
    const text = `no external id looks like ${title}'s (${known.example}): its events are held unless they name another`
    found.push(finding('warn', 'customers', text, IMPORT))
  }
  return found
}

/** By source: what keeps customers out of what asks for money. docs/rules.md has the whole of it. */
const EDITABLE: Readonly<Record<string, string>> = {
  freshdesk: 'the field is neither visible nor editable in the portal',
  front: 'no rule sets the tags by what a customer wrote',
  helpscout: 'no workflow sets the tags by what a customer wrote',
  hubspot: 'the property stands in no form, and not on the customer portal',
  intercom: 'the attributes are not visible to customers, and identity verification is on',
  jira: "the amount's field is on the agents' screen only, on no portal form",
  pipedrive: 'the field is in no web form',
  salesforce: 'field-level security hides the field from portal profiles and web-to-case forms',
  zendesk:
    "the amount's field is for agents only, and a trigger takes the tags off whatever is no agent's",
}

/** What an agent's word is worth, as long as only agents can say it. */
export function editableFindings({ rules }: Config): readonly Finding[] {
  const trusting = rules.filter(({ causedBy, mode }) => causedBy === 'agent' && mode !== 'shadow')
  const sources = new Set(trusting.map(({ source }) => source))
  return Object.entries(EDITABLE)
    .filter(([name]) => sources.has(name))
    .map(([name, text]) =>
      finding(
        'look',
        'who asks',
        `${name}: is it so that ${text}?`,
        'docs/rules.md, "Who can cause it"',
      ),
    )
}
