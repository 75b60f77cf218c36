// The reference as it is served: the description, and the pages made of it.

import type { Route } from '../route-facts.ts'
import { makeDocument } from './document.ts'
import { errorPage, errorsPage } from './error-pages.ts'
import { callsPage } from './page.ts'
import { STYLE } from './style.ts'

export type Reference = ReturnType<typeof makeReference>

export function makeReference(routes: readonly Route[]) {
  const document = makeDocument(routes)
  let calls: Promise<string> | undefined
  return {
    json: JSON.stringify(document),
    style: STYLE,
    calls: () => (calls ??= callsPage(document)),
    errors: () => errorsPage(),
    error: (code: string) => errorPage(document, code),
  }
}
