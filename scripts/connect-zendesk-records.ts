// What is at Zendesk: found by the marker in its description, made, compared and deleted.

import * as z from 'zod'
import { call, type Api } from './connect-call.ts'
import { KINDS, type KindName, type Wanted } from './connect-zendesk-plan.ts'
import { Trouble } from './trouble.ts'

const PAGES_MAX = 50
const ROWS_PER_PAGE = 100

export type Found = {
  readonly id: string
  readonly kind: KindName
  readonly title: string
  /** The key in its marker. */
  readonly key: string
  /** As Zendesk shows it. */
  readonly record: Readonly<Record<string, unknown>>
}

const row = z.looseObject({
  id: z.union([z.int(), z.string()]).transform(String),
  title: z.string().optional(),
  name: z.string().optional(),
  description: z.string().nullish(),
})
const pageEnd = z.object({
  meta: z.object({ has_more: z.boolean(), after_cursor: z.string().nullish() }),
})

const WORDS = 'Made by npm run connect, which finds it again by this:'

/** `endpoint`: two endpoints at one account leave each other's things alone. */
const markerOf = (endpoint: string, key: string): string => `[makegood:${endpoint}:${key}]`
const MARKER = /\[makegood:([^:\]]+):([^\]]+)\]/

/** Everything of this endpoint's, in the order in which Zendesk lists it. */
export async function findRecords(api: Api, endpoint: string, kind: KindName): Promise<Found[]> {
  const found: Found[] = []
  for (const one of await listRows(api, KINDS[kind][0])) {
    const [, of, key = ''] = MARKER.exec(one.description ?? '') ?? []
    if (of !== endpoint) continue
    found.push({ id: one.id, kind, key, title: one.title ?? one.name ?? '', record: one })
  }
  return found
}

/** To its end: a record that is overlooked would be made twice. */
export async function listRows(api: Api, list: string): Promise<z.output<typeof row>[]> {
  const rows: z.output<typeof row>[] = []
  let cursor: string | null = null
  for (let page = 0; page < PAGES_MAX; page++) {
    const after: string = cursor === null ? '' : `&page[after]=${encodeURIComponent(cursor)}`
    const answer = await call(api, 'GET', `/${list}?page[size]=${ROWS_PER_PAGE}${after}`)
    const read = z.object({ [list]: z.array(row) }).safeParse(answer)
    const end = pageEnd.safeParse(answer)
    if (!read.success || !end.success) throw notAsExpected(api, list)
    rows.push(...(read.data[list] ?? []))
    const { has_more: hasMore, after_cursor: next = null } = end.data.meta
    if (!hasMore) return rows
    if (next === null || next === cursor) break
    cursor = next
  }
  throw new Trouble(`the list ${list} of ${api.title} does not end: nothing was made or deleted`)
}

export const notAsExpected = ({ title }: Api, what: string): Trouble =>
  new Trouble(`${title} did not answer about ${what} in the form that its pages describe`)

/** The id of the new one. `record`: all but title and marker. */
export async function makeRecord(
  api: Api,
  endpoint: string,
  { kind, key, title }: Wanted,
  record: Readonly<Record<string, unknown>>,
): Promise<string> {
  const [list, one] = KINDS[kind]
  const named = kind === 'webhook' ? { name: title } : { title }
  const description = `${WORDS} ${markerOf(endpoint, key)}`
  const body = { [one]: { ...named, description, ...record } }
  const answer = await call(api, 'POST', `/${list}`, { body })
  const made = z.object({ [one]: row }).safeParse(answer)
  if (!made.success) throw notAsExpected(api, `the new ${kind}`)
  return made.data[one]?.id ?? ''
}

/** Gone already is gone. */
export async function deleteRecord(api: Api, { kind, id }: Found): Promise<void> {
  await call(api, 'DELETE', `/${KINDS[kind][0]}/${id}`, { mayBeGone: true })
}

/** The fields that are not as they are wanted, by name. */
export function differences(
  { record }: Found,
  wanted: Readonly<Record<string, unknown>>,
): readonly string[] {
  const shown: Readonly<Record<string, unknown>> = { ...conditionsOf(record), ...record }
  // What Zendesk shows in another form than it takes, and who looks at it doesn't decide about money.
  return Object.entries(wanted)
    .filter(([name]) => name !== 'output' && name !== 'subscriptions')
    .filter(([name, value]) => !isSame(value, shown[name]))
    .map(([name]) => name)
}

/** A view takes its conditions beside its title, and shows them together. */
function conditionsOf({ conditions }: Readonly<Record<string, unknown>>) {
  return typeof conditions === 'object' && conditions !== null ? conditions : {}
}

/** Everything wanted is there; a text is the same in whatever order and spacing its words stand. */
function isSame(wanted: unknown, found: unknown): boolean {
  if (Array.isArray(wanted)) {
    const items: readonly unknown[] = wanted
    return (
      Array.isArray(found) &&
      items.length === found.length &&
      items.every((item, index) => isSame(item, found[index]))
    )
  }
  if (typeof wanted === 'object' && wanted !== null) {
    if (typeof found !== 'object' || found === null) return false
    return Object.entries(wanted).every(([name, value]) =>
      isSame(value, Object.getOwnPropertyDescriptor(found, name)?.value),
    )
  }
  return wordsOf(wanted) === wordsOf(found)
}

const wordsOf = (value: unknown): string =>
  String(value)
    .split(/\s+/)
    .toSorted((one, other) => (one < other ? -1 : 1))
    .join(' ')
