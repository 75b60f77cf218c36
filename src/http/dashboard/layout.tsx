// What every page has around it.

import type { Child } from 'hono/jsx'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { Mode } from '../../domain/event.ts'
import type { Operator } from '../../domain/operator.ts'
import type { AppContext } from '../context.ts'
import { fileAddresses } from './files.ts'
import { Form, type Clock } from './parts.tsx'

const SECTIONS = [
  ['/', 'Overview'],
  ['/inbox', 'Inbox'],
  ['/events', 'Events'],
  ['/adjustments', 'Adjustments'],
  ['/rules', 'Rules'],
  ['/audit', 'Audit log'],
  ['/endpoints', 'Endpoints'],
  ['/settings', 'Settings'],
] as const

export type Section = (typeof SECTIONS)[number][1]

/** Nothing but what this Worker serves itself, and no script or style within a page. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ')

export const clockOf = ({ var: { deps } }: AppContext): Clock => ({
  now: deps.now(),
  timeZone: deps.config.timeZone,
})

type Page = {
  readonly title: string
  /** Null outside of a session. */
  readonly section: Section | null
  readonly status?: ContentfulStatusCode
  /** What has just been done, or was not. */
  readonly told?: { readonly text: string; readonly isTrouble: boolean } | null
  /** Whether the page asks for itself again while it is open. */
  readonly isLive?: boolean
}

export async function showPage(c: AppContext, page: Page, content: Child): Promise<Response> {
  c.header('content-security-policy', POLICY)
  c.header('cache-control', 'no-store')
  const addresses = await fileAddresses()
  const { deps } = c.var
  const inside = page.section !== null
  const shown = (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <title>{`${page.title} · Makegood`}</title>
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="robots" content="noindex" />
        <meta name="color-scheme" content="light dark" />
        <link rel="icon" href={addresses.icon} type="image/svg+xml" />
        <link rel="stylesheet" href={addresses.style} />
        <script src={addresses.script} defer></script>
      </head>
      <body class={inside ? 'inside' : 'outside'} data-live={page.isLive ? 'yes' : null}>
        <a class="skip" href="#main">
          To the content
        </a>
        {inside ? (
          <Bar
            section={page.section}
            operator={c.var.operator}
            token={c.var.formToken}
            mode={deps.billing?.mode ?? null}
          />
        ) : null}
        <main id="main" tabindex={-1}>
          {page.told ? (
            <p class={`told ${page.told.isTrouble ? 'is-bad' : 'is-good'}`} role="status">
              {page.told.text}
            </p>
          ) : null}
          {content}
        </main>
      </body>
    </html>
  )
  return c.html(`<!doctype html>${shown.toString()}`, page.status ?? 200)
}

const Bar = (props: {
  section: Section | null
  operator: Operator
  token: string
  mode: Mode | null
}) => (
  <header class="bar">
    <a class="mark" href="/">
      <svg viewBox="0 0 24 24" width="22" height="22" aria-hidden="true">
        <rect width="24" height="24" rx="6" class="mark-ground" />
        <path d="M6 15.5h12M9 8.5h6M12 5.5v6" class="mark-line" />
      </svg>
      Makegood
    </a>
    <nav aria-label="Pages of the dashboard">
      {SECTIONS.map(([href, name]) => (
        <a href={href} aria-current={name === props.section ? 'page' : null}>
          {name}
        </a>
      ))}
    </nav>
    <div class="who">
      {props.mode === 'live' ? null : (
        <span class="mode">{props.mode === 'test' ? 'Sandbox' : 'No billing API'}</span>
      )}
      <span class="who-name" title={`Scopes: ${props.operator.scopes.join(', ')}`}>
        {props.operator.name}
      </span>
      <Form action="/logout" token={props.token}>
        <button class="quiet">Log out</button>
      </Form>
    </div>
  </header>
)

/** The head of a page: what it is, and a sentence on what it is for. */
export const Head = ({ title, children }: { title: string; children?: Child }) => (
  <div class="head">
    <h1>{title}</h1>
    {children === undefined ? null : <p>{children}</p>}
  </div>
)
