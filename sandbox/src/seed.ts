// What an organization holds before anyone calls it: the same ids, names and invoices after each reset.
import type { Invoice } from '@commet/node'
import { assert } from '../../src/domain/assert.ts'
import { addCustomer } from './customers.ts'
import type { NewCustomer } from './customers.ts'
import { addFeature } from './features.ts'
import { addInvoice } from './ledger.ts'
import { INVOICE_DUE_MS } from './limits.ts'
import { isoTime } from './store.ts'
import type { Store } from './store.ts'

const SEEDED_AT = Date.parse('2026-10-01T08:00:00.000Z')
const PERIOD_END = Date.parse('2026-11-01T08:00:00.000Z')
const MINUTE_MS = 60_000

/** A plan invoice's price in minor units of the currency. */
type Plan = { readonly name: string; readonly price: number; readonly currency: string }
type Seed = { readonly customer: NewCustomer & { readonly id: string }; readonly plan: Plan | null }

const starter: Plan = { name: 'Starter', price: 4900, currency: 'usd' }
const team: Plan = { name: 'Team', price: 19_900, currency: 'usd' }
const business: Plan = { name: 'Business', price: 99_000, currency: 'usd' }

function seed(id: string, externalId: string, fullName: string, more: Partial<NewCustomer> = {}) {
  return { id, externalId, fullName, email: `billing@${externalId}.example`, ...more }
}

const SEEDS: readonly Seed[] = [
  {
    customer: seed('cus_acme', 'acme-42', 'Acme GmbH', {
      email: 'billing@acme.example',
      taxDocument: 'DE811907980',
      timezone: 'Europe/Berlin',
      address: {
        line1: 'Torstraße 140',
        city: 'Berlin',
        postalCode: '10119',
        country: 'DE',
      },
    }),
    plan: team,
  },
  {
    customer: seed('cus_bolt', 'bolt-7', 'Bolt Logistics Inc.', {
      address: {
        line1: '500 Howard Street',
        line2: 'Suite 300',
        city: 'San Francisco',
        state: 'CA',
        postalCode: '94105',
        country: 'US',
      },
    }),
    plan: business,
  },
  { customer: seed('cus_cedar', 'cedar-19', 'Cedar & Sons Ltd'), plan: starter },
  {
    customer: seed('cus_dupont', 'dupont-3', 'Dupont Frères SARL', {
      taxDocument: 'FR40303265045',
      timezone: 'Europe/Paris',
      address: { line1: '12 rue de Rivoli', city: 'Paris', postalCode: '75004', country: 'FR' },
    }),
    plan: { name: 'Équipe', price: 17_900, currency: 'eur' },
  },
  { customer: seed('cus_echo', 'echo-new', 'Echo Labs (no invoice yet)'), plan: null },
  {
    customer: seed('cus_scripts', 'scripts-8', 'Żółć Ąę 株式会社 Ltd', {
      email: 'ksiegowosc@scripts.example',
      address: { line1: 'ul. Długa 5', city: 'Łódź', postalCode: '90-001', country: 'PL' },
    }),
    plan: team,
  },
  {
    customer: seed('cus_sample', 'cus_SampleAcme01', 'Sample Acme (Stripe id)', {
      email: 'ap@sample-acme.example',
    }),
    plan: team,
  },
  { customer: seed('cus_greta', 'greta-77', 'Greta Svensson Konsult AB'), plan: starter },
  {
    customer: seed('cus_habana', 'habana-5', 'Habana Café S.A.', {
      taxDocument: '30-71234567-1',
      timezone: 'America/Buenos_Aires',
      address: {
        line1: 'Av. Corrientes 1234',
        city: 'Buenos Aires',
        postalCode: 'C1043',
        country: 'AR',
      },
    }),
    plan: starter,
  },
  { customer: seed('cus_iris', 'iris-64', 'Ирис Софт ООО'), plan: business },
]

export function writeSeed(store: Store): void {
  for (const [index, { customer, plan }] of SEEDS.entries()) {
    const at = SEEDED_AT + index * MINUTE_MS
    const added = addCustomer(store, customer, at)
    assert(added.ok, `the seed holds each external id once: ${customer.id}`)
    if (plan !== null) addPlanInvoice(store, customer.id, plan, at)
  }
  addFeature(
    store,
    { name: 'API calls', code: 'api_calls', type: 'usage', unitName: 'call' },
    SEEDED_AT,
  )
  addFeature(
    store,
    { name: 'Team seats', code: 'seats', type: 'seats', unitName: 'seat' },
    SEEDED_AT,
  )
  addFeature(store, { name: 'Single sign-on', code: 'sso', type: 'boolean' }, SEEDED_AT)
}

function addPlanInvoice(store: Store, customerId: string, plan: Plan, at: number): Invoice {
  const name = customerId.replace('cus_', '')
  return addInvoice(
    store,
    at,
    (issued) => ({
      customerId,
      subscriptionId: `sub_${name}`,
      status: 'paid',
      invoiceType: 'recurring',
      currency: plan.currency,
      subtotal: plan.price,
      discountAmount: 0,
      creditApplied: 0,
      taxAmount: 0,
      total: plan.price,
      periodStart: isoTime(SEEDED_AT),
      periodEnd: isoTime(PERIOD_END),
      dueDate: isoTime(issued + INVOICE_DUE_MS),
      planName: plan.name,
      memo: null,
      poNumber: null,
      reference: null,
      metadata: {},
      lineItems: [planLine(plan)],
    }),
    `inv_${name}_plan`,
  )
}

function planLine(plan: Plan) {
  return {
    lineType: 'plan_base' as const,
    featureName: null,
    description: `${plan.name} plan, monthly`,
    quantity: 1,
    unitAmount: plan.price,
    amount: plan.price,
    includedAmount: null,
    usedAmount: null,
    overageAmount: null,
    discountType: null,
    discountValue: null,
    discountName: null,
    chargeType: 'advance' as const,
  }
}
