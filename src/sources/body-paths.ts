// Of senders that the configuration describes: where in the body an event's id, type, time and mode
// stand, as paths such as `data.object.id`, with a number for an element of a list.

import {
  BODY_PATH_CHARS_MAX,
  BODY_PATH_STEPS_MAX,
  BODY_PATHS_PER_ID_MAX,
} from '../domain/limits.ts'
import {
  occurredAtOf,
  occurredAtOfMs,
  type Mode,
  type SourceEvent,
  type Unreadable,
} from '../domain/event.ts'
import { headerProblems } from './header-name.ts'
import { isObject, textOf, type DeliveryFacts, type Source } from './source.ts'

export type BodyPaths = {
  /**
   * Of the event's own id, or of the parts that make it unique. Without it the signed id of the
   * delivery is, with the place in a list; and where none is signed, the hash of the event.
   */
  readonly id?: string | readonly string[]
  /** Of the type; or one for all events; or a header that has it, which no signature covers. */
  readonly type: string | { readonly is: string } | { readonly header: string }
  /** Of the event's time: ISO 8601 text or seconds since 1970, or `milliseconds` since then. */
  readonly time?: string | { readonly milliseconds: string }
  /** Of what tells live from test, and the two values; anything else leaves it to the endpoint. */
  readonly mode?: {
    readonly at: string
    readonly live: string | boolean
    readonly test: string | boolean
  }
}

/** A body that is a list is one event for each element. */
export const sourceByPaths = (
  named: Pick<Source, 'name' | 'title' | 'unsignedIdHeader'>,
  paths: BodyPaths,
): Source => ({
  ...named,
  saysMode: false,
  accepted: { status: 200, content: null },
  read: (body, facts) =>
    Array.isArray(body)
      ? body.map((each: unknown, place) => readOne(each, facts, paths, idInList(facts, place)))
      : [readOne(body, facts, paths, facts.signed.id)],
})

/** A delivery sent again has the same list: a place in it is the same event. */
const idInList = ({ signed: { id } }: DeliveryFacts, place: number): string | null =>
  id === null ? null : JSON.stringify([id, place])

function readOne(
  event: unknown,
  { unsignedHeader }: DeliveryFacts,
  { id, type, time, mode }: BodyPaths,
  /** From the signed id of the delivery; no other event of the delivery has the same. */
  signedId: string | null,
): SourceEvent | Unreadable {
  if (!isObject(event)) return { unreadable: 'not_an_object', data: event }
  const named =
    typeof type === 'string'
      ? textOf(valueAt(event, type))
      : 'is' in type
        ? type.is
        : textOf(unsignedHeader(type.header))
  if (named === null) return { unreadable: 'no_event_type', data: event }
  return {
    ownId: id === undefined ? signedId : ownIdAt(event, id),
    type: named,
    occurredAt:
      typeof time === 'object'
        ? occurredAtOfMs(valueAt(event, time.milliseconds))
        : occurredAtOf(time && valueAt(event, time)),
    mode: mode === undefined ? null : modeOf(valueAt(event, mode.at), mode),
    data: event,
  }
}

/** Null where a part is missing: then the bytes identify the event, and none is lost. */
function ownIdAt(event: unknown, id: string | readonly string[]): string | null {
  if (typeof id === 'string') return idText(valueAt(event, id))
  const parts = id.map((path) => valueAt(event, path))
  return parts.every((part) => idText(part) !== null) ? JSON.stringify(parts) : null
}

/** A number that has lost digits may be another event's too. */
const idText = (value: unknown): string | null =>
  Number.isSafeInteger(value) ? String(value) : textOf(value)

const modeOf = (value: unknown, { live, test }: NonNullable<BodyPaths['mode']>): Mode | null =>
  value === live ? 'live' : value === test ? 'test' : null

function valueAt(body: unknown, path: string): unknown {
  let value = body
  for (const step of path.split('.', BODY_PATH_STEPS_MAX)) {
    const holds = Array.isArray(value) ? /^\d{1,3}$/.test(step) : isObject(value)
    if (!holds || !Object.hasOwn(Object(value), step)) return undefined
    value = Reflect.get(Object(value), step)
  }
  return value
}

/** What is wrong with the paths, a line each, by the name of the option `event`. */
export function pathProblems({ id, type, time, mode }: BodyPaths): string[] {
  const ids = typeof id === 'string' ? [id] : (id ?? [])
  const named: readonly [string, string | undefined][] = [
    ...ids.map((path): [string, string] => ['id', path]),
    ['type', typeof type === 'string' ? type : undefined],
    ['time', typeof time === 'object' ? time.milliseconds : time],
    ['mode', mode?.at],
  ]
  const problems = named
    .filter(([, path]) => path !== undefined && !isPath(path))
    .map(([option, path]) => `event.${option}: "${path}" is not a path such as data.object.id`)
  if (id !== undefined && (ids.length === 0 || ids.length > BODY_PATHS_PER_ID_MAX)) {
    problems.push(`event.id: ${ids.length} paths; from 1 to ${BODY_PATHS_PER_ID_MAX} make an id`)
  }
  if (typeof type === 'object' && 'is' in type && type.is.trim() === '') {
    problems.push('event.type: an empty text names no type')
  }
  if (typeof type === 'object' && 'header' in type) {
    problems.push(...headerProblems(type.header, 'event.type'))
  }
  if (mode !== undefined && mode.live === mode.test) {
    problems.push('event.mode: the same value can not mean both live and test')
  }
  return problems
}

const isPath = (path: string): boolean =>
  path.length <= BODY_PATH_CHARS_MAX &&
  path.split('.').length <= BODY_PATH_STEPS_MAX &&
  /^[\w$@:/ -]+(\.[\w$@:/ -]+)*$/.test(path)
