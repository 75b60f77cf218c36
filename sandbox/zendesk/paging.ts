// Lists. With `page[size]` or `page[after]` they page by cursor (`meta`, `links`), else in the older way
// (`next_page`, `count`), as Zendesk's own do.
import type { Answer } from '../src/answer.ts'
import type { Ask } from './ask.ts'
import { recordInvalid, shown } from './answers.ts'
import { PAGE_ROWS_MAX } from './limits.ts'

type Listed = { readonly id: number | string }

type ListOf<T> = {
  /** The field of the answer, such as `ticket_fields`. */
  readonly name: string
  /** All of them, in the order of the list. */
  readonly rows: readonly T[]
  readonly show: (row: T) => unknown
  /** Some of Zendesk's lists have no older way. */
  readonly onlyCursor?: true
}

export function listAnswer<T extends Listed>(ask: Ask, list: ListOf<T>): Answer {
  const byCursor =
    list.onlyCursor === true || ask.query.has('page[size]') || ask.query.has('page[after]')
  return byCursor ? cursorPage(ask, list) : numberedPage(ask, list)
}

function readCount(text: string | null, most: number, otherwise: number): number | null {
  if (text === null) return otherwise
  return /^\d{1,9}$/.test(text) && Number(text) >= 1 && Number(text) <= most ? Number(text) : null
}

const strange = (field: string): Answer => ({
  ...recordInvalid({ field, description: `${field} is not valid` }),
  status: 400,
})

function cursorPage<T extends Listed>(ask: Ask, { name, rows, show }: ListOf<T>): Answer {
  const size = readCount(ask.query.get('page[size]'), PAGE_ROWS_MAX, PAGE_ROWS_MAX)
  if (size === null) return strange('page[size]')
  const after = ask.query.get('page[after]')
  const previous = after === null ? -1 : rows.findIndex((row) => cursorOf(row) === after)
  if (after !== null && previous === -1) return strange('page[after]')
  const page = rows.slice(previous + 1, previous + 1 + size)
  const last = page.at(-1)
  const end = last === undefined ? null : cursorOf(last)
  const hasMore = ask.repeatsCursor || previous + 1 + size < rows.length
  const cursor = ask.repeatsCursor ? (after ?? end) : end
  const next = hasMore && cursor !== null ? address(ask, { 'page[after]': cursor }) : null
  return shown({
    [name]: page.map(show),
    meta: { has_more: hasMore, after_cursor: hasMore ? cursor : null, before_cursor: null },
    links: { prev: null, next },
  })
}

/** Opaque to whoever gets it. */
const cursorOf = ({ id }: Listed): string => btoa(`after:${id}`)

export function numberedPage<T>(
  ask: Ask,
  { name, rows, show }: Omit<ListOf<T>, 'onlyCursor'>,
): Answer {
  const size = readCount(ask.query.get('per_page'), PAGE_ROWS_MAX, PAGE_ROWS_MAX)
  if (size === null) return strange('per_page')
  const number = readCount(ask.query.get('page'), Number.MAX_SAFE_INTEGER, 1)
  if (number === null) return strange('page')
  const start = (number - 1) * size
  const at = (page: number) => address(ask, { page: String(page) })
  return shown({
    [name]: rows.slice(start, start + size).map(show),
    count: rows.length,
    next_page: start + size < rows.length ? at(number + 1) : null,
    previous_page: number > 1 ? at(number - 1) : null,
  })
}

/** The same call with another page. */
function address(ask: Ask, changes: Readonly<Record<string, string>>): string {
  const query = new URLSearchParams(ask.query)
  for (const [name, value] of Object.entries(changes)) query.set(name, value)
  return `${ask.api}${ask.path}?${query.toString()}`
}
