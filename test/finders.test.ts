// Which finder is for which endpoint, what a wrong one is told, and what the app says of them.

import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { defineConfig } from '../src/config.ts'
import { createDeps } from '../src/deps.ts'
import { stripeEvents } from '../src/gaps/stripe-events.ts'
import { zendeskTickets } from '../src/gaps/zendesk-tickets.ts'
import { createApp } from '../src/http/app.ts'
import { runCron } from '../src/scheduled.ts'
import { stripe, zendesk } from '../src/sources/index.ts'
import { gapWorld, stripeId } from './gap-world.ts'
import { depsWith, OPERATOR, refund } from './harness.ts'
import config from './makegood.config.ts'

const base = {
  currency: 'usd',
  timeZone: 'UTC',
  rules: [],
  endpoints: {
    stripe: stripe({ secret: 'STRIPE_WEBHOOK_SECRET' }),
    one: zendesk({ secret: 'ONE_SECRET', mode: 'live' }),
    two: zendesk({ secret: 'TWO_SECRET', mode: 'live' }),
  },
}
const problemsOf = (...findMissed: any[]): string => {
  try {
    defineConfig({ ...base, findMissed })
    return ''
  } catch (error) {
    return String(error)
  }
}

describe('a configuration', () => {
  it('starts with a finder for each endpoint that has one', () => {
    const finders = [stripeEvents(), zendeskTickets({ endpoint: 'one' })]
    expect(problemsOf(...finders, zendeskTickets({ endpoint: 'two' }))).toBe('')
    expect(defineConfig(base).findMissed).toEqual([])
  })

  it.each([
    ['which of several', zendeskTickets(), 'name one endpoint of zendesk'],
    [
      'one that is not there',
      stripeEvents({ endpoint: 'one' }),
      'there is no endpoint one of stripe',
    ],
    ['a misspelt option', stripeEvents({ keys: 'X' } as object), 'keys: there is no such setting'],
    ['a key itself', stripeEvents({ key: 'sk_live_1' }), 'names of secrets are wanted'],
    [
      'another customer',
      zendeskTickets({ endpoint: 'one', customer: 'assignee' as 'requester' }),
      "customer: 'requester' or 'organization' is wanted",
    ],
  ])('is told of %s', (_, finder, says) => {
    const told = problemsOf(finder)
    expect(told).toContain(says)
    expect(told).not.toContain('sk_live_1')
  })

  it('is told of two finders for one endpoint, and of what is no list', () => {
    const twice = [stripeEvents(), stripeEvents({ endpoint: 'stripe' })]
    expect(problemsOf(...twice)).toContain('there are two finders for stripe')
    const input: any = { ...base, findMissed: stripeEvents() }
    expect(() => defineConfig(input)).toThrow('findMissed: a list is wanted')
  })
})

it('says which are off, and for want of what', async () => {
  const findMissed = [stripeEvents(), zendeskTickets({ endpoint: 'zendesk-off' })]
  const app = createApp((bindings) => createDeps(bindings, { ...config, findMissed }))
  const response = await app.request('/readyz', {}, { ...env })
  // Nothing is lost as long as deliveries come, so it is ready all the same.
  expect(response.status).toBe(200)
  expect((await response.json<any>()).findMissed).toEqual([
    { endpoint: 'stripe', status: 'off: STRIPE_API_KEY is not set' },
    { endpoint: 'zendesk-off', status: 'off: its endpoint is off' },
  ])
})

it('shows how far each was asked, and what was missing', async () => {
  const world = await gapWorld()
  const status = async () => {
    const app = createApp(() => world.deps)
    const response = await app.request('/api/v1/status', { headers: OPERATOR })
    return (await response.json<any>()).data.findMissed
  }
  const never = { state: 'on', off: null, failures: 0, trouble: null }
  expect(await status()).toEqual(
    ['stripe', 'zendesk'].map((endpoint) => ({
      ...never,
      endpoint,
      searchedUntil: null,
      lastAt: null,
      lastFound: null,
    })),
  )
  await world.receive('stripe', refund())
  await world.refunds(2)
  await world.advance(3_600)
  await world.find()
  const [stripeNow] = await status()
  expect(stripeNow).toMatchObject({
    searchedUntil: new Date(Math.floor(world.now() / 1_000) * 1_000 - 900_000).toISOString(),
    lastAt: new Date(world.now()).toISOString(),
    lastFound: 2,
  })
})

it('is part of the tick, and its trouble stops nothing else of it', async () => {
  const world = await gapWorld()
  const [delivered] = await world.receive('stripe', refund())
  const [event] = await world.refunds(1)
  await world.advance(3_600)
  world.queue.length = 0
  await runCron(world.deps, '* * * * *')
  expect((await world.search('stripe')).last_found).toBe(1)
  // The sweep woke what was delivered, the search what it found.
  const made = [await world.adjustment(delivered!), await world.adjustment(await stripeId(event))]
  const woken = world.queue.map(({ id }) => id)
  expect(woken).toEqual(expect.arrayContaining(made.map(({ id }) => id)))
  const lines: string[] = []
  const deps = depsWith({ log: ({ event: name }) => lines.push(name) })
  const config = { ...deps.config, findMissed: [stripeEvents({ endpoint: 'nowhere' })] }
  await expect(runCron({ ...deps, config }, '* * * * *')).rejects.toThrow('finder')
  expect(lines).toContain('alarm.find_missed_failed')
})
