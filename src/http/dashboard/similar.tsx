// What is like an adjustment that a person decides about, each with why.

import type { SimilarRow } from '../../db/read-similar.ts'
import { SIMILAR_DAYS } from '../../domain/limits.ts'
import type { Likeness, Similar } from '../../domain/similar.ts'
import { Money, When, type Clock } from './parts.tsx'
import { STATES } from './words.ts'

const WORDS: Readonly<Record<Likeness, string>> = {
  subject: 'for the same, by another rule',
  customer: 'same customer',
  amount: 'same amount',
}

export const similarScope = (window: number): string =>
  `Of the last ${SIMILAR_DAYS} days, among the newest ${window}; for the same at any time.`

export const SimilarList = ({
  of,
  clock,
}: {
  of: readonly Similar<SimilarRow>[]
  clock: Clock
}) => (
  <ul class="past">
    {of.map(({ row, by }) => (
      <li>
        <Money of={row} />
        <a href={`/adjustments/${row.id}`}>{row.subject}</a>
        <span class="soft">
          {`${by.map((each) => WORDS[each]).join(', ')}; ${STATES[row.state].text.toLowerCase()}, made `}
          <When at={row.createdAt} clock={clock} />
        </span>
      </li>
    ))}
  </ul>
)
