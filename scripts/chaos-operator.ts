// What a person would do at the app and at the sandbox during a chaos run, and what one sees there: faults on
// and off, paused rules resumed, unknown outcomes looked up, what has failed sent again.

import * as z from 'zod'
import type { FaultSetting } from '../sandbox/every-fault.ts'
import { apiOf, within, type Answer } from './api-client.ts'
import type { ChaosStack } from './chaos-stack.ts'
import {
  ledgerInvoiceSchema,
  toldAdjustmentSchema,
  toldEventSchema,
  type LedgerInvoice,
  type ToldAdjustment,
  type ToldEvent,
} from './chaos-told.ts'
import { Trouble } from './trouble.ts'

type Place = Pick<ChaosStack, 'appUrl' | 'sandboxUrl' | 'secrets'>

const PAGES_MAX = 5_000
const CALL_MS_MAX = 30_000

export type Asked = { readonly status: number; readonly body: unknown }

async function ask(url: string, init: RequestInit = {}): Promise<Asked> {
  const signal = AbortSignal.timeout(CALL_MS_MAX)
  const response = await fetch(url, { ...init, signal })
  return { status: response.status, body: await response.json() }
}

const asJson = (method: string, body: unknown): RequestInit => ({
  method,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
})

/** The app, asked as its operator would. */
const appOf = ({ appUrl, secrets }: Place) =>
  apiOf({ url: appUrl, key: secrets['BOOTSTRAP_KEY'] ?? '' })
const patience = () => within(CALL_MS_MAX)

export async function setFaults({ sandboxUrl }: Place, faults: readonly FaultSetting[]) {
  const { status, body } = await ask(`${sandboxUrl}/sandbox/faults`, asJson('PUT', { faults }))
  if (status !== 200) throw new Trouble(`the sandbox refuses the faults: ${JSON.stringify(body)}`)
}

export const setSandboxClock = ({ sandboxUrl }: Place, nowMs: number): Promise<Asked> =>
  ask(`${sandboxUrl}/sandbox/clock`, asJson('POST', { now: new Date(nowMs).toISOString() }))

const requestsSchema = z.object({
  requests: z.array(
    z.object({
      requestId: z.string(),
      method: z.string(),
      path: z.string(),
      faults: z.array(z.string()),
    }),
  ),
})
export type SeenCall = z.output<typeof requestsSchema>['requests'][number]

/** The last calls of the billing API, the newest first. */
export async function seenCalls({ sandboxUrl }: Place): Promise<SeenCall[]> {
  return requestsSchema.parse((await ask(`${sandboxUrl}/sandbox/requests`)).body).requests
}

const pageSchema = z.object({ data: z.array(z.unknown()), nextCursor: z.string().optional() })

type PageQuery = { readonly limit: string; readonly cursor?: string }

async function listAll<Row>(
  what: string,
  row: z.ZodType<Row>,
  ask: (query: PageQuery) => Promise<Answer>,
): Promise<Row[]> {
  const rows: Row[] = []
  let cursor: string | undefined
  for (let page = 0; page < PAGES_MAX; page++) {
    const answer = await ask({ limit: '100', ...(cursor === undefined ? {} : { cursor }) })
    if (answer.status !== 200) throw new Trouble(`the list of ${what} answered ${answer.status}`)
    const { data, nextCursor } = pageSchema.parse(await answer.json())
    rows.push(...z.array(row).parse(data))
    if (nextCursor === undefined) return rows
    cursor = nextCursor
  }
  throw new Trouble(`the list of ${what} has more than ${PAGES_MAX} pages`)
}

export const listEvents = (place: Place): Promise<ToldEvent[]> =>
  listAll('events', toldEventSchema, (query) => appOf(place).events.$get({ query }, patience()))

export const listAdjustments = (place: Place): Promise<ToldAdjustment[]> =>
  listAll('adjustments', toldAdjustmentSchema, (query) =>
    appOf(place).adjustments.$get({ query }, patience()),
  )

/** Of the billing API's sandbox. */
const listThere = <Row>(
  { sandboxUrl, secrets }: Place,
  what: 'invoices' | 'customers',
  row: z.ZodType<Row>,
): Promise<Row[]> =>
  listAll(what, row, (query) =>
    fetch(`${sandboxUrl}/api/v1/${what}?${new URLSearchParams(query)}`, {
      headers: { 'x-api-key': secrets['COMMET_API_KEY'] ?? '' },
      signal: AbortSignal.timeout(CALL_MS_MAX),
    }),
  )

/** Every invoice, whoever made it. */
export const listLedger = (place: Place): Promise<LedgerInvoice[]> =>
  listThere(place, 'invoices', ledgerInvoiceSchema)

const customerSchema = z.object({ id: z.string(), externalId: z.string().nullish() })

/** The billing API's ids, by external id. */
export async function listCustomers(place: Place): Promise<ReadonlyMap<string, string>> {
  const rows = await listThere(place, 'customers', customerSchema)
  return new Map(rows.flatMap(({ id, externalId }) => (externalId ? [[externalId, id]] : [])))
}

const switchesSchema = z.object({
  data: z.array(z.object({ kind: z.string(), key: z.string().nullable() })),
})

/** A rule pauses itself when it was answered otherwise than it asked. Answers how many it resumed. */
export async function resumeRules(place: Place): Promise<number> {
  const { switches } = appOf(place)
  const { data } = switchesSchema.parse(await (await switches.$get({}, patience())).json())
  for (const { kind, key } of data) {
    const param = { kind, key: key ?? '' }
    await (await switches[':kind'][':key?'].$delete({ param }, patience())).text()
  }
  return data.length
}

/** He looks at the billing API: what is there is adopted, all else is sent again. */
export async function answerUnknown(
  place: Place,
  held: readonly ToldAdjustment[],
  ledger: readonly LedgerInvoice[],
): Promise<void> {
  const one = appOf(place).adjustments[':id']
  for (const { id, version } of held) {
    const found = ledger.find(({ metadata }) => metadata?.['makegood_adjustment_id'] === id)
    const param = { id }
    // A refusal is no trouble: he looks again on his next round.
    const answer = await (found
      ? one.adopt.$post({ param, json: { version, invoiceId: found.id } }, patience())
      : one.requeue.$post({ param, json: { version, looked: true } }, patience()))
    await answer.text()
  }
}

export async function requeueFailed(place: Place): Promise<void> {
  const json = { state: 'failed' } as const
  await (await appOf(place).adjustments.requeue.$post({ json }, patience())).text()
}
