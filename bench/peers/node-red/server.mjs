// Node-RED with a flow as its cookbook draws it: HTTP in, a function that verifies, HTTP response, and an HTTP request
// that makes the invoice. It keeps no event anywhere but in memory, so it promises less than the others. Its Express is
// the one that Node-RED's own parts are written for: with Express 5 above it, its flows don't start.

import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createHmac, timingSafeEqual } from 'node:crypto'
import express from 'express'
import RED from 'node-red'

const { PORT, FOLDER, BILLING_URL, STRIPE_WEBHOOK_SECRET } = process.env

const VERIFY = `
const [, time, given] = /^t=(\\d+),v1=([0-9a-f]{64})$/.exec(msg.req.headers['stripe-signature'] || '') || []
const raw = msg.payload
const made = global.get('hmac')(time + '.' + raw)
if (!given || !global.get('equal')(made, given)) { msg.statusCode = 401; msg.payload = ''; return [msg, null] }
const event = JSON.parse(raw)
const answer = { ...msg, statusCode: 202, payload: { received: true } }
const refund = event.data.object
if (refund.status !== 'succeeded') return [answer, null]
return [answer, {
  url: global.get('billing') + '/api/v1/invoices',
  headers: { 'content-type': 'application/json', 'x-api-key': 'ck_x', 'idempotency-key': event.id },
  payload: { customerId: refund.customer, amount: -refund.amount, description: 'Refund', metadata: { refund: refund.id } },
}]`

const FLOW = [
  { id: 'tab', type: 'tab', label: 'webhooks' },
  {
    id: 'in',
    type: 'http in',
    z: 'tab',
    url: '/webhooks/stripe',
    method: 'post',
    wires: [['verify']],
  },
  {
    id: 'verify',
    type: 'function',
    z: 'tab',
    func: VERIFY,
    outputs: 2,
    wires: [['out'], ['bill']],
  },
  { id: 'out', type: 'http response', z: 'tab', wires: [] },
  { id: 'bill', type: 'http request', z: 'tab', method: 'POST', ret: 'obj', wires: [[]] },
]

writeFileSync(`${FOLDER}/flows.json`, JSON.stringify(FLOW))

const app = express()
const server = createServer(app)
RED.init(server, {
  httpAdminRoot: false,
  httpNodeRoot: '/',
  userDir: FOLDER,
  flowFile: 'flows.json',
  // The function needs the bytes that were signed.
  httpNodeMiddleware: express.text({ type: '*/*' }),
  logging: { console: { level: 'off' } },
  functionGlobalContext: {
    billing: BILLING_URL,
    hmac: (text) => createHmac('sha256', STRIPE_WEBHOOK_SECRET).update(text).digest('hex'),
    equal: (a, b) => a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b)),
  },
})
app.use('/', RED.httpNode)
const started = once(RED.events, 'flows:started')
await RED.start()
await started
server.listen(Number(PORT), '127.0.0.1', () => process.send('listening'))
process.on('disconnect', () => process.exit())
