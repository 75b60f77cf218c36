// Who is who: said on a page, changed, removed, given as a list; and what has waited for it goes on.

import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { IDENTITY_IMPORT_BYTES_MAX } from '../../../src/domain/limits.ts'
import { OPERATOR, sandboxControl, ticket } from '../../harness.ts'
import { metered } from '../../metered-database.ts'
import { createWorld } from '../../world.ts'
import { createPerson, formOf, keyOf, ORIGIN, type Person } from './browsing.ts'

const MAP = '/customers/identities'

let world: Awaited<ReturnType<typeof createWorld>>
let person: Person
let next = 0
/** Two whom the sandbox knows. */
const [acme, globex] = ['cus_acme', 'cus_bolt']

beforeEach(async () => {
  await env.DB.exec(`UPDATE adjustments SET wake_at = 9e15 WHERE wake_at IS NOT NULL`)
  await env.DB.exec(`DELETE FROM identities`)
  await sandboxControl('POST', '/reset')
  world = await createWorld()
  person = createPerson(() => world.deps)
  await person.logIn(OPERATOR['x-api-key'])
})

/** Held, since nobody knows its customer. */
async function waiting(reference = `stranger-${(next += 1)}`) {
  const [event] = await world.receive('zendesk', ticket({ customer_external_id: reference }))
  await world.work()
  const row = await world.adjustment(event!)
  expect(row.holdReasons).toContain('customer_unresolved')
  return { reference, row }
}

const named = async () =>
  (await env.DB.prepare('SELECT account, kind, value, customer_id, actor FROM identities').all())
    .results

const typed = (value: string, customerId: string) => ({
  account: '',
  kind: 'external_id',
  value,
  customerId,
})

describe('a customer whom nobody knows', () => {
  it('is mapped where he is asked for, and what has waited for him goes on', async () => {
    const { reference, row } = await waiting()
    const { text, html } = await person.ask('/customers')
    expect(text).toContain('Not known yet, and something waits for them')
    expect(text).toContain(reference)
    const fields = formOf(html, MAP)!
    expect(fields).toMatchObject({ account: 'zendesk', kind: 'external_id', value: reference })
    const mapped = await person.send(MAP, { ...fields, customerId: acme })
    expect([mapped.status, mapped.location]).toEqual([303, `/customers/${acme}?did=mapped`])
    const page = await person.ask(mapped.location!)
    expect(page.text).toContain('from now on he is found by it')
    expect(page.text).toContain('Waits for him, since nobody knew who he is')
    const on = await person.submit(`/customers/${acme}`, `/adjustments/${row.id}/customer`)
    expect(on?.location).toBe(`/customers/${acme}?did=customer`)
    expect(await world.work()).toEqual(['issued'])
    const after = (await person.ask(`/customers/${acme}`)).text
    expect(after).toContain('Invoiced')
    expect(after).not.toContain('Waits for him')
    expect((await person.ask('/customers')).text).not.toContain('something waits')
  })

  it('is one line, whatever waits for him, and nobody else waits on the page of another', async () => {
    const { reference } = await waiting()
    await waiting(reference)
    const { text } = await person.ask('/customers')
    expect(text.split(reference)).toHaveLength(2)
    await person.submit('/customers', MAP, { customerId: acme })
    expect((await person.ask(`/customers/${globex}`)).text).not.toContain('Waits for him')
  })
})

describe('saying who somebody is', () => {
  it('is kept with who has said it, and found again by either name', async () => {
    await person.submit('/customers', MAP, typed('old-crm-9', acme))
    expect(await named()).toEqual([
      {
        account: '',
        kind: 'external_id',
        value: 'old-crm-9',
        customer_id: acme,
        actor: 'operator:bootstrap',
      },
    ])
    for (const q of ['old-crm-9', acme]) {
      expect((await person.ask(`/customers?q=${q}`)).text).toContain('old-crm-9')
    }
    expect((await person.ask('/customers?q=nobody')).text).toContain('Nobody is known as nobody')
  })

  it('a second time changes nothing unasked: both are shown, and a second form changes it', async () => {
    await person.submit('/customers', MAP, typed('old-crm-9', acme))
    const again = await person.submit('/customers', MAP, typed('old-crm-9', globex))
    expect(again?.status).toBe(412)
    expect(again?.text).toContain(`It is ${acme} , said by bootstrap. You typed ${globex}.`)
    expect((await named())[0]).toMatchObject({ customer_id: acme })
    const changed = await person.send(MAP, formOf(again!.html, MAP)!)
    expect(changed.location).toBe(`/customers/${globex}?did=remapped`)
    expect((await named())[0]).toMatchObject({ customer_id: globex })
  })

  it('by a form that is older than another change does nothing, and says so', async () => {
    await person.submit('/customers', MAP, typed('old-crm-9', acme))
    const { html } = await person.ask('/customers')
    const stale = {
      token: formOf(html, MAP)!['token']!,
      ...typed('old-crm-9', globex),
      seen: '1.cus_other',
    }
    const sent = await person.send(MAP, stale)
    expect([sent.status, sent.text.includes('somebody else has changed it')]).toEqual([412, true])
    const [, remove = ''] = /action="(\/customers\/identities\/\d+\/remove)"/.exec(html) ?? []
    const removed = await person.send(remove, { token: stale.token, seen: stale.seen })
    expect(removed.status).toBe(412)
    expect(await named()).toHaveLength(1)
  })

  it('refuses in words whom billing does not have, and keeps what was typed', async () => {
    const sent = await person.submit('/customers', MAP, typed('old-crm-9', 'cus_nobody'))
    expect(sent?.status).toBe(422)
    expect(sent?.text).toContain('the billing API has no customer with this id')
    expect(sent?.html).toContain('value="old-crm-9"')
    const wrong = await person.submit('/customers', MAP, { ...typed('x', acme), kind: 'email' })
    expect([wrong?.status, wrong?.text.includes('it is no e-mail address')]).toEqual([400, true])
    expect(await named()).toEqual([])
  })

  it('is taken back by the form beside it', async () => {
    await person.submit('/customers', MAP, typed('old-crm-9', acme))
    const { html } = await person.ask('/customers')
    const [, action = ''] = /action="(\/customers\/identities\/\d+\/remove)"/.exec(html) ?? []
    const sent = await person.submit('/customers', action)
    expect(sent?.location).toBe('/customers?did=unmapped')
    expect(await named()).toEqual([])
  })
})

describe('a list', () => {
  const HEAD = 'account,kind,value,customer_id'

  async function give(list: string, how: 'file' | 'text' = 'text') {
    const { html } = await person.ask('/customers/import')
    const form = new FormData()
    form.set('token', /name="token" value="([^"]+)"/.exec(html)?.[1] ?? '')
    form.set('file', new File(how === 'file' ? [list] : [], 'list.csv', { type: 'text/csv' }))
    form.set('list', how === 'text' ? list : '')
    return person.ask('/customers/import', {
      method: 'POST',
      headers: { origin: ORIGIN, 'sec-fetch-site': 'same-origin' },
      body: form,
    })
  }

  it.each(['file', 'text'] as const)('is taken as a %s, and told line by line', async (how) => {
    const { status, text } = await give(
      `${HEAD}\r\n,external_id,a-1,${acme}\r\nzendesk,email,X@Y.example,${globex}\r\n`,
      how,
    )
    expect(status).toBe(200)
    expect(text).toContain('All lines were taken: 2 New: 2. Changed: 0.')
    expect(text).toContain(`3 X@Y.example (email, zendesk) ${globex}`)
    expect(await named()).toHaveLength(2)
    expect((await give(`${HEAD}\n,external_id,a-1,${globex}\n`)).text).toContain(
      'New: 0. Changed: 1.',
    )
  })

  it('with a fault is not taken at all: each faulty line is named, and the text is still there', async () => {
    const list = `${HEAD}\n,external_id,a-1,${acme}\nnowhere,email,no address,${acme}\n`
    const { status, text, html } = await give(list)
    expect(status).toBe(400)
    expect(text).toContain('3 account: no endpoint has this account')
    expect(text).toContain('3 value: it is no e-mail address')
    expect(html).toContain(`,external_id,a-1,${acme}`)
    expect(await named()).toEqual([])
  })

  it('may be as large as the API takes it, and no other form may be', async () => {
    const line = `,external_id,${'a'.repeat(180)}-`
    const lines = Array.from({ length: 4_000 }, (_, n) => `${line}${n},cus_1`)
    const large = await give([HEAD, ...lines].join('\n'))
    expect([large.status, large.text.includes('All lines were taken: 4000')]).toEqual([200, true])
    const over = await give('a'.repeat(IDENTITY_IMPORT_BYTES_MAX + 100_000))
    expect(over.status).toBe(413)
    const token = formOf((await person.ask('/settings')).html, '/settings/pause')!['token']!
    const other = await person.send('/settings/pause', { token, what: 'a'.repeat(20_000) })
    expect(other.status).toBe(413)
  })
})

describe('who may', () => {
  it('only read is shown who is who, offered nothing, and refused', async () => {
    await person.submit('/customers', MAP, typed('old-crm-9', acme))
    const { reference } = await waiting()
    const reader = createPerson(() => world.deps)
    await reader.logIn((await keyOf(world.deps, `reader-${(next += 1)}`, ['read'])).secret)
    const { html, text } = await reader.ask('/customers')
    expect(text).toContain(reference)
    expect(html).not.toContain(`action="${MAP}`)
    const token = formOf(html, '/logout')!['token']!
    const sent = await reader.send(MAP, { token, ...typed('b-1', acme) })
    expect([sent.status, sent.text.includes('This was not done.')]).toEqual([403, true])
    expect((await reader.ask('/customers/import')).status).toBe(403)
    expect((await reader.send('/customers/import', { token, list: 'x' })).status).toBe(403)
    expect(await named()).toHaveLength(1)
  })
})

describe('the pages', () => {
  it('show hostile text as text', async () => {
    const hostile = '"><script>alert(1)</script><img src=x onerror=alert(2)>'
    await waiting(hostile)
    await person.submit('/customers', MAP, typed(hostile, acme))
    for (const path of [
      '/customers',
      `/customers/${acme}`,
      `/customers?q=${encodeURIComponent(hostile)}`,
    ]) {
      const { html, text } = await person.ask(path)
      expect(html).not.toContain('<script>alert')
      expect(html).not.toContain('<img')
      expect(text, path).toContain('alert(1)')
    }
    expect((await person.ask(`/customers/${encodeURIComponent(hostile)}`)).status).toBe(404)
  })

  it('read at most 500 rows of a full deployment, and go on page by page', async () => {
    const many = `WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 600)
      INSERT INTO identities (account, kind, value, customer_id, at, actor)
      SELECT '', 'external_id', 'filler-' || n, 'cus_filler' || (n % 7), n, 'operator:x' FROM n`
    await env.DB.exec(many.replaceAll('\n', ' '))
    for (let n = 0; n < 55; n++) await waiting()
    for (let n = 0; n < 30; n++) await world.receive('zendesk', ticket())
    for (let n = 0; n < 3; n++) await world.work()
    for (const path of [
      '/customers',
      '/customers?q=cus_filler3',
      `/customers/${acme}`,
      '/customers/import',
    ]) {
      const { rowsRead } = await metered(async (db) => {
        const reader = createPerson(() => ({ ...world.deps, db }))
        reader.setCookie(person.cookie())
        expect((await reader.ask(path)).status).toBe(200)
      })
      expect(rowsRead, path).toBeLessThanOrEqual(500)
    }
    const { html } = await person.ask('/customers?q=cus_filler3')
    const [, older = ''] = /href="([^"]+)" rel="next"/.exec(html) ?? []
    expect(older).toMatch(/^\/customers\?q=cus_filler3&amp;before=\d+$/)
    expect((await person.ask(older.replaceAll('&amp;', '&'))).text).toContain('Newest')
  }, 60_000)
})
