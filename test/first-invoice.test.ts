// The whole way once, with the real queue, D1 and the billing API's sandbox over HTTP.

import { expect, it } from 'vitest'
import {
  adjustmentOf,
  commet,
  creditRequest,
  deliver,
  event,
  fetchApp,
  invoicesOf,
  refund,
  ticket,
} from './harness.ts'

it('a ticket on which an agent asked for a credit becomes an invoice with a link to its PDF', async () => {
  const [id = ''] = await deliver('zendesk', ticket())
  const adjustment = await adjustmentOf(id, 'invoiced')
  expect(adjustment).toMatchObject({
    amount: -2500,
    settlement: 'owed',
    asker: 'agent@saas.example',
  })
  expect(adjustment.invoice).toMatchObject({ status: 'outstanding', total: -2500, currency: 'usd' })
  const invoices = await invoicesOf(adjustment.id, 'cus_acme')
  expect(invoices).toHaveLength(1)
  expect(invoices[0]).toMatchObject({ total: -2500 })

  const click = await fetchApp(adjustment.link, { redirect: 'manual' })
  expect(click.status).toBe(302)
  expect(click.headers.get('location')).toMatch(/^http:\/\/sandbox\.localhost\//)
  expect(await event(id)).toMatchObject({ fate: 'adjusted', rule: 'zendesk-ticket-credit' })
})

it('a Stripe refund becomes a record that is issued and then marked paid', async () => {
  const [id = ''] = await deliver('stripe', refund())
  const adjustment = await adjustmentOf(id, 'invoiced')
  expect(adjustment).toMatchObject({ amount: -2599, settlement: 'already_paid' })
  expect(adjustment.note[0]).toContain('Stripe has already returned this money')
  const { data } = await commet(`/api/v1/invoices/${adjustment.invoice.id}`)
  expect(data).toMatchObject({ status: 'paid', customerId: 'cus_sample' })
})

it('a credit that the user’s own backend asks for becomes an invoice, once per its id', async () => {
  const body = creditRequest()
  const [id = ''] = await deliver('standard', body, { id: 'msg_first' })
  const adjustment = await adjustmentOf(id, 'invoiced')
  expect(adjustment).toMatchObject({
    amount: -1250,
    settlement: 'owed',
    subject: `credit:${body.data.id}`,
  })
  expect(await deliver('standard', body, { id: 'msg_first' })).toEqual([id])
  const [again = ''] = await deliver('standard', body, { id: 'msg_second' })
  expect(await event(again)).toMatchObject({ fate: 'duplicate' })
  expect(await invoicesOf(adjustment.id, 'cus_acme')).toHaveLength(1)
})
