// Undoing over HTTP: what a person is answered, and what both adjustments show of each other.

import { env } from 'cloudflare:workers'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { limitsOf } from '../../src/domain/money-limits.ts'
import { BOOTSTRAP, SCOPES, type Scope } from '../../src/domain/operator.ts'
import { createApp } from '../../src/http/app.ts'
import { makeKey } from '../../src/usecases/make-key.ts'
import { commet, sandboxControl, ticket } from '../harness.ts'
import { createWorld, entriesOf, setFaults } from '../world.ts'

let world: Awaited<ReturnType<typeof createWorld>>
let app: ReturnType<typeof createApp>
let keys: { ann: string; boss: string; approver: string; writer: string }

beforeAll(async () => {
  world = await createWorld()
  const make = async (name: string, scopes: readonly Scope[] = SCOPES) => {
    const wanted = { name, email: `${name}@saas.example`, scopes, expiresAt: null }
    const made = await makeKey(world.deps, wanted, BOOTSTRAP)
    if (!made.ok) throw new Error(made.error.reason)
    return made.value.secret
  }
  keys = {
    ann: await make('ann'),
    boss: await make('boss'),
    approver: await make('approver', ['read', 'approve', 'admin']),
    writer: await make('writer', ['read', 'write', 'admin']),
  }
})

beforeEach(async () => {
  await env.DB.exec(`UPDATE adjustments SET wake_at = 9e15 WHERE wake_at IS NOT NULL`)
  await sandboxControl('POST', '/reset')
  world = await createWorld()
  app = createApp(() => world.deps)
})
afterEach(() => setFaults())

type Who = keyof typeof keys

async function ask(method: string, path: string, body?: unknown, who: Who = 'ann'): Promise<any> {
  const response = await app.request(`/api/v1/adjustments${path}`, {
    method,
    headers: { 'x-api-key': keys[who], 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return { status: response.status, ...(await response.json<any>()) }
}

const undo = (id: string, body: unknown, who?: Who) => ask('POST', `/${id}/reverse`, body, who)
const shown = async (id: string) => (await ask('GET', `/${id}`)).data

/** An invoiced credit of 25.00, as the API shows it. */
async function invoiced(fields: Record<string, unknown> = {}): Promise<any> {
  world.queue.length = 0
  const [event] = await world.receive('zendesk', ticket(fields))
  expect(await world.work()).toEqual(['issued'])
  return shown((await world.adjustment(event!)).id)
}

describe('POST /adjustments/:id/reverse', () => {
  it('answers 201 with the reversal, which is linked with its original both ways', async () => {
    const { id, version, invoice } = await invoiced()
    const { status, success, data } = await undo(id, { version, how: 'reversal' })
    expect({ status, success }).toEqual({ status: 201, success: true })
    expect(data).toMatchObject({
      object: 'adjustment',
      state: 'due',
      version: 1,
      amount: 2500,
      currency: 'usd',
      rule: 'reversal',
      subject: `reversal:${id}`,
      reverses: id,
      reversedBy: null,
      originalInvoice: invoice.number,
      maker: 'ann@saas.example',
    })
    expect(await shown(id)).toMatchObject({
      state: 'invoiced',
      version: version + 1,
      reversedBy: data.id,
      invoice: { status: 'outstanding' },
    })
    expect(await world.work()).toEqual(['held'])
    expect(await shown(data.id)).toMatchObject({ state: 'held', holdReasons: ['charge'] })
  })

  it('lets another person approve it, and then the customer owes what he was given', async () => {
    const { id, version } = await invoiced()
    const { data } = await undo(id, { version, how: 'reversal' })
    await world.work()
    const held = await shown(data.id)
    const seen = { version: held.version, amount: held.amount, currency: held.currency }
    const own = await ask('POST', `/${data.id}/approve`, seen)
    expect(own).toMatchObject({ status: 403, error: { code: 'approver_is_maker' } })
    expect((await ask('POST', `/${data.id}/approve`, seen, 'boss')).status).toBe(200)
    expect(await world.work()).toEqual(['issued'])
    const after = await shown(data.id)
    expect(after).toMatchObject({ state: 'invoiced', invoice: { total: 2500 } })
    const billed = (await commet(`/api/v1/invoices/${after.invoice.id}`)).data
    expect(billed).toMatchObject({ customerId: 'cus_acme', total: 2500 })
  })

  it('answers 202 where the invoice is to be voided, which it is soon after', async () => {
    const { id, version, invoice } = await invoiced()
    const { status, data } = await undo(id, { version, how: 'void' })
    expect(status).toBe(202)
    expect(data).toMatchObject({ id, reversedBy: 'void', invoice: { status: 'outstanding' } })
    expect(await world.work()).toEqual(['voided'])
    expect(await shown(id)).toMatchObject({ reversedBy: 'void', invoice: { status: 'void' } })
    expect((await commet(`/api/v1/invoices/${invoice.id}`)).data.status).toBe('void')
  })

  it('keeps who asked for it in the audit log, by the name of his key', async () => {
    const one = await invoiced()
    await undo(one.id, { version: one.version, how: 'reversal' })
    const other = await invoiced()
    await undo(other.id, { version: other.version, how: 'void' })
    const { results } = await env.DB.prepare(
      `SELECT action FROM audit_entries WHERE actor = 'operator:ann' AND subject IN (?, ?) ORDER BY seq`,
    )
      .bind(one.id, other.id)
      .all()
    expect(results).toEqual([
      { action: 'adjustment.reversed' },
      { action: 'adjustment.void_requested' },
    ])
    expect(JSON.stringify(await entriesOf(one.id))).not.toContain('@')
  })

  it('tells the second of two by what it is undone already', async () => {
    const { id, version } = await invoiced()
    const first = await undo(id, { version, how: 'reversal' })
    for (const how of ['reversal', 'void']) {
      const { status, error } = await undo(id, { version, how }, 'boss')
      expect(status).toBe(409)
      expect(error).toEqual({
        type: 'conflict_error',
        code: 'already_reversed',
        message: `It is to be undone already, by ${first.data.id}, which is due.`,
        details: {
          state: 'invoiced',
          version: version + 1,
          invoiceStatus: 'outstanding',
          reverses: null,
          reversedBy: first.data.id,
        },
        doc_url: 'https://makegood.example/docs/errors/already_reversed',
      })
    }
    const voiding = await invoiced()
    await undo(voiding.id, { version: voiding.version, how: 'void' })
    const late = await undo(voiding.id, { version: voiding.version, how: 'reversal' })
    expect(late.error.message).toBe('Its invoice is voided, or about to be.')
  })

  it('says that the reversal was rejected, and lets the invoice be voided then', async () => {
    const { id, version } = await invoiced()
    const { data: reversal } = await undo(id, { version, how: 'reversal' })
    await world.work()
    const event = async () => {
      const response = await app.request(`/api/v1/events/${reversal.event}`, {
        headers: { 'x-api-key': keys.ann },
      })
      return (await response.json<any>()).data
    }
    expect((await event()).why).toContain(`It is to be undone by ${reversal.id}, which waits.`)
    const { version: seen } = await shown(reversal.id)
    expect((await ask('POST', `/${reversal.id}/reject`, { version: seen }, 'boss')).status).toBe(
      200,
    )
    const why = `It was to be undone by ${reversal.id}, which was rejected.`
    expect((await event()).why).toContain(why)
    const standing = await shown(id)
    expect(standing).toMatchObject({
      reversedBy: reversal.id,
      reversal: { id: reversal.id, state: 'rejected' },
    })
    const again = await undo(id, { version: standing.version, how: 'reversal' })
    expect(again).toMatchObject({
      status: 409,
      error: {
        code: 'reversal_rejected',
        message: `Its reversal ${reversal.id} was rejected, and is not made again. Void its invoice while it is outstanding, or make a further adjustment by hand.`,
      },
    })
    expect((await undo(id, { version: standing.version, how: 'void' })).status).toBe(202)
    expect(await world.work()).toEqual(['voided'])
    expect((await event()).why).toEqual(
      expect.arrayContaining([why, 'Its invoice is voided, or about to be.']),
    )
  })

  it('has a code for each refusal', async () => {
    const { id, version, invoice } = await invoiced()
    const refusal = async (of: string, body: object) => {
      const { status, error } = await undo(of, body)
      return { status, type: error.type, code: error.code }
    }
    const conflict = (code: string) => ({ status: 409, type: 'conflict_error', code })
    expect(await refusal(id, { version: version - 1, how: 'reversal' })).toEqual(
      conflict('version_moved'),
    )
    const [event] = await world.receive('zendesk', ticket({ customer_external_id: 'nobody' }))
    await world.work()
    const held = await world.adjustment(event!)
    expect(await refusal(held.id, { version: held.version, how: 'void' })).toEqual(
      conflict('not_invoiced'),
    )
    const { data } = await undo(id, { version, how: 'reversal' })
    await world.work()
    const reversal = await shown(data.id)
    await ask(
      'POST',
      `/${data.id}/approve`,
      {
        version: reversal.version,
        amount: reversal.amount,
        currency: reversal.currency,
      },
      'boss',
    )
    await world.work()
    const issued = await shown(data.id)
    expect(await refusal(data.id, { version: issued.version, how: 'reversal' })).toEqual(
      conflict('is_reversal'),
    )
    const statuses = [
      ['paid', 'void', 'invoice_not_outstanding'],
      ['void', 'reversal', 'invoice_closed'],
    ] as const
    for (const [status, how, code] of statuses) {
      const other = await invoiced()
      await env.DB.prepare('UPDATE adjustments SET invoice_status = ? WHERE id = ?')
        .bind(status, other.id)
        .run()
      expect(await refusal(other.id, { version: other.version, how })).toEqual(conflict(code))
    }
    expect(invoice.status).toBe('outstanding')
  })

  it('refuses what it does not know, by name, and changes nothing', async () => {
    const { id, version } = await invoiced()
    const bodies = [
      [{ version, how: 'refund' }, 'how'],
      [{ version }, 'how'],
      [{ how: 'void' }, 'version'],
      [{ version: 0, how: 'void' }, 'version'],
      [{ version, how: 'reversal', amount: 5 }, 'amount'],
    ] as const
    for (const [body, param] of bodies) {
      expect(await undo(id, body)).toMatchObject({
        status: 400,
        error: { code: 'validation_error', param },
      })
    }
    for (const unknown of ['adj_no', `adj_${'0'.repeat(32)}`]) {
      expect(await undo(unknown, { version, how: 'void' })).toMatchObject({
        status: 404,
        error: { code: 'adjustment_not_found' },
      })
    }
    expect(await undo(id, { version, how: 'reversal' }, 'approver')).toMatchObject({
      status: 403,
      error: { code: 'forbidden', message: 'This needs a key with the scope write.' },
    })
    expect(await undo(id, { version, how: 'void' }, 'writer')).toMatchObject({
      status: 403,
      error: { code: 'forbidden', message: 'This needs a key with the scope approve.' },
    })
    expect(await shown(id)).toMatchObject({ version, reversedBy: null })
  })

  it('says in the log which refusal it was, with its numbers', async () => {
    const { id, version } = await invoiced()
    await undo(id, { version: version + 7, how: 'void' })
    expect(world.lines).toContainEqual(
      expect.objectContaining({
        event: 'request',
        route: '/api/v1/adjustments/:id/reverse',
        status: 409,
        reason: 'version_moved',
        adjustment: id,
        seen: String(version + 7),
        version: String(version),
      }),
    )
  })

  it('lets an approver void without the scope to write, and a writer reverse', async () => {
    const one = await invoiced()
    expect((await undo(one.id, { version: one.version, how: 'void' }, 'approver')).status).toBe(202)
    const other = await invoiced()
    const reversal = { version: other.version, how: 'reversal' }
    expect((await undo(other.id, reversal, 'writer')).status).toBe(201)
  })

  it('lets nobody void what he asked for himself, in whichever spelling', async () => {
    const { id, version } = await invoiced({ asker: 'Boss@Saas.Example' })
    expect(await undo(id, { version, how: 'void' }, 'boss')).toMatchObject({
      status: 403,
      error: { type: 'permission_error', code: 'approver_is_asker' },
    })
    expect(await shown(id)).toMatchObject({ version, reversedBy: null })
    expect((await undo(id, { version, how: 'void' })).status).toBe(202)
  })

  it('lets nobody void what he made himself', async () => {
    const { id, version } = await invoiced()
    const { data } = await undo(id, { version, how: 'reversal' })
    await world.work()
    const { version: at, amount, currency } = await shown(data.id)
    await ask('POST', `/${data.id}/approve`, { version: at, amount, currency }, 'boss')
    expect(await world.work()).toEqual(['issued'])
    const reversal = await shown(data.id)
    const voiding = { version: reversal.version, how: 'void' }
    expect(await undo(data.id, voiding)).toMatchObject({
      status: 403,
      error: { type: 'permission_error', code: 'approver_is_maker' },
    })
    expect((await undo(data.id, voiding, 'boss')).status).toBe(202)
  })

  it('lets nobody void alone what two people have to let through', async () => {
    const limited = (minorUnits: number) => {
      const limits = limitsOf({
        twoApproversAbove: { minorUnits, currency: 'usd' },
        charges: 'hold',
      })
      const config = { ...world.deps.config, limits }
      app = createApp(() => ({ ...world.deps, config }))
    }
    const { id, version } = await invoiced()
    limited(2_499)
    expect(await undo(id, { version, how: 'void' })).toMatchObject({
      status: 409,
      error: { type: 'conflict_error', code: 'needs_reversal', details: { version } },
    })
    expect(await shown(id)).toMatchObject({ version, reversedBy: null })
    limited(2_500)
    await env.DB.prepare('UPDATE adjustments SET approvers_needed = 2 WHERE id = ?').bind(id).run()
    expect((await undo(id, { version, how: 'void' })).error.code).toBe('needs_reversal')
    await env.DB.prepare('UPDATE adjustments SET approvers_needed = 1 WHERE id = ?').bind(id).run()
    expect((await undo(id, { version, how: 'void' })).status).toBe(202)
    const other = await invoiced()
    limited(2_499)
    const reversal = { version: other.version, how: 'reversal' }
    expect((await undo(other.id, reversal)).status).toBe(201)
  })
})
