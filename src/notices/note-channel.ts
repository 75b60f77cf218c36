// A note at a source whose API knows no key of ours: the notice's id stands in the note, and is looked
// for first. Notes are told one after the other under a lease, so that each is there exactly once.

import type { Notice } from '../domain/notice.ts'
import { err, ok, type Result } from '../domain/result.ts'
import type { Channel, Secrets, SendTrouble } from './channel.ts'

export type NotePlace = {
  /** Whether a note that has this text in it is there already. */
  readonly has: (marker: string) => Promise<Result<boolean, SendTrouble>>
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
    async send(secrets, notice, { nowMs, mayWrite }) {
      const there = place(notice)?.(secrets, nowMs)
      // Nothing to write to is nothing to try again.
      if (!there) return ok('closed')
      const found = await there.has(notice.id)
      if (!found.ok) return found
      if (found.value) return ok('found_there')
      // A slow look may have used up the lease: somebody else would look before this note can be seen.
      if (!mayWrite()) return err(LEASE_ENDS)
      const written = await there.write([...notice.lines, `Makegood ${notice.id}`])
      return written.ok ? ok('sent') : written
    },
  }
}

export const LEASE_ENDS: SendTrouble = {
  meaning: 'transient',
  code: 'lease_ends',
  status: null,
  retryAfterSeconds: null,
}

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

/** Whether the text stands anywhere in what was answered, whatever its shape is. */
export const mentions = (answer: unknown, text: string): boolean =>
  JSON.stringify(answer ?? null).includes(text)
