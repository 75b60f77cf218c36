// What a person sees where a link doesn't lead on: a page of its own, without a script, with nothing of the
// request or the invoice in it. Its texts are here, and nowhere else.

import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { AppContext } from './context.ts'

export type LinkPage = {
  readonly status: ContentfulStatusCode
  readonly title: string
  readonly text: string
  readonly isWorthTrying?: true
  readonly retryAfterSeconds?: number
}

const STYLE =
  ':root{color-scheme:light dark}body{font:1.125rem/1.6 system-ui,sans-serif;max-width:34rem;margin:15vh auto;' +
  'padding:0 1.5rem}h1{font-size:1.5rem;line-height:1.3;text-wrap:balance}a{color:LinkText}'

/** Of STYLE; a test keeps the two together. */
const STYLE_HASH = 'sha256-EB/KSnG5U+wq0Fa2N+3+68+cEwN+SMhO1MQ/UCXPBz4='

const POLICY = [
  "default-src 'none'",
  `style-src '${STYLE_HASH}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

export function showPage(c: AppContext, page: LinkPage): Response {
  const { status, title, text, isWorthTrying, retryAfterSeconds } = page
  c.header('content-security-policy', POLICY)
  if (retryAfterSeconds !== undefined) c.header('retry-after', String(retryAfterSeconds))
  const again = isWorthTrying ? '<p><a href="">Try again</a></p>' : ''
  return c.html(
    `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${title}</title>` +
      '<meta name="viewport" content="width=device-width"><meta name="robots" content="noindex">' +
      `<style>${STYLE}</style></head><body><main><h1>${title}</h1><p>${text}</p>${again}</main></body></html>`,
    status,
  )
}
