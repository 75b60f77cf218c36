// What docs/missed-deliveries.md says of the finders is what they want, and the figures are those of the code.

import * as fs from 'node:fs'
import * as path from 'node:path'
import { expect, it } from 'vitest'
import {
  AUDIT_PAGES_MAX,
  GAP_CLOCKS_APART_SECONDS,
  GAP_FAILURES_TOLD,
  GAP_FIRST_SECONDS,
  GAP_OVERLAP_SECONDS,
  GAP_PAGE_ROWS,
  GAP_PAGES_MAX,
  GAP_RUN_SECONDS,
  GAP_SEARCH_SECONDS,
  GAP_SETTLE_SECONDS,
} from '../../src/domain/gap-limits.ts'
import { stripeEvents } from '../../src/gaps/stripe-events.ts'
import { zendeskTickets } from '../../src/gaps/zendesk-tickets.ts'

const file = path.resolve(import.meta.dirname, '../../docs/missed-deliveries.md')
const DOCS = fs.readFileSync(file, 'utf8')
const codes = (cell = '') => [...cell.matchAll(/`([^`]+)`/g)].map(([, word]) => word)

it.each(Object.entries({ stripeEvents, zendeskTickets }))(
  '%s is as it is described',
  (name, make) => {
    const row = DOCS.split('\n').find((line) => line.startsWith(`| \`${name}\` |`))
    const misspelt: object = { misspelt: true }
    const { problems } = make(misspelt)
    const cells = row?.split('|') ?? []
    expect(codes(cells[2])).toEqual(problems[0]?.split('known are ')[1]?.split(', '))
    expect(codes(cells[3])).toEqual(make().secrets)
  },
)

it('has the figures of the code', () => {
  const figures = [
    [GAP_SEARCH_SECONDS, 3_600],
    [GAP_SETTLE_SECONDS, 900],
    [GAP_OVERLAP_SECONDS, 1_800],
    [GAP_FIRST_SECONDS, 86_400],
    [GAP_RUN_SECONDS, 20],
    [GAP_FAILURES_TOLD, 3],
    [GAP_PAGES_MAX * GAP_PAGE_ROWS, 1_000],
    [AUDIT_PAGES_MAX * GAP_PAGE_ROWS, 1_000],
    [GAP_PAGE_ROWS, 100],
    [GAP_CLOCKS_APART_SECONDS, 5],
  ]
  for (const [figure, said] of figures) expect(figure).toBe(said)
})
