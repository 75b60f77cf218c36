// Who is who, as the operator's API sets, lists, imports and removes it.

import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createApp } from '../../src/http/app.ts'
import {
  IDENTITY_IMPORT_BYTES_MAX,
  IDENTITY_IMPORT_ROWS_MAX,
  LIST_ROWS_TWICE,
} from '../../src/domain/limits.ts'
import { countRows, OPERATOR, sandboxControl } from '../harness.ts'
import { callsOf, createWorld, entriesOf, setFaults } from '../world.ts'

let world: Awaited<ReturnType<typeof createWorld>>

beforeEach(async () => {
  await env.DB.exec('DELETE FROM identities')
  await sandboxControl('POST', '/reset')
  world = await createWorld()
})
afterEach(async () => {
  vi.restoreAllMocks()
  await setFaults()
})

const PATH = '/api/v1/identities'

async function call(method: string, path: string, body?: BodyInit, type = 'application/json') {
  const app = createApp(() => world.deps)
  const headers = { ...OPERATOR, 'content-type': type }
  const init = { method, headers, ...(body === undefined ? {} : { body }) }
  const response = await app.request(PATH + path, init)
  return { status: response.status, ...(await response.json<any>()) }
}

const set = (fields: object) => call('POST', '', JSON.stringify(fields))
const remove = (id: string) => call('DELETE', `/${id}`)
const list = (query = '') => call('GET', query)
const importCsv = (csv: BodyInit, type = 'text/csv') => call('POST', '/import', csv, type)

const HEADER = 'account,kind,value,customer_id'
const lines = (...rows: string[]): string => [HEADER, ...rows].join('\r\n')

const MAIL = { kind: 'email', value: 'ann@bolt.example', customerId: 'cus_bolt' }

const rows = async (): Promise<any[]> =>
  (await env.DB.prepare('SELECT * FROM identities ORDER BY seq').all<any>()).results

const identityEntries = (): Promise<number> =>
  countRows("audit_entries WHERE action LIKE 'identity.%'")

describe('setting one', () => {
  it('says that it is new, and then that it was there', async () => {
    const first = await set({ ...MAIL, account: 'zendesk', value: ' Ann@Bolt.example' })
    expect(first).toMatchObject({
      status: 201,
      success: true,
      data: {
        object: 'identity',
        account: 'zendesk',
        kind: 'email',
        value: 'ann@bolt.example',
        customerId: 'cus_bolt',
        setBy: 'operator:bootstrap',
        setAt: new Date(world.now()).toISOString(),
        isNew: true,
      },
    })
    await world.advance(60)
    const again = await set({ ...MAIL, account: 'zendesk', customerId: 'cus_cedar' })
    expect(again).toMatchObject({
      status: 200,
      data: {
        id: first.data.id,
        customerId: 'cus_cedar',
        setAt: new Date(world.now()).toISOString(),
        isNew: false,
      },
    })
    expect(await entriesOf(`identity:${first.data.id}`)).toEqual([
      entry('identity.set', 'cus_bolt'),
      entry('identity.set', 'cus_cedar'),
    ])
  })

  const entry = (action: string, customerId: string) => ({
    action,
    data: { kind: 'email', account: 'zendesk', customerId },
  })

  it('that says what is known writes nothing', async () => {
    await set(MAIL)
    const before = await rows()
    await world.advance(60)
    expect(await set(MAIL)).toMatchObject({ status: 200, data: { isNew: false } })
    expect(await rows()).toEqual(before)
    expect(await entriesOf(`identity:${before[0].seq}`)).toHaveLength(1)
  })

  it('is of an endpoint’s account, or of what people make by hand', async () => {
    for (const account of ['stripe', 'operator']) {
      expect(await set({ ...MAIL, account })).toMatchObject({ status: 201, data: { account } })
    }
  })

  it('is of every account where none is named', async () => {
    expect(await set(MAIL)).toMatchObject({ data: { account: '' } })
  })

  it('twice at once with two customers is one identity with two entries', async () => {
    const answers = await Promise.all([set(MAIL), set({ ...MAIL, customerId: 'cus_cedar' })])
    expect(answers.filter(({ data }) => data.isNew)).toHaveLength(1)
    const [row, ...others] = await rows()
    expect(others).toEqual([])
    const written = await entriesOf(`identity:${row.seq}`)
    expect(written).toHaveLength(2)
    expect(written[1]?.data.customerId).toBe(row.customer_id)
  })

  it('a customer whom the billing API doesn’t have is 422, and nothing is written', async () => {
    const entries = await identityEntries()
    expect(await set({ ...MAIL, customerId: 'cus_nobody' })).toMatchObject({
      status: 422,
      error: { type: 'validation_error', code: 'customer_not_found', param: 'customerId' },
    })
    expect(await callsOf('GET', /^\/customers\/cus_nobody$/)).toHaveLength(1)
    expect([await rows(), await identityEntries()]).toEqual([[], entries])
  })

  it('while the billing API is down it is 503, and nothing is written', async () => {
    await setFaults({ kind: 'server_error', status: 503, method: 'GET' })
    expect(await set(MAIL)).toMatchObject({ status: 503, error: { code: 'unavailable' } })
    expect(await rows()).toEqual([])
    expect(world.lines.at(-1)).toMatchObject({ reason: 'billing_unavailable', answered: 503 })
  })

  it('while the billing API refuses our key it is 503, with an alarm', async () => {
    const { billing } = world.deps
    if (!billing) throw new Error('no billing client')
    const refused = {
      meaning: 'permanent',
      status: 401,
      code: 'unauthorized',
      message: '',
      param: null,
      requestId: null,
      retryAfterSeconds: null,
    } as const
    const get = async () => ({ ok: false, error: refused }) as const
    const customers = { ...billing.customers, get }
    world = { ...world, deps: { ...world.deps, billing: { ...billing, customers } } }
    expect(await set(MAIL)).toMatchObject({ status: 503 })
    expect(world.lines[0]).toMatchObject({ event: 'alarm.billing_key_refused', status: 401 })
    expect(await rows()).toEqual([])
  })

  it('without a billing API it is 503', async () => {
    world = { ...world, deps: { ...world.deps, billing: null } }
    expect(await set(MAIL)).toMatchObject({ status: 503 })
  })

  it.each<[object, string]>([
    [{ ...MAIL, kind: 'billing_id' }, 'kind'],
    [{ ...MAIL, value: 'ann' }, 'value'],
    [{ ...MAIL, value: 7 }, 'value'],
    [{ ...MAIL, customerId: 'ann@bolt.example' }, 'customerId'],
    [{ ...MAIL, account: 'nowhere' }, 'account'],
    [{ kind: 'email', value: 'a@b.example' }, 'customerId'],
    [{ ...MAIL, colour: 'red' }, 'colour'],
  ])('%j is 400 and names the field', async (fields, param) => {
    expect(await set(fields)).toMatchObject({
      status: 400,
      error: { type: 'validation_error', param },
    })
    expect(await callsOf('GET', /^\/customers/)).toEqual([])
  })
})

describe('removing one', () => {
  it('removes it once, with an entry, and its number is not given again', async () => {
    const { data } = await set(MAIL)
    const removed = await remove(data.id)
    const { isNew: _isNew, ...shown } = data
    expect(removed).toMatchObject({ status: 200, data: { ...shown, isRemoved: true } })
    expect(await remove(data.id)).toMatchObject({
      status: 404,
      error: { code: 'identity_not_found' },
    })
    expect((await entriesOf(`identity:${data.id}`)).map(({ action }) => action)).toEqual([
      'identity.set',
      'identity.removed',
    ])
    await world.advance(1)
    const next = await set(MAIL)
    expect(Number(next.data.id)).toBeGreaterThan(Number(data.id))
    expect(await remove(data.id)).toMatchObject({ status: 404 })
    expect(await rows()).toHaveLength(1)
  })

  it.each(['0', '-1', '1e3', 'abc', '99999999999999999999', '%27', '1'])(
    '%s is 404',
    async (id) => {
      expect(await remove(id)).toMatchObject({ status: 404, success: false })
    },
  )
})

describe('importing a list', () => {
  const GOOD = lines(
    ',email,Ann@Bolt.example,cus_bolt',
    'stripe,source_id,cus_A1,cus_acme',
    '"","external_id","with ""quotes"", and a comma",cus_cedar',
    '',
  )

  it('sets all of them in one batch, with an entry for each and no value in any', async () => {
    const batch = vi.spyOn(env.DB, 'batch')
    expect(await importCsv(GOOD)).toEqual({
      status: 200,
      success: true,
      data: { object: 'identity_import', rows: 3, added: 3, changed: 0 },
    })
    expect(batch).toHaveBeenCalledTimes(1)
    const set = await rows()
    expect(set.map((row) => [row.account, row.kind, row.value, row.customer_id])).toEqual([
      ['', 'email', 'ann@bolt.example', 'cus_bolt'],
      ['stripe', 'source_id', 'cus_A1', 'cus_acme'],
      ['', 'external_id', 'with "quotes", and a comma', 'cus_cedar'],
    ])
    for (const row of set) {
      const data = { kind: row.kind, account: row.account, customerId: row.customer_id }
      expect(await entriesOf(`identity:${row.seq}`)).toEqual([{ action: 'identity.set', data }])
    }
  })

  it('asks the billing API nothing', async () => {
    await importCsv(lines(',email,a@b.example,cus_nobody'))
    expect(await callsOf('GET', /^\//)).toEqual([])
  })

  it('twice writes nothing the second time, also in the same millisecond', async () => {
    await importCsv(GOOD)
    const [before, entries] = [await rows(), await identityEntries()]
    expect(await importCsv(GOOD)).toMatchObject({ data: { rows: 3, added: 0, changed: 0 } })
    await world.advance(60)
    expect(await importCsv(GOOD)).toMatchObject({ data: { rows: 3, added: 0, changed: 0 } })
    expect([await rows(), await identityEntries()]).toEqual([before, entries])
  })

  it('writes only what is new or different', async () => {
    await importCsv(GOOD)
    const entries = await identityEntries()
    await world.advance(60)
    const csv = GOOD.replace('cus_acme', 'cus_dupont') + ',email,new@bolt.example,cus_bolt\n'
    expect(await importCsv(csv)).toMatchObject({ data: { rows: 4, added: 1, changed: 1 } })
    expect(await identityEntries()).toBe(entries + 2)
    const changed = (await rows()).find((row) => row.value === 'cus_A1')
    expect(changed).toMatchObject({ customer_id: 'cus_dupont', at: world.now() })
    expect(await entriesOf(`identity:${changed.seq}`)).toHaveLength(2)
  })

  it('takes five thousand rows in one batch', async () => {
    const batch = vi.spyOn(env.DB, 'batch')
    const entries = await identityEntries()
    const many = Array.from(
      { length: IDENTITY_IMPORT_ROWS_MAX },
      (_, nth) => `,external_id,customer-${nth},cus_${nth}`,
    )
    const max = { rows: IDENTITY_IMPORT_ROWS_MAX, added: IDENTITY_IMPORT_ROWS_MAX, changed: 0 }
    expect(await importCsv(lines(...many))).toMatchObject({ status: 200, data: max })
    expect(batch).toHaveBeenCalledTimes(1)
    expect(await countRows('identities')).toBe(IDENTITY_IMPORT_ROWS_MAX)
    expect(await identityEntries()).toBe(entries + IDENTITY_IMPORT_ROWS_MAX)
    const told = await countRows(
      `identities i JOIN audit_entries e ON e.subject = 'identity:' || i.seq
        AND e.data ->> 'customerId' = i.customer_id`,
    )
    expect(told).toBe(IDENTITY_IMPORT_ROWS_MAX)
  })

  it('one row more is too many, and nothing is set', async () => {
    const many = Array.from(
      { length: IDENTITY_IMPORT_ROWS_MAX + 1 },
      (_, nth) => `,external_id,${nth},cus_x`,
    )
    expect(await importCsv(lines(...many))).toMatchObject({
      status: 413,
      error: { code: 'too_many_rows' },
    })
    expect(await rows()).toEqual([])
  })

  it('names every line and field that is wrong, and sets nothing', async () => {
    const entries = await identityEntries()
    const csv = lines(
      ',email,ok@bolt.example,cus_bolt',
      'nowhere,phone,,ann@bolt.example',
      ',email,only three',
      ',email,"not closed,cus_bolt',
      '',
      ',email,no address,cus_bolt',
      ',email,OK@bolt.example,cus_cedar',
      ',email,Ok@bolt.example,cus_bolt',
    )
    const { status, error } = await importCsv(csv)
    expect([status, error.type]).toEqual([400, 'validation_error'])
    expect(error.details.map(({ line, field }: any) => [line, field])).toEqual([
      [3, 'account'],
      [3, 'kind'],
      [3, 'value'],
      [3, 'customer_id'],
      [4, null],
      [5, null],
      [7, 'value'],
      [8, 'customer_id'],
    ])
    expect(error.details.at(-1).message).toBe(
      'line 8, customer_id: line 2 names another customer for the same value',
    )
    expect([await rows(), await identityEntries()]).toEqual([[], entries])
  })

  it('lists the first hundred faults of a thousand', async () => {
    const bad = Array.from({ length: 1_000 }, (_, nth) => `,email,nobody-${nth},cus_x`)
    const { error } = await importCsv(lines(...bad))
    expect(error.message).toContain('1000')
    expect(error.details).toHaveLength(100)
    expect(error.details.at(-1)).toMatchObject({ line: 101, field: 'value' })
  })

  it('the same row twice is one identity', async () => {
    const row = ',email,ann@bolt.example,cus_bolt'
    const csv = lines(row, row, ',email,ANN@bolt.example,cus_bolt')
    expect(await importCsv(csv)).toMatchObject({ data: { rows: 3, added: 1 } })
  })

  it.each<[string, BodyInit, string, number, string]>([
    ['another header', 'account,kind,value\n,email,a', 'text/csv', 400, 'validation_error'],
    ['an empty list', '', 'text/csv', 400, 'validation_error'],
    ['semicolons', HEADER.replaceAll(',', ';'), 'text/csv', 400, 'validation_error'],
    ['another type', lines(), 'application/json', 415, 'unsupported_media_type'],
    ['bytes that are no UTF-8', new Uint8Array([0xff, 0xfe]), 'text/csv', 400, 'validation_error'],
    [
      'too many bytes',
      'x'.repeat(IDENTITY_IMPORT_BYTES_MAX + 1),
      'text/csv',
      413,
      'body_too_large',
    ],
    [
      'more than D1 takes at once',
      lines(...Array.from({ length: 4_800 }, (_, n) => `,external_id,${n}${'\\'.repeat(190)},c`)),
      'text/csv',
      413,
      'body_too_large',
    ],
  ])('%s is refused, and nothing is set', async (_name, body, type, status, code) => {
    expect(await importCsv(body, type)).toMatchObject({ status, error: { code } })
    expect(await rows()).toEqual([])
  })

  it('takes a byte order mark and a charset', async () => {
    const csv = `\ufeff${lines(',email,änne@bolt.example,cus_bolt')}`
    const imported = await importCsv(csv, 'text/csv; charset=utf-8')
    expect(imported).toMatchObject({ status: 200, data: { added: 1 } })
  })

  it('a list without rows is fine', async () => {
    expect(await importCsv(lines())).toMatchObject({ status: 200, data: { rows: 0, added: 0 } })
  })
})

describe('listing them', () => {
  /** `count` of one customer and account, every tenth of another. */
  const fill = (count: number) =>
    importCsv(
      lines(
        ...Array.from({ length: count }, (_, nth) =>
          nth % 10 === 0
            ? `stripe,source_id,s-${nth},cus_rare`
            : `zendesk,external_id,e-${nth},cus_usual`,
        ),
      ),
    )

  async function pages(query: string): Promise<any[][]> {
    const found: any[][] = []
    let cursor = ''
    for (;;) {
      const page = await list(`?${query}${cursor}`)
      expect(page).toMatchObject({ status: 200, hasMore: page.nextCursor !== undefined })
      found.push(page.data)
      if (!page.hasMore) return found
      cursor = `&cursor=${page.nextCursor}`
    }
  }

  it('pages from the newest to the oldest, each once', async () => {
    await fill(25)
    const found = (await pages('limit=10')).flat()
    expect(found).toHaveLength(25)
    const ids = found.map((row) => Number(row.id))
    expect(ids).toEqual(ids.toSorted((one, other) => other - one))
    expect(new Set(ids).size).toBe(25)
  })

  it.each([
    ['account=stripe', 3],
    ['customerId=cus_rare', 3],
    ['account=zendesk&customerId=cus_rare', 0],
    ['value=s-20', 1],
    ['value=s-20&account=zendesk', 0],
    ['value=nothing', 0],
    ['account=', 0],
  ])('?%s finds %i of 25', async (query, count) => {
    await fill(25)
    expect((await pages(query)).flat()).toHaveLength(count)
  })

  it('finds an address however it is written', async () => {
    await set(MAIL)
    expect((await list('?value=ANN@bolt.EXAMPLE')).data).toHaveLength(1)
  })

  it('reads a thousand rows at most, and goes on where it stopped', async () => {
    await fill(2_500)
    const before = Number((await rows()).at(-1).seq) - LIST_ROWS_TWICE
    const found = await pages('customerId=cus_rare&limit=100')
    expect(found.flat()).toHaveLength(250)
    const batch = vi.spyOn(env.DB, 'batch')
    const rowsRead = async () => {
      const results: readonly D1Result[] = await batch.mock.results.at(-1)?.value
      return results.reduce((sum, { meta }) => sum + meta.rows_read, 0)
    }
    const page = await list('?customerId=cus_nobody')
    expect(page).toMatchObject({ data: [], hasMore: true, nextCursor: String(before + 1) })
    expect(await rowsRead()).toBeLessThanOrEqual(1_000)
    expect((await list('?value=e-1234&customerId=cus_usual')).data).toHaveLength(1)
    expect(await rowsRead()).toBeLessThanOrEqual(10)
  })

  it.each([
    ['limit=0', 'limit'],
    ['cursor=x', 'cursor'],
    ['value=', 'value'],
    ['colour=red', 'colour'],
  ])('?%s is 400 and names the parameter', async (query, param) => {
    expect(await list(`?${query}`)).toMatchObject({ status: 400, error: { param } })
  })
})
