// Drizzle asks of each part of each statement what it is, by walking up its classes: a fifth of a run. With
// this the answer is kept, by prototype. It has to be there before Drizzle is loaded, so who needs it
// imports it first and everything else dynamically.

import { registerHooks } from 'node:module'

const KEPT = `
const answers = new Map()
export function is(value, type) {
  if (!value || typeof value !== 'object') return false
  const prototype = Object.getPrototypeOf(value)
  let ofType = answers.get(type)
  if (ofType === undefined) answers.set(type, (ofType = new Map()))
  let answer = ofType.get(prototype)
  if (answer === undefined) ofType.set(prototype, (answer = isWalked(value, type)))
  return answer
}
`

registerHooks({
  load(url, context, next) {
    const loaded = next(url, context)
    if (!url.endsWith('/drizzle-orm/entity.js')) return loaded
    const source = String(loaded.source)
    const walked = source.replace('function is(', 'function isWalked(').replace(/^ *is,?$/m, '')
    // Another version of Drizzle than this was made for runs as it is.
    return walked.includes('isWalked') ? { ...loaded, source: walked + KEPT } : loaded
  },
})
