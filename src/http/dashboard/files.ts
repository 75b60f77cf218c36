// The dashboard's own files, kept by browsers for a year: another content has another address.

import { createRoutes } from '../routes.ts'
import { SCRIPT } from './script.ts'
import { STYLE_BASE } from './style-base.ts'
import { STYLE_PARTS } from './style-parts.ts'

const ICON =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><rect width="24" height="24" rx="6" fill="#0b6e5a"/>' +
  '<path d="M6 15.5h12M9 8.5h6M12 5.5v6" stroke="#fff" stroke-width="2" stroke-linecap="round" fill="none"/></svg>'

const FILES = {
  style: { ending: 'css', type: 'text/css; charset=utf-8', text: STYLE_BASE + STYLE_PARTS },
  script: { ending: 'js', type: 'text/javascript; charset=utf-8', text: SCRIPT },
  icon: { ending: 'svg', type: 'image/svg+xml', text: ICON },
} as const

type Name = keyof typeof FILES

const NAMES = ['style', 'script', 'icon'] as const

/** So many characters of a hash tell two contents apart. */
const HASH_CHARS = 16

async function addressOf(name: Name): Promise<string> {
  const { text, ending } = FILES[name]
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
  const hash = new Uint8Array(digest).toHex().slice(0, HASH_CHARS)
  return `/dashboard/${name}-${hash}.${ending}`
}

let made: Readonly<Record<Name, string>> | undefined

export async function fileAddresses(): Promise<Readonly<Record<Name, string>>> {
  return (made ??= {
    style: await addressOf('style'),
    script: await addressOf('script'),
    icon: await addressOf('icon'),
  })
}

export const files = createRoutes().get('/dashboard/:file', async (c, next) => {
  const addresses = await fileAddresses()
  const name = NAMES.find((each) => addresses[each] === c.req.path)
  if (name === undefined) return next()
  const { text, type } = FILES[name]
  return c.body(text, 200, {
    'content-type': type,
    'cache-control': 'public, max-age=31536000, immutable',
  })
})
