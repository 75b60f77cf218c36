// The billing API's own things, as far as it describes them itself; they may hold more.

import * as z from 'zod/mini'
import { flag, money, named, text, time } from './operation.ts'

export const livemode = flag('Whether it is live money.', false)
export const invoiceId = text('At the billing API.', 'inv_1')
export const customerId = text('At the billing API.', 'cus_acme')
export const status = text('draft, outstanding, paid, void or uncollectible.', 'outstanding')
const metadata = z.nullish(z.record(z.string(), z.unknown()))
export const orNone = (shape: z.core.$ZodType) => z.nullish(shape)

const created = {
  object: z.literal('invoice'),
  livemode,
  id: invoiceId,
  customerId,
  invoiceNumber: text('As the customer reads it.', 'INV-0042'),
  status,
  invoiceType: orNone(text('adjustment, of what is made here.', 'adjustment')),
  currency: text('In which the customer is billed.', 'usd'),
  subtotal: money('Signed minor units.'),
  taxAmount: money('Signed minor units.', 0),
  total: money('Signed minor units.'),
  issueDate: orNone(time('Of the document.')),
  dueDate: orNone(time('Until when it is to be paid.')),
  memo: orNone(text('On the document.')),
  metadata,
  createdAt: time('When it was made.'),
  updatedAt: orNone(time('When it was changed last.')),
}
export const createdInvoice = named('CreatedInvoice', z.looseObject(created))

const lineItem = z.looseObject({
  description: text('The line that the customer reads.'),
  quantity: z.number(),
  unitAmount: z.number(),
  amount: money('Signed minor units.'),
})

export const invoice = named(
  'Invoice',
  z.looseObject({
    ...created,
    subscriptionId: orNone(text('At the billing API.', 'sub_1')),
    discountAmount: orNone(money('Signed minor units.', 0)),
    periodStart: orNone(time('Of a plan’s invoice.')),
    periodEnd: orNone(time('Of a plan’s invoice.')),
    lineItems: orNone(z.array(lineItem)),
  }),
)

export const customer = named(
  'Customer',
  z.looseObject({
    object: z.literal('customer'),
    livemode,
    id: customerId,
    externalId: orNone(text('In your own system.', 'acme-42')),
    fullName: orNone(text('Of the customer.')),
    email: orNone(text('Of the customer.', 'billing@acme.example')),
    metadata,
  }),
)

export const customerBatch = named(
  'CustomerBatch',
  z.looseObject({
    successful: z.array(z.looseObject({ id: customerId })),
    failed: z.array(
      z.looseObject({
        index: z.int().check(z.meta({ description: 'In the list that was sent.', examples: [1] })),
        error: text('Why.'),
      }),
    ),
  }),
)

export const feature = named(
  'Feature',
  z.looseObject({
    object: z.literal('feature'),
    livemode,
    code: text('By which programs know it.', 'api_calls'),
    name: text('For people.', 'API calls'),
    type: text('boolean, usage, seats or quota.', 'usage'),
    description: orNone(text('For people.')),
    unitName: orNone(text('Of what is counted.', 'call')),
  }),
)
