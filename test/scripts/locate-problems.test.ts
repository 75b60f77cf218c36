import { expect, it } from 'vitest'
import { locateProblems } from '../../scripts/locate-problems.ts'

const SOURCE = `export default defineConfig({
  currency: 'jpy',
  endpoints: {
    stripe: stripe({ secret: 'S' }),
    zendesk: zendesk({ secret: 'Z', mode: 'neither' }),
  },
  links: { expireAfterDays: -4 },
})
`

it('names the line of each field that the source writes out', () => {
  const message = ['makegood.config.ts:', '  currency: no', '  endpoints.zendesk.mode: no'].join(
    '\n',
  )
  expect(locateProblems('c.ts', SOURCE, message).split('\n')).toEqual([
    'makegood.config.ts:',
    'c.ts:2: currency: no',
    'c.ts:5: endpoints.zendesk.mode: no',
  ])
})

it('names the line of the nearest part when the field itself is missing', () => {
  expect(locateProblems('c.ts', SOURCE, '  links.hosts: missing')).toBe(
    'c.ts:7: links.hosts: missing',
  )
})

it('leaves a line alone that is about no field of the source', () => {
  expect(locateProblems('c.ts', SOURCE, '  limits.perDay: no')).toBe('  limits.perDay: no')
  expect(locateProblems('c.ts', SOURCE, 'Cannot find module x')).toBe('Cannot find module x')
})

const NESTED = `const tag = 'rules: [' // endpoints: { stripe: {
export default defineConfig({
  endpoints: {
    stripe: stripe({ secret: 'S' }),
    'zendesk-eu': zendesk({
      secret: 'Z',
      mode: 'neither', // mode: 'live'
    }),
  },
  rules: [
    zendeskTicketCredit({
      amounts: { ten: usd(10), limits: usd(5) },
      amountt: 5,
    }), // rules, (
    own,
    rule({
      id: 'own',
      amountt: \`[\`,
    }),
  ],
  limits: { perDay: usd(5) },
})
`
const lineOf = (field: string): string =>
  locateProblems('c.ts', NESTED, `  ${field}: no`).split(': ')[0] ?? ''

it.each([
  ['endpoints.stripe.mode', 4],
  ['endpoints.zendesk-eu.mode', 7],
  ['endpoints.zendesk-eu.secret', 6],
  ['rules', 10],
  ['rules[0] (zendesk-ticket-credit).amountt', 13],
  ['rules[0] (zendesk-ticket-credit).amounts.ten', 12],
  ['rules[1].id', 15],
  ['rules[2] (own).amountt', 18],
  ['rules[2].id', 17],
  ['rules[2].was', 16],
  ['rules[3].id', 10],
  ['limits.perDay', 21],
  ['limits.perWeek', 21],
])('finds %s where it stands, not what only looks like it', (field, line) => {
  expect(lineOf(field)).toBe(`c.ts:${line}`)
})

it('looks for a list in the list’s own value only', () => {
  const source = 'defineConfig({\n  rules,\n  links: { hosts: [a, b] },\n})'
  expect(locateProblems('c.ts', source, '  rules[1].id: no')).toBe('c.ts:2: rules[1].id: no')
})
