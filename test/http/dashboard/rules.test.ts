// The rules: what is deployed, what each did lately, and what they would do.

import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { createWorld } from '../../world.ts'
import { countRows, OPERATOR, ticket } from '../../harness.ts'
import { metered } from '../../metered-database.ts'
import { optionsShown } from '../../../src/http/dashboard/rule-words.ts'
import { addUpDays } from '../../../src/usecases/add-up-days.ts'
import { createPerson, keyOf, type Person } from './browsing.ts'

let world: Awaited<ReturnType<typeof createWorld>>
let person: Person
let next = 0

beforeEach(async () => {
  world = await createWorld()
  person = createPerson(() => world.deps)
  await person.logIn(OPERATOR['x-api-key'])
})

const tried = (typed: Record<string, string>) => person.submit('/rules', '/rules/dry-run', typed)

describe('the rules', () => {
  it('stand in their order with their options in words, and the hash of them all', async () => {
    const { text } = await person.ask('/rules')
    const ids = world.deps.config.rules.map(({ id }) => id)
    const places = ids.map((id) => text.indexOf(` ${id} `))
    expect(places).toEqual(places.toSorted((a, b) => a - b))
    expect(places).not.toContain(-1)
    expect(text).toContain(await world.deps.ruleSet())
    expect(text).toContain('request tag credit_requested')
    expect(text).toContain('credit_10: 10.00 USD; credit_25: 25.00 USD')
  })

  it('say of each what it did in 30 days, also of events that it made nothing of', async () => {
    await world.receive('zendesk', ticket())
    await world.receive('zendesk', ticket({ tags: 'credit_requested', amount: 'x' }))
    await world.work()
    await addUpDays(world.deps)
    const { text } = await person.ask('/rules')
    expect(text).toMatch(/In 30 days: 1 invoiced, −\d+\.\d\d USD promised/)
    expect(text).toMatch(/made an adjustment 1/)
    expect(text).toMatch(/undecided 1/)
  })

  it('say what is paused', async () => {
    const { id } = world.deps.config.rules[0]!
    await person.submit('/settings', '/settings/pause', { what: `rule/${id}` })
    expect((await person.ask('/rules')).text).toContain(`${id} Paused`)
  })

  it('take no option that is no text for one', () => {
    expect(optionsShown('[null,"() => 1"]')).toEqual([])
    expect(optionsShown('[{"otherAmountField":true,"tags":[]},""]')).toEqual([
      ['other amount field', 'yes'],
      ['tags', 'none'],
    ])
  })

  it('are shown by at most 500 rows', async () => {
    for (let n = 0; n < 40; n++) await world.receive('zendesk', ticket({ tags: 'billing' }))
    const { rowsRead } = await metered(async (db) => {
      const reader = createPerson(() => ({ ...world.deps, db }))
      reader.setCookie(person.cookie())
      expect((await reader.ask('/rules')).status).toBe(200)
    })
    expect(rowsRead).toBeLessThanOrEqual(500)
  })
})

describe('trying the rules', () => {
  it('tells what a payload would make, and makes nothing', async () => {
    const before = await Promise.all(['events', 'adjustments', 'audit_entries'].map(countRows))
    const sent = await tried({ endpoint: 'zendesk', payload: JSON.stringify(ticket()) })
    expect(sent?.status).toBe(200)
    expect(sent?.text).toContain('Would be invoiced')
    expect(sent?.text).toContain('−25.00 USD')
    expect(sent?.text).toContain('would decide it')
    expect(await Promise.all(['events', 'adjustments', 'audit_entries'].map(countRows))).toEqual(
      before,
    )
  })

  it('tells why something would be held, and why something could not be decided', async () => {
    const held = ticket({ tags: 'credit_requested', amount: '900.00' })
    const sent = await tried({ endpoint: 'zendesk', payload: JSON.stringify(held) })
    expect(sent?.text).toContain('Would be held')
    const unread = ticket({ tags: 'credit_requested', amount: 'x' })
    const other = await tried({ endpoint: 'zendesk', payload: JSON.stringify(unread) })
    expect(other?.text).toContain('It could not decide: the amount is not a plain number')
  })

  it('tells of an event that came what it has made', async () => {
    const [event] = await world.receive('zendesk', ticket())
    await world.work()
    const sent = await tried({ event: event! })
    expect(sent?.text).toContain('Is there, made by this event')
  })

  it('tells in words what can not be read, and keeps what was typed', async () => {
    const sent = await tried({
      endpoint: 'zendesk',
      payload: '</textarea><script>alert(1)</script>',
    })
    expect(sent?.status).toBe(400)
    expect(sent?.text).toContain('The source reads no event in this')
    expect(sent?.html).toContain('&lt;/textarea&gt;&lt;script&gt;')
    expect(sent?.html).not.toContain('<script>alert')
  })

  it('takes a long payload', async () => {
    const long = ticket({ comment: '"'.repeat(20_000) })
    const sent = await tried({ endpoint: 'zendesk', payload: JSON.stringify(long) })
    expect(sent?.status).toBe(200)
  })

  it('shows hostile text of a payload as text', async () => {
    const hostile = '"><script>alert(1)</script><img src=x onerror=alert(2)>'
    const payload = JSON.stringify(ticket({ asker: hostile, customer_external_id: hostile }))
    const { html } = (await tried({ endpoint: 'zendesk', payload }))!
    expect(html).not.toContain('<script>alert')
    expect(html).not.toContain('<img')
  })

  it('needs the scope read', async () => {
    const { secret } = await keyOf(world.deps, `tryer-${(next += 1)}`, ['write'])
    const other = createPerson(() => world.deps)
    await other.logIn(secret)
    expect((await other.ask('/rules')).status).toBe(403)
    const { results } = await env.DB.prepare('SELECT count(*) AS n FROM switches').all()
    expect(results).toEqual([{ n: 0 }])
  })
})
