// The words of docs/concepts.md are the code's: its fates, its states, its figures; and what the pages quote of
// notices is what people are told.

import { expect, it } from 'vitest'
import { ADJUSTMENT_STATES } from '../../src/domain/adjustment.ts'
import { FATES } from '../../src/domain/event.ts'
import { ATTEMPTS_MAX, HOLD_EXPIRE_SECONDS, LEASE_SECONDS } from '../../src/domain/limits.ts'
import { LINK_EXPIRE_DAYS_DEFAULT } from '../../src/domain/limits-links.ts'
import { SCOPES } from '../../src/domain/operator.ts'
import { SETTLEMENTS } from '../../src/domain/rule.ts'
import { blocksOf } from '../markdown.ts'
import { readPage } from './pages.ts'

const CONCEPTS = readPage('docs/concepts.md')
const section = (title: string): string =>
  CONCEPTS.split(`\n## ${title}\n`)[1]?.split('\n## ')[0] ?? ''
const firstCells = (text: string): readonly string[] =>
  [...text.matchAll(/^\| `(\w+)` \|/gm)].map(([, word = '']) => word)

it('every fate of an event, and no other', () => {
  expect(firstCells(section('What becomes of an event')).toSorted()).toEqual([...FATES].toSorted())
})

it('every state of an adjustment, in the table and in the drawing', () => {
  const states = section('The states of an adjustment')
  expect(firstCells(states).toSorted()).toEqual([...ADJUSTMENT_STATES].toSorted())
  const [drawing] = blocksOf(states)
  for (const state of ADJUSTMENT_STATES) expect(drawing?.text).toContain(state)
})

it('the settlements and the scopes', () => {
  const words = section('Words')
  for (const word of [...SETTLEMENTS, ...SCOPES]) expect(words).toContain(`\`${word}\``)
})

it('the figures of the code', () => {
  expect(CONCEPTS).toContain(`or ${ATTEMPTS_MAX} attempts`)
  expect(CONCEPTS).toContain(`a lease of ${LEASE_SECONDS} seconds`)
  expect(CONCEPTS).toContain(`after ${HOLD_EXPIRE_SECONDS / 86_400} days`)
  expect(readPage('docs/what-the-customer-gets.md')).toContain(
    `ends after ${LINK_EXPIRE_DAYS_DEFAULT} days`,
  )
})

it('what tickets are told is quoted as it is', () => {
  const row = /^\| the ticket says \|(.*)\|$/m.exec(readPage('docs/what-the-customer-gets.md'))?.[1]
  const quoted = [...(row ?? '').matchAll(/"([^"]+)"/g)].map(([, text = '']) => text)
  expect(quoted).toHaveLength(2)
  const told = readPage('test/notices/texts.txt').replaceAll(/\d+\.\d\d USD/g, '0.00 USD')
  for (const text of quoted) expect(told).toContain(text.replace(/\d+\.\d\d USD/, '0.00 USD'))
})
