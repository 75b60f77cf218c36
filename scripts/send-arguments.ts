// The arguments of `npm run send`. Any option that isn't the command's own is a field of the body.

import { Trouble } from './trouble.ts'

export type SendArguments = {
  readonly kind: 'send'
  readonly source: string
  readonly event: string
  readonly same: boolean
  readonly url?: string
  readonly endpoint?: string
  readonly secret?: string
  /** What to change in the body, by dot path. */
  readonly fields: readonly (readonly [string, string])[]
}

const OWN = ['url', 'endpoint', 'secret']
const USAGE =
  'npm run send -- <source> <event, or a file.json> [--field value] [--same] [--url U] [--endpoint name] ' +
  '[--secret S], or --list, or --all'

/** Throws Trouble on an option without its value, and where source or event is missing. */
export function parseSendArguments(
  given: readonly string[],
): SendArguments | { readonly kind: 'list' | 'all' } {
  const names: string[] = []
  const fields: [string, string][] = []
  const own: Record<string, string> = {}
  let same = false
  const left = [...given]
  for (let next = left.shift(); next !== undefined; next = left.shift()) {
    if (!next.startsWith('--')) {
      names.push(next)
      continue
    }
    const [, name = '', written] = /^--([^=]*)(?:=(.*))?$/s.exec(next) ?? []
    if (name === 'list' || name === 'all') return { kind: name }
    // As a field it would be sent.
    if (name === 'key') throw new Trouble('--key: give MAKEGOOD_KEY in the environment')
    if (name === 'same') {
      same = true
      continue
    }
    const value = written ?? left.shift()
    if (value === undefined) throw new Trouble(`--${name} has no value; ${USAGE}`)
    if (OWN.includes(name)) own[name] = value
    else fields.push([name, value])
  }
  const [source, event, ...rest] = names
  if (source === undefined) throw new Trouble(USAGE)
  if (event === undefined) throw new Trouble(`which event of ${source}? --list shows them`)
  if (rest.length > 0) throw new Trouble(`'${rest[0]}' is too much; ${USAGE}`)
  if (same && fields.length > 0) throw new Trouble('--same repeats byte for byte: no field changes')
  return { kind: 'send', source, event, same, fields, ...own }
}
