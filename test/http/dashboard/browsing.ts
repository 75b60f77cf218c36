// A person at the dashboard, as far as tests without a browser need one: he keeps his cookie, follows nothing by
// himself, and sends the forms that the page shows him.

import type { Deps } from '../../../src/deps.ts'
import { BOOTSTRAP, SCOPES, type Scope } from '../../../src/domain/operator.ts'
import { createApp } from '../../../src/http/app.ts'
import { makeKey } from '../../../src/usecases/make-key.ts'

export const ORIGIN = 'https://makegood.example'

export type Answer = {
  readonly status: number
  readonly headers: Headers
  readonly html: string
  /** Where it leads, without the host. */
  readonly location: string | null
  /** What a reader sees: no tags, entities as they are meant, one blank between words. */
  readonly text: string
}

/** As a browser says of a form that the page itself sends. */
export const FROM_HERE = { origin: ORIGIN, 'sec-fetch-site': 'same-origin' }

export function createPerson(depsOf: () => Deps) {
  const app = createApp(depsOf)
  let cookie = ''
  const ask = async (path: string, init: RequestInit = {}): Promise<Answer> => {
    const headers = { ...(cookie === '' ? {} : { cookie }), ...init.headers }
    const response = await app.request(ORIGIN + path, { redirect: 'manual', ...init, headers })
    const set = response.headers.get('set-cookie')
    if (set !== null) cookie = set.split(';')[0] ?? ''
    const html = await response.text()
    const location = response.headers.get('location')
    return {
      status: response.status,
      headers: response.headers,
      html,
      location,
      text: readable(html),
    }
  }
  /** A file, as it comes. */
  const bytes = async (path: string): Promise<Response> =>
    await app.request(ORIGIN + path, { headers: { cookie, ...FROM_HERE } })
  const send = (path: string, fields: Record<string, string>, headers: object = FROM_HERE) =>
    ask(path, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      body: new URLSearchParams(fields).toString(),
    })
  return {
    ask,
    bytes,
    send,
    cookie: () => cookie,
    setCookie: (text: string) => (cookie = text),
    logIn: (key: string, to = '/') => send('/login', { key, to }),
    /** The form of this address on this page, with what he types; null where the page doesn't offer it. */
    async submit(page: string, action: string, typed: Record<string, string> = {}) {
      const { html } = await ask(page)
      const fields = formOf(html, action)
      return fields === null ? null : send(action, { ...fields, ...typed })
    },
  }
}

export type Person = ReturnType<typeof createPerson>

/** The hidden fields of the form with this action; null where there is none. */
export function formOf(html: string, action: string): Record<string, string> | null {
  const [, form] =
    new RegExp(`<form[^>]* action="${action}"[^>]*>(.*?)</form>`, 's').exec(html) ?? []
  if (form === undefined) return null
  const hidden = form.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"\/>/g)
  return Object.fromEntries(
    [...hidden].map(([, name = '', value = '']) => [name, unescaped(value)]),
  )
}

const unescaped = (text: string): string =>
  text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&')

const readable = (html: string): string =>
  unescaped(html.replaceAll(/<head>.*?<\/head>/gs, '').replaceAll(/<[^>]*>/g, ' '))
    .replaceAll(/\s+/g, ' ')
    .trim()

export async function keyOf(
  deps: Deps,
  name: string,
  scopes: readonly Scope[] = SCOPES,
): Promise<{ id: `key_${string}`; secret: string }> {
  const wanted = { name, email: `${name}@saas.example`, scopes, expiresAt: null }
  const made = await makeKey(deps, wanted, BOOTSTRAP)
  if (!made.ok) throw new Error(made.error.reason)
  return { id: made.value.key.id, secret: made.value.secret }
}
