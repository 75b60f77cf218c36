// `Idempotency-Key` on every write: asked twice, answered once; and what is left when the answer is never kept.

import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { openDatabase } from '../../src/db/database.ts'
import type { Deps } from '../../src/deps.ts'
import {
  IDEMPOTENCY_KEPT_SECONDS,
  IDEMPOTENCY_KEYS_MAX,
  IDEMPOTENCY_LEASE_SECONDS,
} from '../../src/domain/limits.ts'
import { BOOTSTRAP, type Scope } from '../../src/domain/operator.ts'
import { createApp } from '../../src/http/app.ts'
import { forgetByClock } from '../../src/usecases/forget.ts'
import { makeKey } from '../../src/usecases/make-key.ts'
import { countRows, OPERATOR, sandboxControl, ticket } from '../harness.ts'
import { createWorld, setFaults } from '../world.ts'

let world: Awaited<ReturnType<typeof createWorld>>
let next = 0
const anyKey = (): string => `once:${(next += 1)}`

beforeEach(async () => {
  await env.DB.exec('DELETE FROM idempotency')
  await env.DB.exec('UPDATE adjustments SET wake_at = 9e15 WHERE wake_at IS NOT NULL')
  await sandboxControl('POST', '/reset')
  await setFaults()
  world = await createWorld()
})

type Asked = {
  readonly body?: unknown
  readonly key?: string | null
  readonly as?: string
  readonly headers?: Record<string, string>
  readonly deps?: Partial<Deps>
}

async function ask(method: string, path: string, asked: Asked = {}) {
  const { body, key = null, as = OPERATOR['x-api-key'], headers = {}, deps = {} } = asked
  const app = createApp(() => ({ ...world.deps, ...deps }))
  const isText = typeof body === 'string'
  const response = await app.request(`https://makegood.example/api/v1${path}`, {
    method,
    headers: { 'x-api-key': as, ...(key === null ? {} : { 'idempotency-key': key }), ...headers },
    ...(body === undefined ? {} : { body: isText ? body : JSON.stringify(body) }),
  })
  const text = await response.text()
  const answer = JSON.parse(text)
  return {
    status: response.status,
    code: answer.error?.code,
    text,
    answer,
    headers: response.headers,
  }
}

async function keyOf(name: string, email: string, scopes: readonly Scope[] = ['write']) {
  const made = await makeKey(world.deps, { name, email, scopes, expiresAt: null }, BOOTSTRAP)
  if (!made.ok) throw new Error(made.error.reason)
  return made.value.secret
}

const identity = (value: string) => ({ kind: 'external_id', value, customerId: 'cus_acme' })
const rowsOf = async () => (await env.DB.prepare('SELECT * FROM idempotency').all()).results
const countOf = async (): Promise<unknown> =>
  (await env.DB.prepare('SELECT sum(keys) AS n FROM idempotency_counts').first())?.['n']

describe('a write with an Idempotency-Key', () => {
  it('asked again is answered the same, and done once', async () => {
    const key = anyKey()
    const asked = { body: identity('once-1'), key }
    const first = await ask('POST', '/identities', asked)
    const entries = await countRows('audit_entries')
    const again = await ask('POST', '/identities', asked)
    expect([first.status, first.answer.data.isNew]).toEqual([201, true])
    expect([again.status, again.text]).toEqual([201, first.text])
    expect(again.headers.get('content-type')).toBe(first.headers.get('content-type'))
    expect(again.headers.get('idempotent-replayed')).toBe('true')
    expect(first.headers.get('idempotent-replayed')).toBeNull()
    expect(again.headers.get('x-request-id')).not.toBe(first.headers.get('x-request-id'))
    expect(await countRows('audit_entries')).toBe(entries)
    // Without the key the same request says what is there now.
    const without = await ask('POST', '/identities', { body: identity('once-1') })
    expect([without.status, without.answer.data.isNew]).toEqual([200, false])
  })

  it.each([
    ['another body', 'POST', '/identities', identity('once-3')],
    ['another path', 'POST', '/links', identity('once-2')],
    ['another method', 'DELETE', '/identities', identity('once-2')],
    ['a parameter', 'POST', '/identities?x=1', identity('once-2')],
  ])('does nothing for %s: 409', async (_, method, path, body) => {
    const key = anyKey()
    await ask('POST', '/identities', { body: identity('once-2'), key })
    const rows = await countRows('identities')
    const other = await ask(method, path, { body, key })
    expect([other.status, other.code]).toEqual([409, 'idempotency_key_mismatch'])
    expect(await countRows('identities')).toBe(rows)
  })

  it('does nothing under another condition than it was first asked with', async () => {
    const key = anyKey()
    const asked = { body: identity('once-5'), key }
    await ask('POST', '/identities', asked)
    const other = await ask('POST', '/identities', { ...asked, headers: { 'if-match': '"other"' } })
    expect([other.status, other.code]).toEqual([409, 'idempotency_key_mismatch'])
  })

  it('is the operator’s own: another’s same key is another one, and one person’s keys are one', async () => {
    const key = anyKey()
    const [ann, annToo, bo] = await Promise.all([
      keyOf('once-ann', 'ann@saas.example'),
      keyOf('once-ann-2', 'ANN@saas.example'),
      keyOf('once-bo', 'bo@saas.example'),
    ])
    const first = await ask('POST', '/identities', { body: identity('once-6'), key, as: ann })
    const same = await ask('POST', '/identities', { body: identity('once-6'), key, as: annToo })
    const other = await ask('POST', '/identities', { body: identity('once-6'), key, as: bo })
    expect([first.status, same.status, other.status]).toEqual([201, 201, 200])
    expect(same.text).toBe(first.text)
    expect(other.answer.data.isNew).toBe(false)
  })

  it('of two at once does one, and tells the other to try again', async () => {
    const body = { invoiceId: (await invoiceOf()).id, label: 'both' }
    const key = anyKey()
    const both = await Promise.all([
      ask('POST', '/links', { body, key }),
      ask('POST', '/links', { body, key }),
    ])
    const statuses = both.map(({ status }) => status).toSorted((a, b) => a - b)
    expect(statuses[0]).toBe(201)
    if (statuses[1] === 409) {
      const late = both.find(({ status }) => status === 409)
      expect(late).toMatchObject({ code: 'idempotency_in_progress' })
      expect(Number(late?.headers.get('retry-after'))).toBeGreaterThan(0)
    } else {
      expect(both[0]?.text).toBe(both[1]?.text)
    }
    const again = await ask('POST', '/links', { body, key })
    expect([again.status, again.text]).toEqual([
      201,
      both.find(({ status }) => status === 201)?.text,
    ])
  })

  it('with a refusal that looked at something is answered that again', async () => {
    const key = anyKey()
    const first = await ask('DELETE', '/identities/7', { key })
    expect([first.status, first.code]).toEqual([404, 'identity_not_found'])
    const again = await ask('DELETE', '/identities/7', { key })
    expect([again.status, again.text, again.headers.get('idempotent-replayed')]).toEqual([
      404,
      first.text,
      'true',
    ])
  })

  it('that was not understood may be mended, and one that lacked a scope done by another key', async () => {
    const key = anyKey()
    const wrong = await ask('POST', '/identities', { body: { ...identity('once-7'), no: 1 }, key })
    expect([wrong.status, wrong.code]).toEqual([400, 'validation_error'])
    const notJson = await ask('POST', '/identities', { body: '{', key })
    expect([notJson.status, notJson.code]).toEqual([400, 'invalid_json'])
    const reader = await keyOf('once-reader', 'once@saas.example', ['read'])
    const writer = await keyOf('once-writer', 'once@saas.example', ['write'])
    const asked = { body: identity('once-7'), key }
    expect((await ask('POST', '/identities', { ...asked, as: reader })).status).toBe(403)
    expect((await ask('POST', '/identities', { ...asked, as: writer })).status).toBe(201)
    expect((await ask('POST', '/identities', { ...asked, as: OPERATOR['x-api-key'] })).status).toBe(
      200,
    )
  })

  it('that met trouble is done again: what is 503 is not kept', async () => {
    const key = anyKey()
    const asked = { body: identity('once-8'), key }
    const down = await ask('POST', '/identities', { ...asked, deps: { billing: null } })
    expect(down.status).toBe(503)
    const thrown = await ask('POST', '/identities', {
      ...asked,
      deps: { billing: throwing() },
    })
    expect(thrown.status).toBe(503)
    expect(await rowsOf()).toEqual([])
    expect((await ask('POST', '/identities', asked)).status).toBe(201)
  })

  it.each(['', 'a b', 'x'.repeat(256), 'a\tb'])('«%s» is no key', async (key) => {
    const { status, answer } = await ask('POST', '/identities', { body: identity('never'), key })
    expect([status, answer.error?.param]).toEqual([400, 'Idempotency-Key'])
  })

  it('is nothing to a request that only reads', async () => {
    expect((await ask('GET', '/identities', { key: 'a b' })).status).toBe(200)
    expect(await rowsOf()).toEqual([])
  })

  it('takes a list as text/csv too, and a body that says no length', async () => {
    const csv = 'account,kind,value,customer_id\n,external_id,once-csv,cus_acme\n'
    const asked = { body: csv, key: anyKey(), headers: { 'content-type': 'text/csv' } }
    const first = await ask('POST', '/identities/import', asked)
    expect([first.status, first.answer.data?.added]).toEqual([200, 1])
    expect((await ask('POST', '/identities/import', asked)).text).toBe(first.text)
    const app = createApp(() => world.deps)
    const send = async () => {
      const body = new Blob([JSON.stringify(identity('once-stream'))]).stream()
      const headers = { ...OPERATOR, 'idempotency-key': 'once:stream' }
      const url = 'https://makegood.example/api/v1/identities'
      return app.request(new Request(url, { method: 'POST', headers, body }))
    }
    const [one, two] = [await send(), await send()]
    expect([one.status, two.status]).toEqual([201, 201])
    expect(await two.text()).toBe(await one.text())
  })

  it('of an empty stream is told what it lacks', async () => {
    const app = createApp(() => world.deps)
    const headers = { ...OPERATOR, 'content-type': 'application/json', 'idempotency-key': anyKey() }
    const init = { method: 'POST', headers, body: new Blob([]).stream() }
    const response = await app.request(
      new Request('https://makegood.example/api/v1/identities', init),
    )
    expect(response.status).toBe(400)
  })

  it('of more than a body may have is 413, and kept nowhere', async () => {
    const body = 'x'.repeat(1_048_577)
    const { status, code } = await ask('POST', '/identities', { body, key: anyKey() })
    expect([status, code]).toEqual([413, 'body_too_large'])
    expect(await rowsOf()).toEqual([])
  })
})

describe('what is kept', () => {
  it('is no text: neither the key, nor who asked, nor the answer, nor a link’s slug can be read there', async () => {
    const key = 'support:jo@acme.example'
    const as = await keyOf('once-kept', 'kept@saas.example')
    const body = { invoiceId: (await invoiceOf()).id, label: 'for Jo' }
    const made = await ask('POST', '/links', { body, key, as })
    expect(made.status).toBe(201)
    const { url, id } = made.answer.data
    const text = JSON.stringify(await rowsOf())
    for (const word of [
      key,
      'acme.example',
      'saas.example',
      url,
      url.split('/').at(-1),
      id,
      'for Jo',
    ]) {
      expect(text).not.toContain(word)
    }
    expect((await ask('POST', '/links', { body, key, as })).text).toBe(made.text)
  })

  it('of a new key is its id alone, and the repeat makes no second one', async () => {
    const asked = { body: { name: 'once-made', scopes: ['read'] }, key: anyKey() }
    const made = await ask('POST', '/keys', asked)
    expect(made.status).toBe(201)
    const { id, key: secret } = made.answer.data
    expect(await rowsOf()).toMatchObject([{ status: 201, made: null }])
    expect(JSON.stringify(await rowsOf())).not.toContain(id)
    const keys = await countRows('keys')
    const again = await ask('POST', '/keys', asked)
    expect([again.status, again.code, again.answer.error.details]).toEqual([
      409,
      'idempotency_answer_gone',
      { status: 201, id },
    ])
    expect(again.text).not.toContain(secret)
    expect(await countRows('keys')).toBe(keys)
  })

  it('that is gone says what was made only to a key that may make it', async () => {
    const email = 'gone-for-some@saas.example'
    const [admin, reader] = [
      await keyOf('gone-admin', email, ['admin', 'write']),
      await keyOf('gone-reader', email, ['read']),
    ]
    const asked = { body: { name: 'once-gone', scopes: ['read'] }, key: anyKey() }
    const { id } = (await ask('POST', '/keys', { ...asked, as: admin })).answer.data
    const forReader = await ask('POST', '/keys', { ...asked, as: reader })
    expect([forReader.status, forReader.code]).toEqual([403, 'forbidden'])
    expect(forReader.text).not.toContain(id)
    expect(forReader.text).not.toContain('201')
    const forAdmin = await ask('POST', '/keys', { ...asked, as: admin })
    expect(forAdmin.answer.error.details).toEqual({ status: 201, id })
    const large = { body: { endpoint: 'batch', payload: wide() }, key: anyKey() }
    expect((await ask('POST', '/rules/dry-run', { ...large, as: reader })).status).toBe(200)
    const forWriter = await ask('POST', '/rules/dry-run', { ...large, as: admin })
    expect([forWriter.status, forWriter.code]).toEqual([403, 'forbidden'])
  })

  it('is nothing of an answer that is too large, nor without a LINK_KEY', async () => {
    const large = { body: { endpoint: 'batch', payload: wide() }, key: anyKey() }
    const first = await ask('POST', '/rules/dry-run', large)
    expect(first.status).toBe(200)
    expect(first.text.length).toBeGreaterThan(16_384)
    expect((await ask('POST', '/rules/dry-run', large)).code).toBe('idempotency_answer_gone')
    const settings = { ...world.deps.settings, linkKeys: [] }
    const asked = { body: identity('once-9'), key: anyKey(), deps: { settings } }
    expect((await ask('POST', '/identities', asked)).status).toBe(201)
    const unsealed = await ask('POST', '/identities', asked)
    expect(unsealed.code).toBe('idempotency_answer_gone')
    // Whose scopes it needed is not known either.
    expect(unsealed.answer.error).not.toHaveProperty('details')
  })

  it('is opened by the LINK_KEY of before, and by no other', async () => {
    const asked = { body: identity('once-10'), key: anyKey() }
    const { text } = await ask('POST', '/identities', asked)
    const withKeys = (...linkKeys: string[]) => ({ settings: { ...world.deps.settings, linkKeys } })
    const [own = ''] = world.deps.settings.linkKeys
    const other = 'another-link-key-another-link-key-another'
    const rotated = await ask('POST', '/identities', { ...asked, deps: withKeys(other, own) })
    expect(rotated.text).toBe(text)
    const lost = await ask('POST', '/identities', { ...asked, deps: withKeys(other) })
    expect([lost.status, lost.code]).toEqual([409, 'idempotency_answer_gone'])
  })

  it('is there for a day, and gone an hour and a half later', async () => {
    const asked = { body: identity('once-11'), key: anyKey() }
    const { text } = await ask('POST', '/identities', asked)
    await world.advance(24 * 3_600)
    await forgetByClock(world.deps)
    expect((await ask('POST', '/identities', asked)).text).toBe(text)
    await world.advance(IDEMPOTENCY_KEPT_SECONDS - 24 * 3_600 + 3_601)
    await forgetByClock(world.deps)
    expect(await rowsOf()).toEqual([])
    expect(await countRows('idempotency_counts')).toBe(0)
  })

  it('has a bound for each operator, which the others don’t feel', async () => {
    const ann = await keyOf('once-much', 'much@saas.example')
    await ask('POST', '/identities', { body: identity('once-12'), key: anyKey(), as: ann })
    expect(await countOf()).toBe(1)
    await env.DB.prepare('UPDATE idempotency_counts SET keys = ?').bind(IDEMPOTENCY_KEYS_MAX).run()
    const rows = await countRows('identities')
    const full = await ask('POST', '/identities', {
      body: identity('once-13'),
      key: anyKey(),
      as: ann,
    })
    expect([full.status, full.code]).toEqual([429, 'idempotency_keys_used_up'])
    expect(Number(full.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(await countRows('identities')).toBe(rows)
    expect(
      (await ask('POST', '/identities', { body: identity('once-13'), key: anyKey() })).status,
    ).toBe(201)
    expect((await ask('POST', '/identities', { body: identity('once-14'), as: ann })).status).toBe(
      201,
    )
  })

  it('stands for one request and one answer, in the schema too', async () => {
    await ask('POST', '/identities', { body: identity('once-15'), key: anyKey() })
    for (const change of ["request = 'x'", "operator = 'x'", 'status = 500', 'answer = NULL']) {
      const update = env.DB.prepare(`UPDATE idempotency SET ${change}`).run()
      await expect(update, change).rejects.toThrow(/idempotency key/)
    }
  })
})

/** The answer that no longer reaches the table: the process died, or the database did. */
const dying = () => {
  const db = openDatabase(
    new Proxy(env.DB, {
      get: (target, field) => {
        if (field !== 'prepare') {
          const value: unknown = Reflect.get(target, field)
          return typeof value === 'function' ? value.bind(target) : value
        }
        return (text: string) => {
          if (/^(update|delete from) "idempotency"/i.test(text)) throw new Error('died')
          return target.prepare(text)
        }
      },
    }),
    () => false,
  )
  return { db }
}

describe('a death between what was done and its answer', () => {
  it('tells the repeat to wait for as long as a call takes, and then does it again', async () => {
    const asked = { body: identity('dead-1'), key: anyKey() }
    const first = await ask('POST', '/identities', { ...asked, deps: dying() })
    expect([first.status, first.answer.data.isNew]).toEqual([201, true])
    expect(world.lines).toContainEqual(expect.objectContaining({ event: 'alarm.answer_not_kept' }))
    const soon = await ask('POST', '/identities', asked)
    expect([soon.status, soon.code]).toEqual([409, 'idempotency_in_progress'])
    await world.advance(IDEMPOTENCY_LEASE_SECONDS)
    const entries = await countRows('audit_entries')
    const both = await Promise.all([
      ask('POST', '/identities', asked),
      ask('POST', '/identities', asked),
    ])
    const done = both.find(({ status }) => status === 200)
    expect(done?.answer.data).toMatchObject({ id: first.answer.data.id, isNew: false })
    expect(both.map(({ status }) => status)).toContain(200)
    expect(await countRows('audit_entries')).toBe(entries)
    expect((await ask('POST', '/identities', asked)).text).toBe(done?.text)
  })

  /** Of each write: what it changes, once; and what its repeat is answered when nothing tells it of the first. */
  it.each<[string, () => Promise<[string, string, unknown]>, number, number, string | null]>([
    ['an identity', async () => ['POST', '/identities', identity('dead-2')], 201, 200, null],
    [
      'an identity’s end',
      async () => ['DELETE', `/identities/${await identityId()}`, undefined],
      200,
      404,
      'identity_not_found',
    ],
    [
      'a link',
      async () => ['POST', '/links', { invoiceId: (await invoiceOf()).id, label: 'dead' }],
      201,
      200,
      null,
    ],
    ['a link’s end', async () => ['DELETE', `/links/${await linkId()}`, undefined], 200, 200, null],
    ['a pause', async () => ['PUT', '/switches/all', undefined], 200, 200, null],
    ['its end', async () => ['DELETE', '/switches/all', undefined], 200, 200, null],
    [
      'a key',
      async () => ['POST', '/keys', { name: `dead-${next}`, scopes: ['read'] }],
      201,
      409,
      'key_name_taken',
    ],
    ['a key’s end', async () => ['DELETE', `/keys/${await keyId()}`, undefined], 200, 200, null],
    ['an approval', async () => decision('approve'), 200, 409, 'not_held'],
    ['a rejection', async () => decision('reject'), 200, 409, 'not_held'],
    ['a reversal', async () => undoing(), 201, 409, 'already_reversed'],
    [
      'trying many again',
      async () => ['POST', '/adjustments/requeue', { state: 'failed' }],
      200,
      200,
      null,
    ],
    ['a dismissal', async () => dismissal(), 200, 200, null],
    ['deciding again', async () => again(), 200, 200, null],
    [
      'an erasure',
      async () => ['POST', '/erasures', { customer: { id: 'cus_nobody' } }],
      202,
      202,
      null,
    ],
    ['a comparison', async () => comparison(), 201, 201, null],
    ['a checkpoint', async () => ['POST', '/audit/checkpoint', undefined], 200, 200, null],
  ])('of %s makes nothing twice', async (what, write, first, second, code) => {
    const [method, path, body] = await write()
    const asked = { body, key: anyKey() }
    const done = await ask(method, path, { ...asked, deps: dying() })
    expect([what, done.status, done.code]).toEqual([what, first, undefined])
    const before = await whatIsThere()
    await world.advance(IDEMPOTENCY_LEASE_SECONDS)
    const again = await ask(method, path, asked)
    expect([what, again.status, again.code ?? null]).toEqual([what, second, code])
    expect(await whatIsThere()).toEqual(before)
  })
})

/** Of all that money or a right hangs on. */
async function whatIsThere() {
  const tables = ['adjustments', 'approvals', 'undos', 'keys', 'identities', 'links', 'switches']
  const counts = await Promise.all(tables.map((table) => countRows(table)))
  const states = await env.DB.prepare(
    'SELECT id, state, version FROM adjustments ORDER BY id',
  ).all()
  return { counts, states: states.results }
}

function throwing(): NonNullable<Deps['billing']> {
  const { billing } = world.deps
  if (billing === null) throw new Error('there is no billing API')
  const get = () => Promise.reject(new TypeError('thrown'))
  return { ...billing, customers: { ...billing.customers, get } }
}

const wide = () =>
  Array.from({ length: 60 }, (_, n) => ({
    id: `wide-${n}`,
    type: 'nothing',
    parts: [],
  }))

async function invoiceOf(): Promise<{ id: string; adjustment: string; version: number }> {
  const [event] = await world.receive(
    'zendesk',
    ticket({ tags: 'credit_requested', amount: '5.00' }),
  )
  await world.work()
  const { invoiceId, id, version, state } = await world.adjustment(event!)
  expect(state).toBe('invoiced')
  return { id: invoiceId ?? '', adjustment: id, version }
}

async function decision(verb: 'approve' | 'reject'): Promise<[string, string, unknown]> {
  const [event] = await world.receive(
    'zendesk',
    ticket({ tags: 'credit_requested', amount: '300.00' }),
  )
  expect(await world.work()).toEqual(['held'])
  const { id, version, amount, currency } = await world.adjustment(event!)
  const body = verb === 'approve' ? { version, amount, currency } : { version }
  return ['POST', `/adjustments/${id}/${verb}`, body]
}

async function undoing(): Promise<[string, string, unknown]> {
  const { adjustment, version } = await invoiceOf()
  return ['POST', `/adjustments/${adjustment}/reverse`, { version, how: 'reversal' }]
}

async function dismissal(): Promise<[string, string, unknown]> {
  const [event] = await world.receive(
    'zendesk',
    ticket({ tags: 'credit_requested', amount: 'much' }),
  )
  expect(await world.fate(event!)).toBe('undecided')
  return ['POST', `/events/${event}/dismiss`, {}]
}

async function again(): Promise<[string, string, unknown]> {
  const [event] = await world.receive(
    'zendesk',
    ticket({ tags: 'credit_requested', amount: 'much' }),
  )
  return ['POST', `/events/${event}/requeue`, {}]
}

async function comparison(): Promise<[string, string, unknown]> {
  const since = new Date(world.now() - 2 * 86_400_000).toISOString()
  const until = new Date(world.now() - 86_400_000).toISOString()
  return ['POST', '/reconciliations', { since, until }]
}

const identityId = async () =>
  (await ask('POST', '/identities', { body: identity(`gone-${(next += 1)}`) })).answer.data.id
const linkId = async () =>
  (await ask('POST', '/links', { body: { invoiceId: (await invoiceOf()).id, label: 'gone' } }))
    .answer.data.id
const keyId = async () =>
  (await ask('POST', '/keys', { body: { name: `gone-${(next += 1)}`, scopes: ['read'] } })).answer
    .data.id

it('is answered again to no key of the same person that may not ask for it', async () => {
  const body = { account: '', kind: 'external_id', value: anyKey(), customerId: 'cus_acme' }
  const email = 'two-keys@saas.example'
  const large = await keyOf(`large-${(next += 1)}`, email, ['read', 'write'])
  const small = await keyOf(`small-${(next += 1)}`, email, ['read'])
  const other = await keyOf(`other-${(next += 1)}`, email, ['write'])
  const key = anyKey()
  const first = await ask('POST', '/identities', { body, key, as: large })
  expect(first.status).toBeLessThan(300)
  const refused = await ask('POST', '/identities', { body, key, as: small })
  expect([refused.status, refused.code]).toEqual([403, 'forbidden'])
  expect(refused.headers.get('idempotent-replayed')).toBeNull()
  const replayed = await ask('POST', '/identities', { body, key, as: other })
  expect([replayed.text, replayed.headers.get('idempotent-replayed')]).toEqual([first.text, 'true'])
})
