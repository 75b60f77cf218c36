// `--field value` of `npm run send`: changes one value that stands in a body, and keeps its kind.

import { isObject } from '../src/sources/source.ts'
import { Trouble } from './trouble.ts'

/** `field`: a dot path such as `data.object.amount` or `0.objectId`; of XML, an element's own name. */
export function changeField(body: string, field: string, value: string): string {
  return body.startsWith('<') ? inXml(body, field, value) : inJson(body, field, value)
}

function inXml(body: string, field: string, value: string): string {
  const element = /^[A-Za-z_][\w.-]*$/.test(field) ? field.replaceAll('.', '\\.') : '(?!)'
  const filled = new RegExp(`(<(?:\\w+:)?${element}(?:\\s[^<>]*)?>)[^<]*(</)`)
  if (!filled.test(body)) throw new Trouble(`the body has no element '${field}' that holds a text`)
  const escaped = value.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
  return body.replace(filled, (_, start: string, end: string) => start + escaped + end)
}

function inJson(body: string, field: string, value: string): string {
  const root: unknown = JSON.parse(body)
  const steps = field.split('.')
  const last = steps.pop() ?? ''
  let parent = root
  for (const step of steps) parent = Reflect.get(holder(parent, step, field), step)
  const object = holder(parent, last, field)
  Reflect.set(object, last, sameKind(Reflect.get(object, last), value, field))
  return JSON.stringify(root)
}

/** What has the step as its own key. */
function holder(value: unknown, step: string, field: string): object {
  if ((isObject(value) || Array.isArray(value)) && Object.hasOwn(value, step)) return value
  const keys = isObject(value) || Array.isArray(value) ? Object.keys(value) : []
  throw new Trouble(
    `the body has no field '${field}': there is no '${step}' among ${keys.join(', ') || 'nothing'}`,
  )
}

function sameKind(present: unknown, value: string, field: string): unknown {
  if (typeof present === 'string') return value
  const parsed = parsedOrText(value)
  const isFitting =
    present === null ||
    (typeof parsed === typeof present && Array.isArray(parsed) === Array.isArray(present))
  if (isFitting) return parsed
  const kind = Array.isArray(present)
    ? 'a list'
    : `${typeof present === 'object' ? 'an' : 'a'} ${typeof present}`
  throw new Trouble(`'${field}' is ${kind}, and '${value}' is not`)
}

/** What stood empty takes a number, true, false or null as such, and anything else as text. */
function parsedOrText(value: string): unknown {
  try {
    return JSON.parse(value)
  } catch {
    return value
  }
}
