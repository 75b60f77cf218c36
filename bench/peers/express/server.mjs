// Express, Stripe's own package and SQLite, as tutorials write a webhook: verify, keep the event, answer, then make the
// invoice and keep its id. The database waits for the disk at each commit, as D1 does.

import { DatabaseSync } from 'node:sqlite'
import express from 'express'
import Stripe from 'stripe'

const { PORT, FOLDER, BILLING_URL, STRIPE_WEBHOOK_SECRET } = process.env

const stripe = new Stripe('sk_test_bench')
const db = new DatabaseSync(`${FOLDER}/events.sqlite`)
db.exec(`PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  CREATE TABLE IF NOT EXISTS events (
    id TEXT PRIMARY KEY, type TEXT NOT NULL, body TEXT NOT NULL, invoice TEXT)`)
const insert = db.prepare(
  'INSERT INTO events (id, type, body) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
)
const update = db.prepare('UPDATE events SET invoice = ? WHERE id = ?')

async function invoiceFor({ id, data: { object: refund } }) {
  const response = await fetch(`${BILLING_URL}/api/v1/invoices`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': 'ck_x', 'idempotency-key': id },
    body: JSON.stringify({
      customerId: refund.customer,
      amount: -refund.amount,
      description: 'Refund',
      metadata: { refund: refund.id },
    }),
  })
  const { data } = await response.json()
  update.run(data.id, id)
}

const app = express()

app.post('/webhooks/stripe', express.raw({ type: 'application/json' }), (req, res) => {
  let event
  try {
    const signature = req.headers['stripe-signature']
    event = stripe.webhooks.constructEvent(req.body, signature, STRIPE_WEBHOOK_SECRET)
  } catch {
    return res.sendStatus(401)
  }
  const { changes } = insert.run(event.id, event.type, req.body.toString('utf8'))
  res.status(202).json({ received: true })
  if (changes === 0 || event.data.object.status !== 'succeeded') return
  invoiceFor(event).catch((error) => console.error(error))
})

app.listen(Number(PORT), '127.0.0.1', () => process.send('listening'))
process.on('disconnect', () => process.exit())
