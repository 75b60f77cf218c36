// Which methods an address takes, told by the routes themselves.

import { TrieRouter } from 'hono/router/trie-router'

type Route = { readonly method: string; readonly path: string }

/** `routes`: of the whole app; they are asked for once, when all are there. */
export function createAllowedMethods(routes: () => readonly Route[]) {
  let known: ReturnType<typeof indexOf> | undefined
  return (path: string): readonly string[] => {
    known ??= indexOf(routes())
    const { router, methods } = known
    const found = methods.filter((method) => router.match(method, path)[0].length > 0)
    return found.includes('GET') ? [...found, 'HEAD'] : found
  }
}

/** What stands before all methods takes none by itself, or refuses the others in its own words. */
function indexOf(routes: readonly Route[]) {
  const router = new TrieRouter<true>()
  const own = routes.filter(({ method }) => method !== 'ALL')
  for (const { method, path } of own) router.add(method, path, true)
  return { router, methods: [...new Set(own.map(({ method }) => method))].toSorted() }
}
