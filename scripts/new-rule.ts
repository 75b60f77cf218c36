// The files of a new rule of the user's own as `npm run new` writes them, and its line in his
// configuration: it compiles, and it does not start until it is filled in.

export const ruleTemplate = (name: string, variable: string): string => `\
// Fill in: what the event is, who can cause it, and what at its source keeps customers from it.

import * as z from 'zod/mini'
import { rule, undecided } from '../src/domain/rule.ts'

export const ${variable} = rule({
  id: '${name}', // for ever: adjustments are known by it
  source: 'standard',
  on: ['fill.in'],
  settlement: 'owed',
  reason: 'goodwill',
  causedBy: 'customer', // held in any case; say 'agent' or 'system' where no customer can cause it
  payload: z.object({ data: z.object({ id: z.string() }) }),
  problems: ['adjust: fill in rules/${name}.ts, then take this line out'],
  // credit(), charge(), several(), hold(), undo(), ignore() or undecided(): docs/cookbook.md
  adjust: ({ data }) => undecided('shape', \`\${data.id}: fill in rules/${name}.ts\`),
})
`

export const sampleTemplate = (): string =>
  `${JSON.stringify({ 'fill in': 'what the rule reads, as the sender writes it' }, null, 2)}\n`

export const ruleTestTemplate = (name: string, variable: string): string => `\
// What the rule makes of the events of its type: decision, amount, currency, customer, subject.

import { expect, it } from 'vitest'
import { ${variable} } from '../../rules/${name}.ts'
import sample from '../../rules/${name}.sample.json'
import { decide } from '../../src/domain/decide.ts'

/** The decision in a line. */
function told(data: unknown): string {
  const [type = ''] = ${variable}.on
  const event = { ownId: null, type, occurredAt: null, mode: null, data }
  const decision = decide([${variable}], ${variable}.source, event)
  if (decision.kind === 'undo') return \`undoes \${decision.subject}\`
  if (decision.kind === 'shadow') return 'shadow'
  if (decision.kind !== 'adjust') {
    return 'reason' in decision ? \`\${decision.kind}: \${decision.reason}\` : decision.kind
  }
  return decision.proposals
    .map(({ amount, currency, customer, subject }) =>
      [amount, currency, customer?.value ?? 'nobody', subject].join(' '),
    )
    .join(' and ')
}

it('starts', () => {
  expect(${variable}.problems).toEqual([])
})

it.each<[string, unknown, string]>([
  ['its sample', sample, 'fill in, such as: -1500 usd acme-42 delivery:d1'],
  // Fill in: what it ignores, and what it can't read.
])('%s', (_, data, expected) => {
  expect(told(data)).toBe(expected)
})
`

/**
 * The configuration with the rule last in its list, so that all others decide first; null where the
 * list is not written as the original's.
 */
export function withRule(config: string, name: string, variable: string): string | null {
  const lines = config.split('\n')
  const start = lines.indexOf('  rules: [')
  const end = lines.indexOf('  ],', start)
  const lastImport = lines.findLastIndex((line) => /^(import .*|\} )from '.*'$/.test(line))
  if (start === -1 || end === -1 || lastImport === -1 || lastImport > start) return null
  return lines
    .toSpliced(end, 0, `    ${variable},`)
    .toSpliced(lastImport + 1, 0, importLine(name, variable))
    .join('\n')
}

export const importLine = (name: string, variable: string): string =>
  `import { ${variable} } from './rules/${name}.ts'`
