// The short links. Nothing of a request but the slug decides where a link leads; who asks decides only
// whether he is led there (docs/links.md), and whether he reads a page or JSON.

import { agentOf, takesPages } from '../domain/agent.ts'
import { unreachable } from '../domain/assert.ts'
import { networkOf } from '../domain/client-network.ts'
import { LINK_MISSES_SECONDS, LINK_RETRY_AFTER_SECONDS } from '../domain/limits-links.ts'
import { thrownFields } from '../log.ts'
import { noteOpening } from '../usecases/note-opening.ts'
import type { After } from '../usecases/fetch-address.ts'
import { findOpenLink, openLink, type LinkTrouble } from '../usecases/open-link.ts'
import { fail, TRY_AGAIN, wrongMethod, type Failure } from './answers.ts'
import type { AppContext } from './context.ts'
import { showPage, type LinkPage } from './link-pages.ts'
import { createRoutes } from './routes.ts'

/** Whatever stands behind the path is a slug, also where none could be so, and where nothing is. */
const SLUG = '/:slug{[^]*}'

export const links = createRoutes()
  .use(async (c, next) => {
    await next()
    // `c.header` would copy the whole answer for each of them.
    const { headers } = c.res
    headers.set('cache-control', 'no-store')
    headers.set('referrer-policy', 'no-referrer')
    headers.set('x-robots-tag', 'noindex')
  })
  .get('/', (c) => click(c, ''))
  .get(SLUG, (c) => click(c, c.req.param('slug')))
  .all(SLUG, (c) => {
    c.header('allow', 'GET, HEAD')
    return say(c, WRONG_METHOD)
  })
  .onError((error, c) => {
    c.var.deps.log({ event: 'alarm.request_threw', ...thrownFields(error) })
    return say(c, NOT_NOW)
  })

async function click(c: AppContext, slug: string): Promise<Response> {
  const { deps, logFields } = c.var
  const agent = agentOf(c.req.raw.headers)
  logFields.set('agent', agent)
  if (agent === 'preview' || agent === 'prefetch' || c.req.method === 'HEAD') {
    const found = await findOpenLink(deps, slug)
    if (!found.ok) return refuse(c, found.error)
    return showPage(c, agent === 'prefetch' ? NOT_AHEAD : CLICK_TO_OPEN)
  }
  const after = afterTheAnswer(c)
  const opened = await openLink(deps, slug, after)
  if (!opened.ok) return refuse(c, opened.error)
  noteOpening(deps, opened.value.link, agent, after)
  return c.redirect(opened.value.url, 302)
}

const CLICK_TO_OPEN: LinkPage = {
  status: 200,
  title: 'A document',
  text: 'Open this link in a browser to see it. If this is one, ask for the document itself.',
}

/** A browser uses what it has fetched ahead in place of the click, unless that was refused. */
const NOT_AHEAD: LinkPage = { ...CLICK_TO_OPEN, status: 403 }

function afterTheAnswer(c: AppContext): After {
  const { deps, requestId } = c.var
  return (work) =>
    c.executionCtx.waitUntil(
      work().catch((error: unknown) => {
        deps.log({ event: 'alarm.link_write_failed', requestId, ...thrownFields(error) })
      }),
    )
}

async function refuse(c: AppContext, trouble: LinkTrouble): Promise<Response> {
  const { logFields } = c.var
  for (const [field, value] of Object.entries(trouble)) logFields.set(field, value)
  const isOften = trouble.reason === 'unknown' && (await missesOften(c))
  return say(c, isOften ? TOO_MANY : answerFor(trouble))
}

const say = (c: AppContext, { failure, ...page }: Answer): Response =>
  takesPages(c.req.raw.headers) ? showPage(c, { ...failure, ...page }) : fail(c, failure)

/**
 * Asked only about a miss, so that nobody who has a link is kept from it by his neighbours. A limiter that fails
 * holds nobody back: no guess gets anywhere.
 */
async function missesOften(c: AppContext): Promise<boolean> {
  const { deps } = c.var
  const network = networkOf(c.req.header('cf-connecting-ip') ?? '')
  try {
    return !(await deps.mayMiss(network))
  } catch (error) {
    deps.log({ event: 'link_limiter_failed', ...thrownFields(error) })
    return false
  }
}

/** As JSON, and in the words of the page for people. */
type Answer = { readonly failure: Failure } & Pick<LinkPage, 'title' | 'text' | 'isWorthTrying'>

const TOO_OFTEN =
  'Many links that do not exist were asked for from your network. Try again in a minute.'

const TOO_MANY: Answer = {
  failure: {
    status: 429,
    type: 'rate_limit_error',
    code: 'too_many_misses',
    message: TOO_OFTEN,
    retryAfterSeconds: LINK_MISSES_SECONDS,
  },
  title: 'Too many wrong links',
  text: TOO_OFTEN,
}

const WRONG_METHOD: Answer = {
  failure: wrongMethod('GET, HEAD'),
  title: 'This link can only be opened',
  text: 'Open it in a browser.',
}

const NOT_NOW: Answer = {
  failure: {
    ...TRY_AGAIN,
    message: 'The document can not be fetched right now. Try again in a minute.',
    retryAfterSeconds: LINK_RETRY_AFTER_SECONDS,
  },
  title: 'The document cannot be fetched right now',
  text: 'This is not because of your link. Try again in a minute.',
  isWorthTrying: true,
}

function answerFor(trouble: LinkTrouble): Answer {
  switch (trouble.reason) {
    case 'unknown':
      return {
        failure: {
          status: 404,
          type: 'not_found_error',
          code: 'link_not_found',
          message: 'There is no such link.',
        },
        title: 'There is no such link',
        text: 'Check that the whole address was copied, up to its last character.',
      }
    case 'expired':
    case 'invoice_gone':
    case 'revoked':
      return {
        failure: {
          status: 410,
          type: 'not_found_error',
          code: 'link_gone',
          message: 'This link is no longer valid.',
        },
        title: 'This link is no longer valid',
        text: 'Ask whoever gave it to you for another one.',
      }
    case 'billing_unavailable':
    case 'target_refused':
    case 'storage_slow':
      return NOT_NOW
    default:
      return unreachable(trouble)
  }
}
