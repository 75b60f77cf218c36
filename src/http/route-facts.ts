// What a handler asks of a request, kept beside it: the reference is made of what really checks, and can't
// say anything else.

import type * as z from 'zod/mini'
import type { Scope } from '../domain/operator.ts'

export type Condition = 'If-Match' | 'If-None-Match'

export type RouteFact =
  /** Not too many calls in too short a time. */
  | { readonly asks: 'patience' }
  /** Or a login. */
  | { readonly asks: 'key' }
  | { readonly asks: 'scope'; readonly scopes: readonly Scope[] }
  | { readonly asks: 'query'; readonly schema: z.core.$ZodType }
  | { readonly asks: 'header'; readonly name: string; readonly schema: z.core.$ZodType }
  /** A header by which a call that is made again is answered again, of the calls that have one. */
  | {
      readonly asks: 'once'
      readonly name: string
      readonly schema: z.core.$ZodType
      readonly isOf: (method: string, path: string) => boolean
    }
  /** Headers by which nothing is done where it is otherwise than the caller has seen it. */
  | { readonly asks: 'condition'; readonly names: readonly Condition[] }
  | {
      readonly asks: 'json'
      readonly schema: z.core.$ZodType
      readonly bytesMax: number
      /** Nothing has to be in it. */
      readonly mayBeMissing: boolean
    }
  /** A body of a type that the handler reads itself. */
  | { readonly asks: 'bytes'; readonly bytesMax: number }

type Handler = (...given: never) => unknown

const known = new WeakMap<Handler, RouteFact>()

export function asking<Handled extends Handler>(fact: RouteFact, handler: Handled): Handled {
  known.set(handler, fact)
  return handler
}

export type Route = { readonly method: string; readonly path: string; readonly handler: Handler }

const isMiddleware = ({ method, path }: Route): boolean => method === 'ALL' && path.endsWith('*')

/** Of each route, as `GET /api/v1/events/:id`: what it asks, with what is asked before it. */
export function factsByRoute(routes: readonly Route[]): ReadonlyMap<string, readonly RouteFact[]> {
  const before = routes.filter(isMiddleware)
  const found = new Map<string, RouteFact[]>()
  for (const route of routes) {
    if (isMiddleware(route)) continue
    const name = `${route.method} ${route.path}`
    const facts =
      found.get(name) ??
      before
        .filter(({ path }) => `${route.path}/`.startsWith(path.slice(0, -1)))
        .flatMap(({ handler }) => known.get(handler) ?? [])
        .filter((fact) => fact.asks !== 'once' || fact.isOf(route.method, route.path))
    found.set(name, [...facts, ...[known.get(route.handler) ?? []].flat()])
  }
  return found
}
