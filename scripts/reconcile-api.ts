// What `npm run reconcile` asks of a running Makegood. Trouble becomes one line that says what to do.

import * as z from 'zod'
import { Trouble } from './trouble.ts'

const DEADLINE_MS = 120_000
const PAGE_ROWS = 100
/** Of open discrepancies that are shown. */
const DISCREPANCY_PAGES_MAX = 20

const reconciliation = z.object({
  id: z.string(),
  mode: z.string(),
  since: z.string(),
  until: z.string(),
  phase: z.string().nullable(),
  finishedAt: z.string().nullable(),
  outcome: z.string().nullable(),
  counts: z.object({ invoices: z.int(), adopted: z.int(), statuses: z.int(), calls: z.int() }),
  sums: z
    .array(
      z.object({
        day: z.string(),
        currency: z.string(),
        recorded: z.int(),
        invoiced: z.int(),
      }),
    )
    .nullable(),
})
export type Reconciliation = z.infer<typeof reconciliation>

const discrepancy = z.object({
  id: z.string(),
  reason: z.string(),
  meaning: z.string(),
  todo: z.string(),
  adjustmentId: z.string().nullable(),
  eventId: z.string().nullable(),
  invoiceId: z.string().nullable(),
  day: z.string().nullable(),
  currency: z.string().nullable(),
  expected: z.int(),
  found: z.int(),
  fields: z.array(z.string()),
})
export type Discrepancy = z.infer<typeof discrepancy>

const pauseSwitch = z.object({ kind: z.string(), cause: z.string().nullable() })

const failure = z.object({ error: z.object({ code: z.string(), message: z.string() }) })

export type Api = {
  /** Without a slash at its end. */
  readonly url: string
  readonly key: string
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>
}

/** `body`: as `POST /api/v1/reconciliations` takes it. */
export const begin = (api: Api, body: object): Promise<Reconciliation> =>
  call(api, 'POST', '/reconciliations', z.object({ data: reconciliation }), body).then(
    ({ data }) => data,
  )

export const look = (api: Api, id: string): Promise<Reconciliation> =>
  call(api, 'GET', `/reconciliations/${id}`, z.object({ data: reconciliation })).then(
    ({ data }) => data,
  )

/** Those that are open, newest first, at most DISCREPANCY_PAGES_MAX pages of them. */
export async function openDiscrepancies(api: Api): Promise<readonly Discrepancy[]> {
  const found: Discrepancy[] = []
  let cursor = ''
  for (let page = 0; page < DISCREPANCY_PAGES_MAX; page++) {
    const path = `/discrepancies?state=open&limit=${PAGE_ROWS}${cursor}`
    const schema = z.object({ data: z.array(discrepancy), nextCursor: z.string().optional() })
    const { data, nextCursor } = await call(api, 'GET', path, schema)
    found.push(...data)
    if (nextCursor === undefined) break
    cursor = `&cursor=${nextCursor}`
  }
  return found
}

/** Whether everything is paused, and why: a cause where the product itself did it. */
export async function pausedAll(api: Api): Promise<{ readonly cause: string | null } | null> {
  const { data } = await call(api, 'GET', '/switches', z.object({ data: z.array(pauseSwitch) }))
  return data.find(({ kind }) => kind === 'all') ?? null
}

async function call<T>(
  { url, key, fetch: send }: Api,
  method: string,
  path: string,
  schema: z.ZodType<T>,
  body?: object,
): Promise<T> {
  let response: Response
  let text: string
  try {
    response = await send(`${url}/api/v1${path}`, {
      method,
      headers: { 'x-api-key': key, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      redirect: 'manual',
      signal: AbortSignal.timeout(DEADLINE_MS),
    })
    text = await response.text()
  } catch {
    throw new Trouble(`nothing answers at ${url}; is it running, and is --url its address?`)
  }
  const json = jsonOf(text)
  const parsed = response.ok ? schema.safeParse(json) : null
  if (parsed?.success) return parsed.data
  const refused = failure.safeParse(json)
  if (!refused.success)
    throw new Trouble(`${url} answered ${response.status}, and not as Makegood does`)
  throw new Trouble(`${refused.data.error.code}: ${refused.data.error.message}`)
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
