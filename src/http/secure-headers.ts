import { createMiddleware } from 'hono/factory'
import type { AppEnv } from './context.ts'

/** What Hono's own middleware of this name sets by default; the rest of it has settings that nobody makes here. */
const HEADERS = Object.entries({
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Origin-Agent-Cluster': '?1',
  'Referrer-Policy': 'no-referrer',
  'Strict-Transport-Security': 'max-age=15552000; includeSubDomains',
  'X-Content-Type-Options': 'nosniff',
  'X-DNS-Prefetch-Control': 'off',
  'X-Download-Options': 'noopen',
  'X-Frame-Options': 'SAMEORIGIN',
  'X-Permitted-Cross-Domain-Policies': 'none',
  'X-XSS-Protection': '0',
})

/** On every answer, over whatever a handler has set. */
export const secureHeaders = createMiddleware<AppEnv>(async (c, next) => {
  await next()
  for (const [name, value] of HEADERS) c.res.headers.set(name, value)
})
