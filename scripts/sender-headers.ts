// What a sender writes into headers that its signature doesn't cover: the type, where it stands nowhere
// else, and an id of the delivery. Which headers these are is asked of the source's page.

import { randomUUID } from 'node:crypto'
import { isUnreadable } from '../src/domain/event.ts'
import type { Endpoint, SignedFacts, Source } from '../src/sources/source.ts'

/** The headers with which a delivery is sent. `event`: the sample's name, which the type is found by. */
export function senderHeaders(
  { source }: Endpoint,
  event: string,
  body: unknown,
  signed: SignedFacts,
  proving: Readonly<Record<string, string>>,
): Record<string, string> {
  const asked = new Set<string>()
  const read = (headers: Readonly<Record<string, string>>) => {
    const unsignedHeader = (name: string) => {
      if (proving[name] === undefined) asked.add(name)
      return proving[name] ?? headers[name] ?? null
    }
    source.handshake?.(body, { signed, unsignedHeader })
    return source.read(body, { signed, unsignedHeader })
  }
  read({})
  const wanted = [...asked]
  const withValue = (value: string) => Object.fromEntries(wanted.map((name) => [name, value]))
  // A sample is named as its file, and a file's name can't have another separator.
  const separator = source.typeSeparator ?? '.'
  const fitting = starts(event.split('.'))
    .map((steps) => steps.join(separator))
    .map((value) => ({ value, chars: charsNamed(read(withValue(value)), event) }))
    .reduce((best, each) => (each.chars > best.chars ? each : best))
  const id = source.unsignedIdHeader
  const delivery = id === null ? {} : { [id]: randomUUID() }
  return { ...delivery, ...withValue(fitting.value), ...proving }
}

/** A family alone, such as `issues`, or more of the name. */
const starts = (steps: readonly string[]): string[][] =>
  steps.map((_, position) => steps.slice(0, position + 1))

/** How much of the sample's name is the type that is read; -1 where they don't fit. */
const charsNamed = (read: ReturnType<Source['read']>, event: string): number =>
  Math.max(
    ...read.map((each) => {
      const type = isUnreadable(each) ? '' : each.type.replaceAll('/', '.')
      return type !== '' && event.startsWith(type) ? type.length : -1
    }),
    -1,
  )
