// What `npm run reconcile` asks of a running Makegood. Trouble becomes one line that says what to do.

import * as z from 'zod'
import { apiOf, within, type Answer, type Api, type ApiPlace } from './api-client.ts'
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

export type Wanted = Parameters<Api['reconciliations']['$post']>[0]['json']

/** `place`: where it runs, and with which key. */
export const begin = (place: ApiPlace, json: Wanted): Promise<Reconciliation> =>
  answerOf(place, reconciliationAnswer, (api) => api.reconciliations.$post({ json }, patience()))

export const look = (place: ApiPlace, id: string): Promise<Reconciliation> =>
  answerOf(place, reconciliationAnswer, (api) =>
    api.reconciliations[':id'].$get({ param: { id } }, patience()),
  )

const reconciliationAnswer = z.object({ data: reconciliation }).transform(({ data }) => data)
const discrepancies = z.object({ data: z.array(discrepancy), nextCursor: z.string().optional() })
const switches = z.object({ data: z.array(pauseSwitch) })

/** Those that are open, newest first, at most DISCREPANCY_PAGES_MAX pages of them. */
export async function openDiscrepancies(place: ApiPlace): Promise<readonly Discrepancy[]> {
  const found: Discrepancy[] = []
  let cursor: string | undefined
  for (let page = 0; page < DISCREPANCY_PAGES_MAX; page++) {
    const query = {
      state: 'open' as const,
      limit: String(PAGE_ROWS),
      ...(cursor === undefined ? {} : { cursor }),
    }
    const { data, nextCursor } = await answerOf(place, discrepancies, (api) =>
      api.discrepancies.$get({ query }, patience()),
    )
    found.push(...data)
    if (nextCursor === undefined) break
    cursor = nextCursor
  }
  return found
}

/** Whether everything is paused, and why: a cause where the product itself did it. */
export async function pausedAll(
  place: ApiPlace,
): Promise<{ readonly cause: string | null } | null> {
  const { data } = await answerOf(place, switches, (api) => api.switches.$get({}, patience()))
  return data.find(({ kind }) => kind === 'all') ?? null
}

const patience = () => within(DEADLINE_MS)

async function answerOf<T>(
  place: ApiPlace,
  schema: z.ZodType<T>,
  ask: (api: Api) => Promise<Answer>,
): Promise<T> {
  const { url } = place
  let response: Answer
  let text: string
  try {
    response = await ask(apiOf(place))
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
