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
