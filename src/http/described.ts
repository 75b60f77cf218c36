// `/openapi.json` and `/docs`: every call, made of the schemas that check. Open to everybody. What it takes is
// loaded when it is first asked for, and made once.

import { fail, NOT_FOUND } from './answers.ts'
import type { AppContext } from './context.ts'
import type { Reference } from './reference/serve.ts'
import type { Route } from './route-facts.ts'
import { createRoutes } from './routes.ts'

/** So long a browser may show what it has: a deployment may change it. */
const CACHE = 'public, max-age=300'

const POLICY =
  "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

/** `routes`: of the whole app, once all are there. */
export function createDescribed(routes: () => readonly Route[]) {
  let made: Promise<Reference> | undefined
  const reference = (): Promise<Reference> =>
    (made ??= import('./reference/serve.ts').then(({ makeReference }) => makeReference(routes())))

  return createRoutes()
    .get('/openapi.json', async (c) => {
      c.header('access-control-allow-origin', '*')
      return show(c, (await reference()).json, 'application/json')
    })
    .get('/docs', async (c) => showPage(c, await (await reference()).calls()))
    .get('/docs/style.css', async (c) => show(c, (await reference()).style, 'text/css'))
    .get('/docs/errors', async (c) => showPage(c, await (await reference()).errors()))
    .get('/docs/errors/:code', async (c) => {
      const page = await (await reference()).error(c.req.param('code'))
      return page === null ? fail(c, NOT_FOUND) : showPage(c, page)
    })
}

const showPage = (c: AppContext, page: string): Response => {
  c.header('content-security-policy', POLICY)
  return show(c, page, 'text/html')
}

const show = (c: AppContext, text: string, type: string): Response =>
  c.body(text, 200, { 'content-type': `${type}; charset=utf-8`, 'cache-control': CACHE })
