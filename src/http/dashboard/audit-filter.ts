// What is asked of the log, as it stands in the address: days are those of the configured time zone.

import { MS_PER_DAY, SUBJECT_CHARS_MAX } from '../../domain/limits.ts'
import { dayBegin } from '../../domain/month.ts'
import type { LogQuery } from '../../usecases/list-log.ts'
import type { AppContext } from '../context.ts'

export const WORDS = ['actor', 'action', 'subject', 'customer', 'ticket', 'invoice'] as const
export const DAYS = ['from', 'to'] as const

type Name = (typeof WORDS)[number] | (typeof DAYS)[number]
export type Typed = Readonly<Partial<Record<Name, string>>>

const DAY = /^20\d\d-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/

/** `wrong`: what can't be asked, in words; then nothing is. */
export function filterIn(c: AppContext): {
  readonly query: LogQuery
  readonly typed: Typed
  readonly wrong: string | null
} {
  const names: readonly Name[] = [...WORDS, ...DAYS]
  const typed: Typed = Object.fromEntries(
    names
      .map((name) => [name, (c.req.query(name) ?? '').trim()] as const)
      .filter(([, text]) => text !== ''),
  )
  const long = WORDS.find((name) => (typed[name] ?? '').length > SUBJECT_CHARS_MAX)
  if (long !== undefined) return refused(typed, `${long}: at most ${SUBJECT_CHARS_MAX} characters`)
  const odd = DAYS.find((name) => typed[name] !== undefined && !DAY.test(typed[name]))
  if (odd !== undefined) return refused(typed, `${odd}: a day is wanted, such as 2026-10-26`)
  const { from, to, ...words } = typed
  const { timeZone } = c.var.deps.config
  return {
    query: {
      ...words,
      ...(from === undefined ? {} : { from: dayBegin(from, timeZone) }),
      // The last day is in it.
      ...(to === undefined ? {} : { to: dayBegin(dayAfter(to), timeZone) }),
    },
    typed,
    wrong: null,
  }
}

const refused = (typed: Typed, why: string) => ({ query: {}, typed, wrong: `Not found: ${why}.` })

const dayAfter = (day: string): string =>
  new Date(Date.parse(`${day}T00:00:00Z`) + MS_PER_DAY).toISOString().slice(0, DAY_CHARS)

const DAY_CHARS = 10

/** As an address has it; times as the API wants them. */
export function queryOf(
  asked: LogQuery | Typed,
  more: Readonly<Record<string, string>> = {},
): string {
  const fields = Object.entries({ ...asked, ...more }).map(([name, value]): [string, string] => [
    name,
    typeof value === 'number' ? new Date(value).toISOString() : String(value),
  ])
  return new URLSearchParams(fields).toString()
}
