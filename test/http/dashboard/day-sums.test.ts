// The sums of days on the overview and beside the rules: what they keep apart, how many days they are of, and what they
// lack. Each test has a month of its own, for sums are never removed.

import { env } from 'cloudflare:workers'
import { beforeEach, expect, it } from 'vitest'
import { CHART_ROWS_MAX } from '../../../src/domain/limits.ts'
import { addUpDays } from '../../../src/usecases/add-up-days.ts'
import { OPERATOR, ticket } from '../../harness.ts'
import { createWorld } from '../../world.ts'
import { createPerson, type Person } from './browsing.ts'

const RULE = 'zendesk-ticket-credit'

let world: Awaited<ReturnType<typeof createWorld>>
let person: Person
let year = 2060
let now = 0

beforeEach(async () => {
  year += 1
  now = Date.parse(`${year}-10-20T12:00:00Z`)
  world = await createWorld()
  await addUpDays(world.deps)
  person = createPerson(() => ({ ...world.deps, now: () => now }))
  await person.logIn(OPERATOR['x-api-key'])
})

type Row = {
  day?: string
  rule?: string
  currency?: string
  settlement?: 'owed' | 'already_paid'
  direction?: 'credit' | 'charge'
  invoiced?: number
  voided?: number
}

const keep = (rows: readonly Row[]) =>
  env.DB.batch(
    rows.map((row) => {
      const { day = `${year}-10-20`, rule = RULE, currency = 'usd', settlement = 'owed' } = row
      const { direction = 'credit', invoiced = 0, voided = 0 } = row
      const count = (sum: number) => (sum === 0 ? 0 : 1)
      return env.DB.prepare(
        `INSERT INTO daily_totals SELECT 'test', ?, ?, 'zendesk', 'zendesk', ?, ?, ?,
         0, 0, 0, 0, ?, ?, 0, 0, 0, 0, 0, 0, ?, ?`,
      ).bind(
        currency,
        day,
        rule,
        settlement,
        direction,
        count(invoiced),
        invoiced,
        count(voided),
        voided,
      )
    }),
  )

it('say a record that was undone as recorded back: nobody was charged for it', async () => {
  await keep([
    { settlement: 'already_paid', invoiced: 100_000 },
    { settlement: 'already_paid', direction: 'charge', invoiced: 60_000 },
    { direction: 'charge', invoiced: 700 },
  ])
  const { text } = await person.ask('/')
  expect(text).toContain(
    'Today 0.00 USD promised, −1,000.00 USD recorded, +7.00 USD charged, +600.00 USD recorded back',
  )
  expect(text).toContain(
    `${RULE} −1,000.00 USD recorded +7.00 USD charged +600.00 USD recorded back`,
  )
  expect((await person.ask('/rules')).text).toContain('+600.00 USD recorded back')
})

it('say what was voided apart, of the day on which it was', async () => {
  await keep([
    { day: `${year}-10-19`, invoiced: 1_000_000 },
    { day: `${year}-10-20`, voided: 1_000_000 },
  ])
  const { text } = await person.ask('/')
  expect(text).toContain(
    'Today 0.00 USD promised, 0.00 USD recorded, 0.00 USD charged, −10,000.00 USD voided promises',
  )
  expect(text).toContain(
    '20 Oct 0.00 USD 0.00 USD 0.00 USD 0.00 USD −10,000.00 USD voided promises',
  )
  expect((await person.ask('/rules')).text).toContain('−10,000.00 USD voided promises')
})

it('are named after as many days as they are of', async () => {
  const rules = Array.from({ length: CHART_ROWS_MAX / 5 }, (_, n) => `rule-${n}`)
  for (const day of ['15', '16', '17', '18', '19', '20']) {
    await keep(rules.map((rule) => ({ day: `${year}-10-${day}`, rule, invoiced: 100 })))
  }
  const { text } = await person.ask('/')
  expect(text).toContain('Credits and charges, 4 days')
  expect(text).toContain('By rule Rule Today Last 4 days')
  expect(text).not.toContain('Last 7 days')
})

it('say that one day alone is too much, and not that nothing was invoiced', async () => {
  const rules = Array.from({ length: CHART_ROWS_MAX }, (_, n) => `rule-${n}`)
  await keep(rules.map((rule) => ({ rule, invoiced: 100 })))
  for (const path of ['/', '/rules']) {
    const { text } = await person.ask(path)
    expect(text).toContain('Today has more to add up than one page reads.')
    expect(text).not.toMatch(/Nothing was invoiced|In 0 days/)
  }
})

it('say since when they are behind, and only where they are', async () => {
  const behind = 'These sums are behind: they lack what was written since'
  now = Date.now()
  await person.logIn(OPERATOR['x-api-key'])
  await addUpDays(world.deps)
  await world.receive('zendesk', ticket())
  expect((await person.ask('/')).text).not.toContain(behind)
  now += 180_000
  expect((await person.ask('/')).text).toContain(behind)
  expect((await person.ask('/rules')).text).toContain(behind)
  await addUpDays(world.deps)
  expect((await person.ask('/')).text).not.toContain(behind)
})

it('say where other currencies are', async () => {
  const other = 'There are adjustments in other currencies too'
  expect((await person.ask('/')).text).not.toContain(other)
  await keep([{ currency: 'eur', invoiced: 100 }])
  expect((await person.ask('/')).text).toContain(other)
  expect((await person.ask('/rules')).text).toContain(other)
})
