// A note at a source whose API knows no key of ours: the notice's id stands in the note, and is looked
// for first. Notes are told one after the other under a lease, so that each is there exactly once.

import * as z from 'zod/mini'
import type { Notice } from '../domain/notice.ts'
import { NOTE_PAGES_MAX, NOTE_SETTLE_SECONDS } from '../domain/limits.ts'
import { err, ok, type Result } from '../domain/result.ts'
import type { Attempt, Channel, Secrets, Sent, SendTrouble } from './channel.ts'

export type NotePlace = {
  /** Whether a note that has this text in it is there already. */
  readonly has: (marker: string) => Promise<Result<boolean, SendTrouble>>
  /** Answers what the source made of the note, as JSON with its id. */
  readonly write: (lines: readonly string[]) => Promise<Result<unknown, SendTrouble>>
}

export type NoteChannel = Pick<Channel, 'title' | 'secrets' | 'problems'> & {
  readonly source: string
  readonly endpoint: string | undefined
  /** Null where the notice names no place of this source. */
  readonly place: (notice: Notice) => ((secrets: Secrets, nowMs: number) => NotePlace) | null
}

export function noteChannel({ source, endpoint, place, ...rest }: NoteChannel): Channel {
  return {
    ...rest,
    source,
    name: endpoint === undefined ? source : `${source}:${endpoint}`,
    wants: (notice) =>
      notice.source === source &&
      (endpoint === undefined || notice.endpoint === endpoint) &&
      place(notice) !== null,
    async send(secrets, notice, attempt) {
      const there = place(notice)?.(secrets, attempt.nowMs)
      // Nothing to write to is nothing to try again.
      return there ? once(there, notice, attempt) : ok('closed')
    },
  }
}

/** A created note, at each of the sources. */
const created = z.looseObject({ id: z.union([z.string(), z.number()]) })

async function once(
  { has, write }: NotePlace,
  { id, lines }: Notice,
  { mayWrite }: Attempt,
): Promise<Result<Sent, SendTrouble>> {
  const found = await has(id)
  if (!found.ok) return found
  if (found.value) return ok('found_there')
  // A slow look may have used up the lease: somebody else would look before this note can be seen.
  if (!mayWrite()) return err(LEASE_ENDS)
  const written = await write([...lines, `Makegood ${id}`])
  if (!written.ok) return err(settling(written.error))
  // Without the note's id a gateway may have answered in the source's place.
  return created.safeParse(written.value).success ? ok('sent') : err(settling(UNREADABLE))
}

/** What may have been written needs a moment until a look can find it. */
function settling(trouble: SendTrouble): SendTrouble {
  const { meaning, status, retryAfterSeconds } = trouble
  const isDefinite = status !== null && status >= 400 && status < 500 && status !== 408
  if (meaning === 'permanent' || isDefinite) return trouble
  return { ...trouble, retryAfterSeconds: Math.max(retryAfterSeconds ?? 0, NOTE_SETTLE_SECONDS) }
}

export type NotePage = { readonly notes: unknown; readonly isLast: boolean }

/** Reads pages, the first is 0, until one has the marker or is the last. */
export async function isOnAPage(
  marker: string,
  read: (page: number) => Promise<Result<NotePage, SendTrouble>>,
): Promise<Result<boolean, SendTrouble>> {
  for (let page = 0; page < NOTE_PAGES_MAX; page++) {
    const answer = await read(page)
    if (!answer.ok) return answer
    if (mentions(answer.value.notes, marker)) return ok(true)
    if (answer.value.isLast) return ok(false)
  }
  return err(TOO_MANY_NOTES)
}

/** Whether the text stands anywhere in what was answered. */
export const mentions = (notes: unknown, text: string): boolean =>
  JSON.stringify(notes ?? null).includes(text)

const trouble = (meaning: SendTrouble['meaning'], code: string): SendTrouble => ({
  meaning,
  code,
  status: null,
  retryAfterSeconds: null,
})

/** A success of another shape says nothing about which notes are there. */
export const UNREADABLE = trouble('transient', 'unexpected_shape')

/** Nobody can tell if the note is there: it isn't written a second time. */
export const TOO_MANY_NOTES = trouble('permanent', 'too_many_notes')

export const LEASE_ENDS = trouble('transient', 'lease_ends')

/** Notes of sources that take HTML: a line each, and nothing of it is markup. */
export const asHtml = (lines: readonly string[]): string => lines.map(escapeHtml).join('<br>')

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

const escapeHtml = (text: string): string =>
  text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? '')
