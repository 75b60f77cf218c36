// Changes of an invoice's status that nobody else is asked about: whose they may be, up to how much, and of what.

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { BOOTSTRAP, type Scope } from '../../src/domain/operator.ts'
import { createApp } from '../../src/http/app.ts'
import { makeKey } from '../../src/usecases/make-key.ts'
import { commet, OPERATOR } from '../harness.ts'
import { callsOf, createWorld, entriesOf, setFaults } from '../world.ts'
import { freely } from './sdk-on-makegood.ts'

let world: Awaited<ReturnType<typeof createWorld>>
let count = 0

beforeEach(async () => {
  world = await createWorld({
    config: freely({ holdAbove: { minorUnits: 50_000, currency: 'usd' } }),
  })
})

afterEach(() => setFaults())

async function keyOf(...scopes: Scope[]): Promise<string> {
  const name = `status-${(count += 1)}`
  const wanted = { name, email: `${name}@saas.example`, scopes, expiresAt: null }
  const made = await makeKey(world.deps, wanted, BOOTSTRAP)
  if (!made.ok) throw new Error(made.error.reason)
  return made.value.secret
}

async function ask(method: string, path: string, body: unknown, as?: string, key?: string) {
  const response = await createApp(() => world.deps).request(
    `https://makegood.example/api/v1${path}`,
    {
      method,
      headers: {
        'x-api-key': as ?? OPERATOR['x-api-key'],
        ...(key === undefined ? {} : { 'idempotency-key': key }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    },
  )
  const text = await response.text()
  return { status: response.status, answer: text === '' ? null : JSON.parse(text) }
}

const setStatus = async (id: string, status: 'paid' | 'void', as?: string, key?: string) => {
  const { status: answered, answer } = await ask(
    'PUT',
    `/invoices/${id}/status`,
    { status },
    as,
    key,
  )
  return [answered, answer.error?.code ?? answer.data.status]
}

async function foreign(amount: number): Promise<string> {
  const body = { customerId: 'cus_acme', amount, description: 'Not ours' }
  const { data } = await commet('/api/v1/invoices', { method: 'POST', body: JSON.stringify(body) })
  return data.id
}

const putsOf = async (id: string) => (await callsOf('PUT', new RegExp(id))).length

it('is not changed while the invoice is ours and not recorded, and then under our conditions', async () => {
  const as = await keyOf('read', 'write', 'approve')
  const amount = 30_001 + (count += 1)
  const body = { customerId: 'cus_acme', amount, description: 'Seats' }
  await setFaults({ kind: 'server_error', status: 504, applied: true, times: 1, method: 'POST' })
  expect((await ask('POST', '/invoices', body, as, `lost-${amount}`)).status).toBe(500)
  await setFaults()
  const list = await ask('GET', '/invoices?customerId=cus_acme', undefined, as)
  const { id } = list.answer.data.find((each: any) => each.subtotal === amount)
  expect(await setStatus(id, 'void', as)).toEqual([409, 'invoice_not_recorded'])
  expect(await setStatus(id, 'paid', as)).toEqual([409, 'invoice_not_recorded'])
  expect(await putsOf(id)).toBe(0)
  const again = await ask('POST', '/invoices', body, as, `lost-${amount}`)
  expect([again.status, again.answer.data.id]).toEqual([201, id])
  expect(await setStatus(id, 'void', as)).toEqual([403, 'approver_is_maker'])
})

it('is void and nothing else where the invoice is a second one of an adjustment', async () => {
  const as = await keyOf('read', 'write', 'approve')
  const amount = 20_001 + (count += 1)
  const body = { customerId: 'cus_acme', amount, description: 'Twice' }
  const first = (await ask('POST', '/invoices', body, as, `twice-${amount}`)).answer.data
  const { makegood_adjustment_id: adjustment } = first.metadata
  const metadata = { makegood_adjustment_id: adjustment }
  const { data } = await commet('/api/v1/invoices', {
    method: 'POST',
    body: JSON.stringify({ ...body, metadata }),
  })
  const send = await ask('POST', `/invoices/${data.id}/send`, {}, as)
  expect(send.answer.error).toMatchObject({
    code: 'invoice_not_recorded',
    details: { adjustmentId: adjustment },
  })
  expect(await setStatus(data.id, 'paid', as)).toEqual([409, 'invoice_not_recorded'])
  expect(await putsOf(data.id)).toBe(0)
  expect(await setStatus(data.id, 'void', await keyOf('write'))).toEqual([403, 'forbidden'])
  expect(await setStatus(data.id, 'void', as)).toEqual([200, 'void'])
  const [entry] = (await entriesOf(adjustment)).filter(
    ({ action }) => action === 'billing.call_ended',
  )
  expect(entry?.data).toMatchObject({ outcome: 'done', wanted: 'void' })
  const { answer } = await ask('GET', `/adjustments/${adjustment}`, undefined, as)
  expect(answer.data).toMatchObject({ state: 'invoiced', invoice: { id: first.id } })
})

it('of an invoice with a mark that is no id of ours is refused, and the mark is not repeated', async () => {
  const metadata = { makegood_adjustment_id: 'somebody@acme.example' }
  const body = { customerId: 'cus_acme', amount: -100, description: 'Marked', metadata }
  const { data } = await commet('/api/v1/invoices', { method: 'POST', body: JSON.stringify(body) })
  const as = await keyOf('write', 'approve')
  const { status, answer } = await ask('PUT', `/invoices/${data.id}/status`, { status: 'void' }, as)
  expect([status, answer.error.code]).toEqual([409, 'invoice_not_recorded'])
  expect(answer.error.details).toEqual({ adjustmentId: null })
})

describe('of an invoice that is not ours', () => {
  it('a debt is paid by whoever may approve, and a credit by whoever may write', async () => {
    const write = await keyOf('write')
    const [debt, credit] = [await foreign(900), await foreign(-900)]
    expect(await setStatus(debt, 'paid', write)).toEqual([403, 'forbidden'])
    expect(await putsOf(debt)).toBe(0)
    expect(await setStatus(debt, 'paid', await keyOf('approve'))).toEqual([200, 'paid'])
    expect(await setStatus(credit, 'paid', write)).toEqual([200, 'paid'])
  })

  it('above holdAbove neither a debt is paid, nor anything voided', async () => {
    for (const [amount, status] of [
      [50_001, 'paid'],
      [50_001, 'void'],
      [-50_001, 'void'],
    ] as const) {
      const id = await foreign(amount)
      expect(await setStatus(id, status)).toEqual([409, 'invoice_above_limit'])
      expect(await putsOf(id)).toBe(0)
    }
    expect(await setStatus(await foreign(50_000), 'void')).toEqual([200, 'void'])
  })

  it('that is not there, the billing API says so', async () => {
    expect(await setStatus('inv_no', 'paid')).toEqual([404, 'invoice_not_found'])
  })
})

it('a debt of ours is paid by whoever may approve, too', async () => {
  const write = await keyOf('write')
  const body = { customerId: 'cus_acme', amount: 20_001 + (count += 1), description: 'Seats' }
  const { answer } = await ask('POST', '/invoices', body, write)
  expect(await setStatus(answer.data.id, 'paid', write)).toEqual([403, 'forbidden'])
  expect(await setStatus(answer.data.id, 'paid', await keyOf('approve'))).toEqual([200, 'paid'])
})

it.each(['/switches/all', '/switches/customer/cus_acme'])(
  'nothing of an invoice is changed or mailed while %s is paused',
  async (path) => {
    const id = await foreign(-700)
    const body = { customerId: 'cus_acme', amount: -(800 + (count += 1)), description: 'Ours' }
    const ours = (await ask('POST', '/invoices', body, await keyOf('write'))).answer.data.id
    const paused = await ask('PUT', path, undefined)
    expect(paused.status).toBeLessThan(300)
    expect(await setStatus(id, 'paid')).toEqual([409, 'invoices_paused'])
    expect(await setStatus(id, 'void')).toEqual([409, 'invoices_paused'])
    expect(await setStatus(ours, 'void')).toEqual([409, 'invoices_paused'])
    expect(await setStatus(ours, 'paid')).toEqual([409, 'invoices_paused'])
    const mailed = await ask('POST', `/invoices/${id}/send`, {})
    expect([mailed.status, mailed.answer.error.code]).toEqual([409, 'invoices_paused'])
    expect(await callsOf('PUT', new RegExp(id))).toEqual([])
    expect(await callsOf('POST', new RegExp(id))).toEqual([])
    await ask('DELETE', path, undefined)
    expect(await setStatus(id, 'paid')).toEqual([200, 'paid'])
    expect(await setStatus(ours, 'void')).toEqual([200, 'void'])
  },
)
