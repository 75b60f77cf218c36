// A page that says no.

import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { AppContext } from '../context.ts'
import { Head, showPage } from './layout.tsx'

/** Told to who may only write, where no other trouble is. */
export const NEEDS_READ = 'Your key may not read this.'

export function showRefusal(
  c: AppContext,
  status: ContentfulStatusCode,
  text: string,
): Promise<Response> {
  const title = TITLES.get(status) ?? 'This was not done'
  return showPage(
    c,
    { title, section: null, status },
    <div class="door">
      <Head title={title}>{text}</Head>
      <p>
        <a href="/">To the overview</a>
      </p>
    </div>,
  )
}

/** A file is taken from the page that offers it: no other site, and no link, has one made and noted in his name. */
export function refuseElsewhere(c: AppContext): Promise<Response> {
  c.var.logFields.set('reason', 'download_not_own')
  return showRefusal(
    c,
    403,
    'This file is made for who asks on its page. Open the page, and take it there.',
  )
}

const TITLES: ReadonlyMap<number, string> = new Map([
  [403, 'Not allowed'],
  [404, 'Not found'],
  [429, 'Too often'],
  [503, 'Not now'],
])

export const showMissing = (c: AppContext): Promise<Response> =>
  showRefusal(c, 404, 'There is nothing at this address.')
