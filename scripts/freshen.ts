// Makes a sample another event than the last one: its times become now's, and its ids new ones. Which
// of its texts are ids follows from what the source's page reads.

import { randomBytes, randomInt } from 'node:crypto'
import { isUnreadable, type SourceEvent, type Unreadable } from '../src/domain/event.ts'
import { isObject } from '../src/sources/source.ts'

/** The moment at which all samples are sent, as they are written. */
const SAMPLE_CLOCK_MS = 1_793_000_000_000
/** A number is a time of a sample if it is this near to that moment. */
const NEAR_MS = 3 * 86_400_000
const OWN_PART_CHARS_MIN = 4

export type Read = (body: string) => readonly (SourceEvent | Unreadable)[]

/** `read`: what the source makes of a body. */
export function freshen(body: string, nowMs: number, read: Read): string {
  const ids = read(body).map((event) => (isUnreadable(event) ? null : event.ownId))
  let fresh = body
  for (const token of new Set(ids.map((id) => idToken(id, body)))) {
    if (token !== null) fresh = fresh.replaceAll(token, anotherLike(token))
  }
  const moved = moveTimes(fresh, Math.floor((nowMs - SAMPLE_CLOCK_MS) / 1_000) * 1_000)
  return ids.includes(null) ? marked(moved, read) : moved
}

/** Any shift shows that a text is a time. */
const MOVED_MS = 1_000

/** Of an id, or of one made of several parts, the last that tells this event from others. */
function idToken(id: string | null, body: string): string | null {
  if (id === null) return null
  const parts = id.startsWith('[') ? partsOf(id) : [id, ...id.split(':')]
  const found = parts.filter(
    (part) =>
      part.length >= OWN_PART_CHARS_MIN &&
      body.includes(part) &&
      moveTimes(part, MOVED_MS) === part,
  )
  return found.includes(id) ? id : (found.at(-1) ?? null)
}

function partsOf(id: string): string[] {
  const parts: unknown = JSON.parse(id)
  return Array.isArray(parts) ? parts.filter((part) => typeof part === 'string') : []
}

/** Where the bytes are the id: each such event gets a field that no rule reads. */
function marked(body: string, read: Read): string {
  if (body.startsWith('<')) return body
  const root: unknown = JSON.parse(body)
  const mark = () => randomBytes(4).toString('hex')
  const marks = read(body).length
  const elements = listIn(root)
  if (elements !== null && elements.length === marks) {
    for (const element of elements) if (isObject(element)) mergeInto(element, mark())
  } else if (isObject(root)) mergeInto(root, mark())
  return JSON.stringify(root)
}

const mergeInto = (object: object, mark: string): void => {
  Object.assign(object, { makegood_sample: mark })
}

/** The list of events: the body itself, or the one list in it. */
function listIn(root: unknown): readonly unknown[] | null {
  if (Array.isArray(root)) return root
  const lists = isObject(root) ? Object.values(root).filter((each) => Array.isArray(each)) : []
  return lists.length === 1 ? (lists[0] ?? null) : null
}

/** The same kinds of characters at the end of it, up to eight of them. */
function anotherLike(token: string): string {
  const isHex = /^[0-9a-f-]+$/.test(token)
  let left = 8
  const changed = [...token].toReversed().map((char) => {
    if (left === 0 || !/[0-9A-Za-z]/.test(char)) return char
    left -= 1
    if (/[0-9]/.test(char)) return String(randomInt(10))
    if (isHex) return randomInt(16).toString(16)
    const letter = String.fromCharCode('a'.charCodeAt(0) + randomInt(26))
    return char === char.toUpperCase() ? letter.toUpperCase() : letter
  })
  const made = changed.toReversed().join('')
  return made === token ? anotherLike(token) : made
}

const TEXT_TIME = /(\d{4}-\d\d-\d\d)([T ])(\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:?\d\d)?(?![\w:.])/g
const NUMBER_TIME = /(?<![\w.-])(\d{10})(\d{3})?(?=\.\d|[^\w.]|$)/g

/** `byMs`: whole seconds, so that fractions stay as they are spelled. */
function moveTimes(body: string, byMs: number): string {
  const near = (ms: number): boolean => Math.abs(ms - SAMPLE_CLOCK_MS) <= NEAR_MS
  return body
    .replace(TEXT_TIME, (text: string, day: string, between: string, time: string, ...rest) => {
      const [fraction = '', zone = '']: (string | undefined)[] = rest.slice(0, 2)
      const ms = Date.parse(`${day}T${time}Z`)
      if (!near(ms)) return text
      const moved = new Date(ms + byMs).toISOString()
      return moved.slice(0, 10) + between + moved.slice(11, 19) + fraction + zone
    })
    .replace(NUMBER_TIME, (text, seconds: string, thousandths: string = '') =>
      near(Number(seconds) * 1_000) ? String(Number(seconds) + byMs / 1_000) + thousandths : text,
    )
}
