import { describe, expect, it } from 'vitest'
import docs from '../../docs/reconciliation.md?raw'
import {
  dayTotals,
  DISCREPANCIES,
  DISCREPANCY_REASONS,
  unexplained,
} from '../../src/domain/reconciliation.ts'

const of = (day: string, currency: string, amount: number) => ({ day, currency, amount })

describe('the sums', () => {
  it('have a line for each day and currency of either side, in their order', () => {
    const totals = dayTotals(
      [of('2026-11-02', 'usd', -5), of('2026-11-01', 'usd', -3)],
      [of('2026-11-02', 'usd', -4), of('2026-11-02', 'eur', 7)],
    )
    expect(totals).toEqual([
      { day: '2026-11-01', currency: 'usd', recorded: -3, invoiced: 0 },
      { day: '2026-11-02', currency: 'eur', recorded: 0, invoiced: 7 },
      { day: '2026-11-02', currency: 'usd', recorded: -5, invoiced: -4 },
    ])
  })

  it.each([
    ['equal sums', -5, -5, 0, []],
    ['a difference that is explained', -5, -8, 3, []],
    ['a part of one', -5, -8, 2, [of('d', 'usd', 1)]],
    ['an explanation of what does not differ', -5, -5, 3, [of('d', 'usd', -3)]],
  ])('leave of %s what nothing explains', (_, recorded, invoiced, explained, left) => {
    const totals = [{ day: 'd', currency: 'usd', recorded, invoiced }]
    expect(unexplained(totals, [of('d', 'usd', explained)])).toEqual(left)
  })

  it('tell days and currencies apart', () => {
    const totals = [{ day: 'd', currency: 'usd', recorded: 1, invoiced: 0 }]
    expect(unexplained(totals, [of('e', 'usd', 1)])).toHaveLength(2)
    expect(unexplained(totals, [of('d', 'eur', 1)])).toHaveLength(2)
  })
})

describe('docs/reconciliation.md', () => {
  const rows = [...docs.matchAll(/^\| `(\w+)` \| (.*) \| (.*) \| (yes|no) \|$/gm)]

  it('says of each reason what the code says, in its order', () => {
    expect(rows.map(([, reason]) => reason)).toEqual(DISCREPANCY_REASONS)
    for (const [, reason, meaning, todo, paused] of rows) {
      const told = DISCREPANCIES[DISCREPANCY_REASONS.find((each) => each === reason)!]
      expect({ meaning, todo, keepsPaused: paused === 'yes' }).toEqual(told)
    }
  })
})
