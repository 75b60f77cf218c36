// Scripts run on Node, and know the app's routes by type alone (api-client.ts): these four of the Worker's
// types stand in those, and nothing else of the Worker's exists here.

import type * as Worker from '@cloudflare/workers-types'

declare global {
  type D1Database = Worker.D1Database
  /** Answers as Node knows them. */
  type Fetcher = { fetch(input: string | URL | Request, init?: RequestInit): Promise<Response> }
  type Queue<Body = unknown> = Worker.Queue<Body>
  type RateLimit = Worker.RateLimit
}
