// A page that says no.

import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { AppContext } from '../context.ts'
import { Head, showPage } from './layout.tsx'

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

const TITLES: ReadonlyMap<number, string> = new Map([
  [403, 'Not allowed'],
  [404, 'Not found'],
  [429, 'Too often'],
  [503, 'Not now'],
])

export const showMissing = (c: AppContext): Promise<Response> =>
  showRefusal(c, 404, 'There is nothing at this address.')
