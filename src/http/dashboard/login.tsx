// The way in, by a key of this Makegood, and the way out.

import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { unreachable } from '../../domain/assert.ts'
import { SESSION_HOURS } from '../../domain/limits.ts'
import { openSession, type OpenTrouble } from '../../usecases/open-session.ts'
import type { AppContext } from '../context.ts'
import { noteLetIn } from '../limit-callers.ts'
import { createRoutes } from '../routes.ts'
import { showPage } from './layout.tsx'
import { Field } from './parts.tsx'
import { showRefusal } from './refusal.tsx'
import {
  cookieOf,
  isFromHere,
  limitFormBody,
  ownPath,
  refuseTooOften,
  shownBy,
  whoIs,
} from './session.ts'

export const login = createRoutes()
  .get('/login', async (c) => {
    const to = ownPath(c.req.query('to'), '/')
    const heldBack = await refuseTooOften(c, shownBy(c))
    if (heldBack !== null) return heldBack
    // Who is in already has nothing to do here.
    return (await whoIs(c)).ok ? c.redirect(to, 303) : showLogin(c, to, null)
  })
  .post('/login', limitFormBody, async (c) => {
    const { deps, logFields } = c.var
    if (!isFromHere(c)) {
      logFields.set('reason', 'form_not_own')
      return showRefusal(c, 403, 'This form was not sent by the page of the login.')
    }
    const { key, to } = await c.req.parseBody()
    const typed = typeof key === 'string' ? key.trim() : ''
    const heldBack = await refuseTooOften(c, typed)
    if (heldBack !== null) return heldBack
    const opened = await openSession(deps, typed)
    if (!opened.ok) {
      for (const [field, value] of Object.entries(opened.error)) logFields.set(field, value)
      return showLogin(c, ownPath(to, '/'), refusalOf(opened.error))
    }
    logFields.set('operator', opened.value.operator.name)
    await noteLetIn(c, typed)
    c.header('set-cookie', cookieOf(opened.value.text))
    c.header('cache-control', 'no-store')
    return c.redirect(ownPath(to, '/'), 303)
  })

type Refusal = { readonly status: ContentfulStatusCode; readonly text: string }

/** A prober doesn't learn whether a key was ever one; the log says it. */
function refusalOf(trouble: OpenTrouble): Refusal {
  switch (trouble.reason) {
    case 'key_missing':
    case 'key_unknown':
    case 'key_revoked':
    case 'key_expired':
      return { status: 401, text: 'This is not a key of this Makegood.' }
    case 'no_key_configured':
      return { status: 503, text: 'No key is configured yet: set BOOTSTRAP_KEY.' }
    case 'no_link_key':
      return { status: 503, text: 'Nobody can log in before LINK_KEY is set.' }
    default:
      return unreachable(trouble)
  }
}

const showLogin = (c: AppContext, to: string, refusal: Refusal | null): Promise<Response> =>
  showPage(
    c,
    {
      title: 'Log in',
      section: null,
      status: refusal?.status ?? 200,
      told: refusal && { text: refusal.text, isTrouble: true },
    },
    <div class="door">
      <p class="mark">
        <svg viewBox="0 0 24 24" width="26" height="26" aria-hidden="true">
          <rect width="24" height="24" rx="6" class="mark-ground" />
          <path d="M6 15.5h12M9 8.5h6M12 5.5v6" class="mark-line" />
        </svg>
        Makegood
      </p>
      <h1>Log in with your key</h1>
      <form method="post" action="/login" class="stack">
        <input type="hidden" name="to" value={to} />
        <Field label="Key">
          <input
            type="password"
            name="key"
            required
            autofocus
            autocomplete="current-password"
            spellcheck={false}
            placeholder="ck_mg_…"
          />
        </Field>
        <button class="main">Log in</button>
      </form>
      <p class="note">
        {`A session lasts ${SESSION_HOURS} hours, and ends at once when its key is revoked. Who has no key asks whoever runs this Makegood.`}
      </p>
    </div>,
  )
