// What waits for a person: what he is shown, and that each form does what the API does.

import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { usd } from '../../../src/domain/money.ts'
import { limitsOf } from '../../../src/domain/money-limits.ts'
import { sandboxControl, ticket } from '../../harness.ts'
import config from '../../makegood.config.ts'
import { createWorld, setFaults } from '../../world.ts'
import { createPerson, formOf, keyOf, type Person } from './browsing.ts'

const limits = limitsOf({
  twoApproversAbove: usd(400),
  duplicateHours: 0,
  olderThanEndpoint: 'allow',
})

let world: Awaited<ReturnType<typeof createWorld>>
let person: Person
let next = 0

beforeEach(async () => {
  await env.DB.exec(`UPDATE adjustments SET wake_at = 9e15 WHERE wake_at IS NOT NULL`)
  await sandboxControl('POST', '/reset')
  world = await createWorld({ config: { ...config, limits } })
  person = await someone()
})
afterEach(() => setFaults())

async function someone(...scopes: Parameters<typeof keyOf>[2][]): Promise<Person> {
  const one = createPerson(() => world.deps)
  await one.logIn((await keyOf(world.deps, `person-${(next += 1)}`, ...scopes)).secret)
  return one
}

/** Above the limit, so it waits. */
async function held(fields: Record<string, unknown> = {}) {
  const [event] = await world.receive(
    'zendesk',
    ticket({ tags: 'credit_requested', amount: '300.00', ...fields }),
  )
  await world.work()
  return world.adjustment(event!)
}

const stateOf = async (id: string) =>
  env.DB.prepare('SELECT state, decision_note AS note FROM adjustments WHERE id = ?')
    .bind(id)
    .first<{ state: string; note: string | null }>()

describe('a held adjustment', () => {
  it('is shown with all that is needed to decide', async () => {
    const { id, subject } = await held()
    const { text, html } = await person.ask('/inbox')
    const [, number = ''] = subject.split(':')
    for (const wanted of [
      '−300.00 USD',
      `Zendesk ticket ${number}`,
      'the customer acme-42',
      'asked for by agent@saas.example',
      'Large amount',
      'One above 250.00 USD waits for a person.',
      'Unanswered, it is rejected in 1',
    ]) {
      expect(text).toContain(wanted)
    }
    expect(formOf(html, `/adjustments/${id}/approve`)).toMatchObject({
      version: '2',
      amount: '-30000',
      currency: 'usd',
    })
  })

  it('is approved with exactly what was shown, and then invoiced', async () => {
    const { id } = await held()
    const sent = await person.submit('/inbox', `/adjustments/${id}/approve`)
    expect([sent?.status, sent?.location]).toEqual([303, '/inbox?did=approved'])
    const after = await person.ask(sent?.location ?? '')
    expect(after.text).toContain(
      'Approved. The invoice is made as soon as the billing API answers.',
    )
    expect(formOf(after.html, `/adjustments/${id}/approve`)).toBeNull()
    expect(await world.work()).toEqual(['issued'])
    const page = await person.ask(`/adjustments/${id}`)
    expect(page.text).toMatch(/Invoiced credit to .*Its invoice Number INV-.*Status at billing/)
    expect(page.html).toMatch(/href="https:\/\/makegood\.example\/i\/[0-9a-z]+"/)
  })

  it('tells in words that it has moved since it was shown, with what it is now and the note', async () => {
    const { id } = await held()
    const fields = formOf((await person.ask('/inbox')).html, `/adjustments/${id}/reject`)
    await env.DB.prepare('UPDATE adjustments SET version = version + 1 WHERE id = ?').bind(id).run()
    const sent = await person.send(`/adjustments/${id}/reject`, {
      ...fields,
      note: 'Not without <the> form',
    })
    expect(sent.status).toBe(409)
    expect(sent.text).toContain('This was not done. It has changed since this version.')
    expect(sent.text).toContain('Not without <the> form')
    expect(formOf(sent.html, `/adjustments/${id}/reject`)).toMatchObject({ version: '3' })
    expect(await stateOf(id)).toEqual({ state: 'held', note: null })
  })

  it('is not approved for another amount or currency than it has', async () => {
    const { id } = await held()
    const fields = formOf((await person.ask('/inbox')).html, `/adjustments/${id}/approve`) ?? {}
    for (const [name, value, told] of [
      ['amount', '-29999', 'This is not its amount.'],
      ['currency', 'eur', 'This is not its currency.'],
      ['amount', 'much', 'amount: '],
    ] as const) {
      const sent = await person.send(`/adjustments/${id}/approve`, { ...fields, [name]: value })
      expect([400, 409]).toContain(sent.status)
      expect(sent.text).toContain(`This was not done. ${told}`)
    }
    expect(await stateOf(id)).toMatchObject({ state: 'held' })
  })

  it('is rejected with a note', async () => {
    const { id } = await held()
    const note = 'He has had it already.'
    const sent = await person.submit('/inbox', `/adjustments/${id}/reject`, { note })
    expect(sent?.location).toBe('/inbox?did=rejected')
    expect(await stateOf(id)).toEqual({ state: 'rejected', note })
    expect((await person.ask(`/adjustments/${id}`)).text).toContain(note)
  })

  it('takes two people where its amount wants two, and says who was the first', async () => {
    const { id } = await held({ amount: '500.00' })
    const first = await person.submit('/inbox', `/adjustments/${id}/approve`)
    expect(first?.location).toBe('/inbox?did=approved-one')
    expect((await person.ask('/inbox')).text).toMatch(/1 of 2 people have approved it: person-\d+/)
    const again = await person.submit('/inbox', `/adjustments/${id}/approve`)
    expect(again?.text).toContain('You have approved it already')
    const second = await (await someone()).submit('/inbox', `/adjustments/${id}/approve`)
    expect(second?.location).toBe('/inbox?did=approved')
  })

  it('is not offered to the person who asked for it, and refused if he sends it', async () => {
    const { id } = await held({ asker: `person-${next}@saas.example` })
    const { text, html } = await person.ask('/inbox')
    expect(text).toContain('You asked for it, so another person has to approve it.')
    expect(formOf(html, `/adjustments/${id}/approve`)).toBeNull()
    const { token = '' } = formOf(html, `/adjustments/${id}/reject`) ?? {}
    const fields = { token, version: '2', amount: '-30000', currency: 'usd' }
    const sent = await person.send(`/adjustments/${id}/approve`, fields)
    expect([sent.status, (await stateOf(id))?.state]).toEqual([403, 'held'])
  })

  it('gets the customer whom a person chooses', async () => {
    const { id } = await held({ customer_external_id: 'nobody-here', amount: '20.00' })
    expect((await person.ask('/inbox')).text).toContain('Customer not found')
    const path = `/adjustments/${id}/customer`
    expect(formOf((await person.ask('/inbox')).html, `/adjustments/${id}/approve`)).toBeNull()
    const wrong = await person.submit('/inbox', path, { customerId: 'cus_none' })
    expect(wrong?.text).toContain('the billing API knows no customer by this id')
    const sent = await person.submit('/inbox', path, { customerId: ' cus_acme ' })
    expect(sent?.location).toBe('/inbox?did=customer')
    expect(await world.work()).toEqual(['issued'])
  })

  it('shows what this customer had before', async () => {
    const [event] = await world.receive('zendesk', ticket())
    expect(await world.work()).toEqual(['issued'])
    const before = await world.adjustment(event!)
    await held()
    const { text, html } = await person.ask('/inbox')
    expect(text).toContain('This customer before: −25.00 USD')
    expect(html).toContain(`/adjustments/${before.id}`)
  })
})

describe('whom an unknown customer may be', () => {
  const map = (value: string, customer: string) =>
    env.DB.prepare(
      "INSERT INTO identities (account, kind, value, customer_id, at, actor) VALUES ('stripe', 'email', ?, ?, 1, 'operator:me')",
    )
      .bind(value, customer)
      .run()

  it('is suggested with why, and chosen by a button alone', async () => {
    await map('ann@globex.example', 'cus_acme')
    await map('globex-7', 'cus_globex7')
    await map('bob@gmail.com', 'cus_bob')
    const { id } = await held({ customer_external_id: 'zoe@globex.example', amount: '20.00' })
    const page = await person.ask(`/adjustments/${id}`)
    expect(page.text).toContain(
      "cus_acme is ann@globex.example at stripe: the same company's addresses.",
    )
    expect(page.text).toContain('cus_globex7 is globex-7 at stripe: it begins alike.')
    expect(page.text).not.toContain('cus_bob')
    expect(await stateOf(id)).toMatchObject({ state: 'held' })
    const forms = [...page.html.matchAll(/name="customerId" value="([^"]+)"/g)].map(
      ([, who]) => who,
    )
    expect(forms).toEqual(['cus_acme', 'cus_globex7'])
    const fields = formOf(page.html, `/adjustments/${id}/reject`) ?? {}
    const sent = await person.send(`/adjustments/${id}/customer`, {
      ...fields,
      customerId: 'cus_acme',
    })
    expect(sent.status).toBe(303)
    expect(await world.work()).toEqual(['issued'])
  })

  it('is nobody where only a public mail provider is the same', async () => {
    await map('carl@gmail.com', 'cus_carl')
    const { id } = await held({ customer_external_id: 'dora@gmail.com', amount: '20.00' })
    expect((await person.ask(`/adjustments/${id}`)).html).not.toContain('name="customerId" value=')
  })
})

describe('what is like a held adjustment', () => {
  const made = async (fields: Record<string, unknown>) => {
    const [event] = await world.receive('zendesk', ticket(fields))
    await world.work()
    return world.adjustment(event!)
  }
  const credit = (amount: string, customer = 'acme-42') => ({
    tags: 'credit_requested',
    amount,
    customer_external_id: customer,
  })

  it('is told with why, on its card and its page', async () => {
    const same = await made(credit('312.34', 'nobody-1'))
    const other = await made(credit('387.65', 'nobody-2'))
    const { id } = await made(credit('312.34', 'nobody-2'))
    for (const page of ['/inbox', `/adjustments/${id}`]) {
      const { html } = await person.ask(page)
      const card = page === '/inbox' ? html.slice(html.indexOf(`id="${id}"`)) : html
      const list = card.slice(card.indexOf('Similar ones'))
      const [first, second] = [list.indexOf(other.id), list.indexOf(same.id)]
      expect([page, first > 0, second > first]).toEqual([page, true, true])
      expect(list.slice(first, second)).toContain('same customer; held, made')
      expect(list.slice(second)).toMatch(/^[^<]*"?>[^<]*<\/a><span class="soft">same amount; held/)
    }
  })
})

describe('what a key may not do', () => {
  it('is not offered, and refused if it is sent', async () => {
    const { id } = await held()
    const reader = await someone(['read'])
    const { text, html } = await reader.ask('/inbox')
    expect(text).toContain('Your key can not answer this.')
    expect(html).not.toMatch(/action="\/(adjustments|events)/)
    const { token = '' } = formOf(html, '/logout') ?? {}
    const fields = {
      token,
      version: '2',
      amount: '-30000',
      currency: 'usd',
      what: 'all',
      name: 'x',
    }
    for (const path of [
      `/adjustments/${id}/approve`,
      `/adjustments/${id}/reject`,
      '/settings/pause',
      '/settings/resume',
      '/settings/keys',
    ]) {
      const sent = await reader.send(path, { ...fields, scopes: 'admin' })
      expect([path, sent.status]).toEqual([path, 403])
      expect(sent.text).toContain('This needs a key with the scope')
    }
    expect(await stateOf(id)).toMatchObject({ state: 'held' })
  })

  it('shows no page to a key that may not read', async () => {
    const writer = await someone(['write'])
    for (const path of ['/', '/inbox', '/events', '/adjustments', '/settings']) {
      const { status, text } = await writer.ask(path)
      expect([path, status]).toEqual([path, 403])
      expect(text).toContain('needs a key with the scope read')
    }
  })
})

describe('an event that waits', () => {
  const undecided = async () => {
    const [event] = await world.receive(
      'zendesk',
      ticket({ tags: 'credit_requested', amount: 'x' }),
    )
    return event!
  }

  it('says why no rule could decide, and is dismissed', async () => {
    const event = await undecided()
    const { text } = await person.ask('/inbox')
    expect(text).toContain('the amount is not a plain number')
    const sent = await person.submit('/inbox', `/events/${event}/dismiss`)
    expect(sent?.location).toBe('/inbox?did=dismissed')
    expect(await world.fate(event)).toBe('dismissed')
    const page = await person.ask(`/events/${event}`)
    expect(page.text).toContain('A person has dismissed this event')
    expect(formOf(page.html, `/events/${event}/dismiss`)).toBeNull()
  })

  it('is decided again by the rules of now', async () => {
    const event = await undecided()
    const sent = await person.submit(`/events/${event}`, `/events/${event}/requeue`)
    expect(sent?.location).toBe(`/events/${event}?did=requeued-event`)
    expect(await world.fate(event)).toBe('undecided')
  })

  it('is a conflict where the same ticket asks for something else, with both amounts', async () => {
    const one = ticket()
    await world.receive('zendesk', one)
    const [event] = await world.receive('zendesk', {
      ...one,
      tags: 'credit_requested credit_10',
      updated_at: '2026-10-26T08:00:00Z',
    })
    expect(await world.fate(event!)).toBe('conflict')
    const { text } = await person.ask('/inbox')
    expect(text).toContain('Conflict')
    expect(text).toContain('credit of 10.00 USD instead of credit of 25.00 USD')
  })

  it('answers a dismissal that comes too late in words', async () => {
    const event = await undecided()
    const fields = formOf((await person.ask('/inbox')).html, `/events/${event}/requeue`) ?? {}
    await person.submit('/inbox', `/events/${event}/dismiss`)
    const sent = await person.send(`/events/${event}/requeue`, fields)
    expect(sent.status).toBe(409)
    expect(sent.text).toContain('Only what made nothing is decided again: this event is dismissed.')
  })
})

describe('an event that is answered by hand', () => {
  const asked = async () => {
    const one = ticket()
    await world.receive('zendesk', one)
    const [event] = await world.receive('zendesk', { ...one, tags: 'credit_requested credit_10' })
    expect(await world.fate(event!)).toBe('conflict')
    return event!
  }
  const answersOf = async (event: string) => {
    const rows = await env.DB.prepare(
      'SELECT id, amount, reason, state FROM adjustments WHERE subject = ?',
    )
      .bind(`by-hand:${event}`)
      .all<{ id: string; amount: number; reason: string; state: string }>()
    return rows.results
  }
  const typedIn = (html: string): Record<string, string> => ({
    ...formOf(html, '/events/evt_[0-9a-z]+/by-hand'),
    ...Object.fromEntries(
      [...html.matchAll(/<select name="(\w+)">(.*?)<\/select>/gs)].map(
        ([, name = '', list = '']) => [
          name,
          /<option value="([^"]*)" selected/.exec(list)?.[1] ?? '',
        ],
      ),
    ),
    ...Object.fromEntries(
      [...html.matchAll(/<input type="text" name="(\w+)" value="([^"]*)"/g)].map(
        ([, name = '', value = '']) => [name, value],
      ),
    ),
  })

  it('comes filled in with what it asks for, and is settled by what is made', async () => {
    const event = await asked()
    expect((await person.ask('/inbox')).html).toContain(`href="/events/${event}#by-hand"`)
    const page = await person.ask(`/events/${event}`)
    const typed = typedIn(page.html)
    expect(typed).toMatchObject({
      direction: 'credit',
      amount: '10.00',
      kind: 'external_id',
      customer: 'acme-42',
      settlement: 'owed',
      originalInvoice: '',
    })
    const sent = await person.send(`/events/${event}/by-hand`, { ...typed, amount: '12.50' })
    const [made] = await answersOf(event)
    expect([sent.status, sent.location]).toEqual([303, `/adjustments/${made!.id}?did=by-hand`])
    expect(made).toMatchObject({ amount: -1250, reason: typed['reason'] })
    expect(await world.fate(event)).toBe('dismissed')
    expect((await person.ask('/inbox')).html).not.toContain(event)
    const after = await person.ask(`/events/${event}`)
    expect(after.text).toContain('A person has answered this event by hand')
    expect(after.html).toContain(`href="/adjustments/${made!.id}"`)
    expect(formOf(after.html, `/events/${event}/by-hand`)).toBeNull()
    expect((await person.ask(sent.location ?? '')).text).toContain('Made by hand')
  })

  it('is answered once: a second click gets the same, another amount nothing', async () => {
    const event = await asked()
    const typed = typedIn((await person.ask(`/events/${event}`)).html)
    const path = `/events/${event}/by-hand`
    const clicks = await Promise.all([1, 2, 3].map(() => person.send(path, typed)))
    const [made, ...others] = await answersOf(event)
    expect(others).toEqual([])
    for (const each of clicks) expect(each.location).toBe(`/adjustments/${made!.id}?did=by-hand`)
    const more = await person.send(path, { ...typed, amount: '99.00' })
    expect(more.status).toBe(409)
    expect(more.text).toContain('it is answered already')
    expect(await answersOf(event)).toHaveLength(1)
  })

  it('keeps what was typed where it is refused, and makes nothing', async () => {
    const event = await asked()
    const typed = typedIn((await person.ask(`/events/${event}`)).html)
    const wrong: [Record<string, string>, string][] = [
      [{ amount: '12,50' }, 'Amount: a plain number is wanted'],
      [{ amount: '-5' }, 'Amount: no sign is wanted'],
      [{ amount: '' }, 'Amount: how much is wanted'],
      [{ customer: '' }, 'This was not done. customer'],
      [{ reason: 'because' }, 'there is no such reason'],
    ]
    for (const [fields, told] of wrong) {
      const sent = await person.send(`/events/${event}/by-hand`, { ...typed, ...fields })
      expect(sent.status).toBe(400)
      expect(sent.text).toContain(told)
      expect(typedIn(sent.html)).toMatchObject({
        kind: typed['kind'],
        ...('reason' in fields ? {} : fields),
      })
    }
    expect([await answersOf(event), await world.fate(event)]).toEqual([[], 'conflict'])
  })

  it('may be undecided, which is decided no more', async () => {
    const [event] = await world.receive(
      'zendesk',
      ticket({ tags: 'credit_requested', amount: 'x' }),
    )
    const page = await person.ask(`/events/${event}`)
    expect(page.text).toContain("The rules of now don't say how much.")
    const again = formOf(page.html, `/events/${event}/requeue`) ?? {}
    const typed = {
      ...typedIn(page.html),
      amount: '7.00',
      kind: 'billing_id',
      customer: 'cus_acme',
    }
    const sent = await person.send(`/events/${event}/by-hand`, typed)
    expect(sent.status).toBe(303)
    expect(await world.fate(event!)).toBe('dismissed')
    expect((await person.send(`/events/${event}/requeue`, again)).status).toBe(409)
    expect(await answersOf(event!)).toMatchObject([{ amount: -700 }])
  })

  it('is not what was dismissed meanwhile, and nothing is made', async () => {
    const event = await asked()
    const typed = typedIn((await person.ask(`/events/${event}`)).html)
    await person.submit('/inbox', `/events/${event}/dismiss`)
    const sent = await person.send(`/events/${event}/by-hand`, typed)
    expect(sent.status).toBe(409)
    expect(await answersOf(event)).toEqual([])
  })

  it('is made or dismissed, and not both, where two people do it at once', async () => {
    for (let round = 0; round < 4; round += 1) {
      const event = await asked()
      const typed = typedIn((await person.ask(`/events/${event}`)).html)
      const [made] = await Promise.all([
        person.send(`/events/${event}/by-hand`, typed),
        person.send(`/events/${event}/dismiss`, typed),
      ])
      expect(await answersOf(event)).toHaveLength(made.status === 303 ? 1 : 0)
      expect(await world.fate(event)).toBe('dismissed')
      const entries = await env.DB.prepare(
        "SELECT count(*) AS n FROM audit_entries WHERE subject = ? AND action = 'event.dismissed'",
      )
        .bind(event)
        .first<{ n: number }>()
      expect(entries).toEqual({ n: 1 })
    }
  })

  it('is not offered to who may not write, and refused if he sends it', async () => {
    const event = await asked()
    const reader = await someone(['read'])
    const page = await reader.ask(`/events/${event}`)
    expect(formOf(page.html, `/events/${event}/by-hand`)).toBeNull()
    const typed = typedIn((await person.ask(`/events/${event}`)).html)
    const token = formOf(page.html, '/logout')?.['token'] ?? ''
    const sent = await reader.send(`/events/${event}/by-hand`, { ...typed, token })
    expect([sent.status, await answersOf(event)]).toEqual([403, []])
  })
})

describe('an event with the present rules', () => {
  it('is tried on its page, where nothing is written', async () => {
    const [event] = await world.receive(
      'zendesk',
      ticket({ tags: 'credit_requested', amount: 'x' }),
    )
    const tried = await person.submit(`/events/${event}`, `/events/${event}/try`)
    expect(tried?.status).toBe(200)
    expect(tried?.text).toMatch(
      /What would happen Nothing was written.*Undecided.*the amount is not a plain number.*Try with the present rules/,
    )
    const [made] = await world.receive('zendesk', ticket())
    const reader = await someone(['read'])
    const there = await reader.submit(`/events/${made}`, `/events/${made}/try`)
    expect(there?.text).toMatch(/What would happen.*−25.00 USD.*Is there, made by this event/)
    expect(await world.fate(event!)).toBe('undecided')
  })

  it('is not tried where what was delivered is not kept', async () => {
    const [event] = await world.receive('zendesk', ticket())
    const fields = formOf((await person.ask(`/events/${event}`)).html, `/events/${event}/try`) ?? {}
    await env.DB.prepare(
      'DELETE FROM payloads WHERE event_seq = (SELECT seq FROM events WHERE id = ?)',
    )
      .bind(event)
      .run()
    const page = await person.ask(`/events/${event}`)
    expect(formOf(page.html, `/events/${event}/try`)).toBeNull()
    const sent = await person.send(`/events/${event}/try`, fields)
    expect(sent.status).toBe(409)
    expect(sent.text).toContain('What was delivered with this event was forgotten')
  })
})
