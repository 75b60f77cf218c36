// Overview, lists, single pages and settings: what they show, that they run nothing, and what they read.

import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createWorld, setFaults } from '../../world.ts'
import { OPERATOR, refund, sandboxControl, ticket } from '../../harness.ts'
import { addUpDays } from '../../../src/usecases/add-up-days.ts'
import { pauseRestored } from '../../../src/usecases/pause-restored.ts'
import { metered } from '../../metered-database.ts'
import { billingText } from '../../../src/http/dashboard/overview.tsx'
import { createPerson, formOf, keyOf, type Person } from './browsing.ts'

let world: Awaited<ReturnType<typeof createWorld>>
let person: Person
let next = 0

beforeEach(async () => {
  await env.DB.exec(`UPDATE adjustments SET wake_at = 9e15 WHERE wake_at IS NOT NULL`)
  await sandboxControl('POST', '/reset')
  world = await createWorld()
  person = createPerson(() => world.deps)
  await person.logIn(OPERATOR['x-api-key'])
})
afterEach(() => setFaults())

async function invoiced() {
  const [event] = await world.receive(
    'zendesk',
    ticket({ customer_external_id: `c-${(next += 1)}` }),
  )
  return event!
}

async function acme() {
  const [event] = await world.receive('zendesk', ticket())
  await world.work()
  return world.adjustment(event!)
}

describe('the overview', () => {
  it('says of an empty deployment what to do first', async () => {
    const { text } = await person.ask('/')
    expect(text).toContain('First steps')
    expect(text).toContain('Make a key for yourself under Settings')
  })

  it('adds up what was invoiced today, by day, source and rule, in signed amounts', async () => {
    const row = await acme()
    await addUpDays(world.deps)
    const { text, html } = await person.ask('/')
    expect(text).toMatch(/Today −[\d,]+\.\d\d USD promised/)
    expect(text).toContain(row.ruleId)
    expect(text).toContain('By source Source Today Last 7 days Zendesk −')
    expect(html).toContain('<svg class="chart"')
    expect(text).toContain('answers, as a sandbox')
  })

  it('adds no record to a promise: money that moved elsewhere was not given here', async () => {
    await world.receive('zendesk', ticket({ tags: 'credit_requested', amount: '25.00' }))
    await world.work()
    await addUpDays(world.deps)
    await env.DB.exec(
      `INSERT INTO daily_totals SELECT mode, currency, day, source, endpoint, rule_id, 'already_paid', direction,
       0, 0, 0, 0, 1, 987654, 0, 0, 0, 0, 0, 0, 0, 0 FROM daily_totals WHERE settlement = 'owed' LIMIT 1`.replaceAll(
        '\n',
        ' ',
      ),
    )
    const { text } = await person.ask('/')
    expect(text).toMatch(/Today −[\d,.]+ USD promised, −9,876\.54 USD recorded, 0\.00 USD charged/)
    expect(text).toMatch(/zendesk-ticket-credit −[\d,.]+ USD promised −9,876\.54 USD recorded/)
  })

  it('says the days in numbers too, and names only the largest of many rules', async () => {
    await acme()
    await addUpDays(world.deps)
    await env.DB.exec(
      `INSERT INTO daily_totals SELECT mode, currency, day, source, endpoint, 'rule-' || value, settlement, direction,
       0, 0, 0, 0, 1, 100000 + value, 0, 0, 0, 0, 0, 0, 0, 0 FROM daily_totals, json_each('[1,2,3,4,5,6,7,8,9]')
       WHERE rule_id = 'zendesk-ticket-credit' AND settlement = 'owed' LIMIT 9`.replaceAll(
        '\n',
        ' ',
      ),
    )
    const { text } = await person.ask('/')
    expect(text).toContain('The days in numbers')
    expect(text).toContain('rule-9 −1,000.09 USD promised')
    expect(text).toMatch(/\d others −/)
  })

  it.each([
    ['key_refused', 'refuses the billing key'],
    ['rate_limited', 'has asked for a pause'],
    ['unavailable', 'does not answer'],
  ] as const)('says of a circuit that %s has opened what helps', async (cause, words) => {
    const { billing } = world.deps
    expect(billing).not.toBeNull()
    expect(billingText(billing, cause)).toContain(words)
  })

  it('says what is paused', async () => {
    await person.submit('/settings', '/settings/pause', { what: 'endpoint/zendesk' })
    expect((await person.ask('/')).text).toContain('Paused the endpoint zendesk')
  })
})

describe('an adjustment', () => {
  it('is reversed by the form that it shows, and shows both', async () => {
    const row = await acme()
    const page = `/adjustments/${row.id}`
    const sent = await person.submit(page, `${page}/reverse`)
    expect(sent?.location).toBe(`${page}?did=reversed`)
    expect((await person.ask(page)).text).toContain('Undone by adj_')
    expect((await person.ask('/adjustments')).text).toContain('Reversed')
  })

  it('that has failed says what helps, and is tried again', async () => {
    const refused = { kind: 'rate_limited', retryAfterSeconds: null, method: 'POST', times: 1 }
    await setFaults(refused)
    const row = await acme()
    expect(row.state).toBe('failed')
    expect((await person.ask('/inbox')).text).toContain('Could not be issued')
    const sent = await person.submit('/inbox', `/adjustments/${row.id}/requeue`)
    expect(sent?.location).toBe('/inbox?did=requeued')
    expect(await world.work()).toEqual(['issued'])
  })

  it('is not found in words where there is none', async () => {
    for (const path of ['/adjustments/adj_none', '/events/evt_none']) {
      const { status, text } = await person.ask(path)
      expect(status).toBe(404)
      expect(text).toContain('There is nothing at this address.')
    }
  })
})

describe('who may not read', () => {
  it('is shown nothing by a form that is refused', async () => {
    const row = await acme()
    const { secret } = await keyOf(world.deps, 'poster', ['write', 'approve'])
    const poster = createPerson(() => world.deps)
    await poster.logIn(secret)
    const { html } = await poster.ask('/customers/import')
    const [, token = ''] = /name="token" value="([^"]+)"/.exec(html) ?? []
    expect(token).not.toBe('')
    for (const path of [`/adjustments/${row.id}/approve`, `/events/${row.eventId}/dismiss`]) {
      const { status, text } = await poster.send(path, { token, version: '1' })
      expect([path, status]).toEqual([path, 403])
      expect(text).toContain('This was not done.')
      expect(text).not.toContain('acme')
      expect(text).not.toContain('INV-')
    }
  })
})

describe('an event', () => {
  it('tells its way from the delivery to the link, and shows the delivery', async () => {
    const { eventId } = await acme()
    const { text } = await person.ask(`/events/${eventId}`)
    for (const wanted of ['Received and verified', 'Invoiced', 'Link made', 'credit_requested']) {
      expect(text).toContain(wanted)
    }
    expect(text.indexOf('Received and verified')).toBeLessThan(text.indexOf('Link made'))
  })

  it('shows hostile text as text, wherever it comes from', async () => {
    const hostile = '"><script>alert(1)</script><img src=x onerror=alert(2)>{{7*7}}'
    const [event] = await world.receive(
      'zendesk',
      ticket({ asker: hostile, customer_external_id: hostile, comment: hostile, amount: hostile }),
    )
    const [other] = await world.receive('stripe', refund({ reason: hostile, customer: hostile }))
    await world.work()
    for (const path of [
      '/',
      '/inbox',
      '/events',
      '/adjustments',
      `/events/${event}`,
      `/events/${other}`,
    ]) {
      const { html } = await person.ask(path)
      expect(html).not.toContain('<script>alert')
      expect(html).not.toContain('<img')
    }
    expect((await person.ask(`/events/${event}`)).html).toContain('&lt;script&gt;alert(1)')
  })
})

describe('the settings', () => {
  it('show a new key once, and list it without it', async () => {
    const name = `holder-${(next += 1)}`
    const typed = { name, email: `${name}@saas.example`, days: '30', scopes: 'read' }
    const made = await person.submit('/settings', '/settings/keys', typed)
    const [key] = /ck_mg_[0-9a-z]{32}/.exec(made?.html ?? '') ?? []
    expect([made?.status, typeof key]).toEqual([201, 'string'])
    const { text, html } = await person.ask('/settings')
    expect(text).toContain(name)
    expect(html).not.toContain(key)
    expect((await createPerson(() => world.deps).logIn(key ?? '')).status).toBe(303)
  })

  it('tell a name that is taken, and keep what was typed', async () => {
    const name = `holder-${(next += 1)}`
    await keyOf(world.deps, name)
    const sent = await person.submit('/settings', '/settings/keys', { name, scopes: 'approve' })
    expect(sent?.status).toBe(409)
    expect(sent?.text).toContain('A key had this name before')
    expect(sent?.html).toContain(`value="${name}"`)
  })

  it('revoke a key, and with it its session', async () => {
    const { id, secret } = await keyOf(world.deps, `holder-${(next += 1)}`)
    const other = createPerson(() => world.deps)
    await other.logIn(secret)
    const sent = await person.submit('/settings', `/settings/keys/${id}/revoke`)
    expect(sent?.location).toBe('/settings?did=revoked')
    expect((await other.ask('/')).status).toBe(303)
  })

  it('pause and resume', async () => {
    await person.submit('/settings', '/settings/pause', { what: 'all' })
    expect((await person.ask('/settings')).text).toContain('everything by bootstrap')
    const sent = await person.submit('/settings', '/settings/resume')
    expect(sent?.location).toBe('/settings?did=resumed')
    expect((await person.ask('/settings')).text).toContain('Nothing is paused.')
    expect(formOf((await person.ask('/settings')).html, '/settings/resume')).toBeNull()
  })
})

describe('resuming', () => {
  const rows = () => env.DB.prepare('SELECT kind, key, cause FROM switches').all()

  it('ends the pause that was seen, and not one of a restored database that came since', async () => {
    await person.submit('/settings', '/settings/pause', { what: 'all' })
    const seen = formOf((await person.ask('/settings')).html, '/settings/resume')!
    await person.submit('/settings', '/settings/resume')
    await world.advance(1)
    await pauseRestored(world.deps, 'operator:other')
    const late = await person.send('/settings/resume', seen)
    expect(late.status).toBe(412)
    expect(late.text).toContain('This was not done: it has changed')
    expect(late.text).toContain('The comparison resumes it by itself.')
    expect((await rows()).results).toEqual([{ kind: 'all', key: '', cause: 'restored' }])
    const without = await person.send('/settings/resume', { token: seen['token']!, what: 'all' })
    expect([without.status, (await rows()).results.length]).toEqual([412, 1])
    expect((await person.submit('/settings', '/settings/resume'))?.status).toBe(303)
    expect((await rows()).results).toEqual([])
  })

  it.each(['rule', 'endpoint'] as const)('ends the pause of a %s', async (kind) => {
    const { rules } = world.deps.config
    const key =
      kind === 'rule' ? (rules.find(({ was }) => was.length > 0) ?? rules[0]!).id : 'zendesk'
    await person.submit('/settings', '/settings/pause', { what: `${kind}/${key}` })
    expect((await rows()).results.length).toBeGreaterThan(0)
    expect((await person.submit('/settings', '/settings/resume'))?.status).toBe(303)
    expect((await rows()).results).toEqual([])
  })
})

describe('a page of a full deployment', () => {
  it('reads at most 500 rows, and lists page by page', async () => {
    for (let n = 0; n < 55; n++) {
      await world.receive('zendesk', ticket({ tags: 'credit_requested', amount: '300.00' }))
    }
    for (let n = 0; n < 55; n++) {
      await world.receive('zendesk', ticket({ tags: 'credit_requested', amount: 'x' }))
    }
    await world.work()
    const event = await invoiced()
    const { id } = await acme()
    for (const path of [
      '/',
      '/inbox',
      '/events',
      '/adjustments',
      `/events/${event}`,
      `/adjustments/${id}`,
    ]) {
      const { rowsRead } = await metered(async (db) => {
        const reader = createPerson(() => ({ ...world.deps, db }))
        reader.setCookie(person.cookie())
        expect((await reader.ask(path)).status).toBe(200)
      })
      expect(rowsRead, path).toBeLessThanOrEqual(500)
    }
    expect((await person.ask('/')).text).toContain('50+ Held')
    const { html } = await person.ask('/events')
    const [, older = ''] = /href="([^"]+)" rel="next"/.exec(html) ?? []
    expect(older).toMatch(/^\/events\?before=\d+$/)
    const second = await person.ask(older)
    expect(second.text).toContain('Newest')
    expect((await person.ask('/events?before=nonsense')).status).toBe(200)
  }, 60_000)
})
