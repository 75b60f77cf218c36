// What a person would do at the app and at the sandbox during a chaos run, and what one sees there: faults on
// and off, paused rules resumed, unknown outcomes looked up, what has failed sent again.

import * as z from 'zod'
import type { FaultSetting } from '../sandbox/every-fault.ts'
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

const asJson = (method: string, body: unknown, key = ''): RequestInit => ({
  method,
  headers: { 'content-type': 'application/json', 'x-api-key': key },
  body: JSON.stringify(body),
})

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

async function listAll<Row>(
  address: string,
  key: string | undefined,
  row: z.ZodType<Row>,
): Promise<Row[]> {
  const rows: Row[] = []
  let cursor = ''
  for (let page = 0; page < PAGES_MAX; page++) {
    const { status, body } = await ask(`${address}?limit=100${cursor}`, {
      headers: { 'x-api-key': key ?? '' },
    })
    if (status !== 200) throw new Trouble(`${address} answered ${status}`)
    const { data, nextCursor } = pageSchema.parse(body)
    rows.push(...z.array(row).parse(data))
    if (nextCursor === undefined) return rows
    cursor = `&cursor=${encodeURIComponent(nextCursor)}`
  }
  throw new Trouble(`${address} has more than ${PAGES_MAX} pages`)
}

export const listEvents = ({ appUrl, secrets }: Place): Promise<ToldEvent[]> =>
  listAll(`${appUrl}/api/v1/events`, secrets['BOOTSTRAP_KEY'], toldEventSchema)

export const listAdjustments = ({ appUrl, secrets }: Place): Promise<ToldAdjustment[]> =>
  listAll(`${appUrl}/api/v1/adjustments`, secrets['BOOTSTRAP_KEY'], toldAdjustmentSchema)

/** Every invoice, whoever made it. */
export const listLedger = ({ sandboxUrl, secrets }: Place): Promise<LedgerInvoice[]> =>
  listAll(`${sandboxUrl}/api/v1/invoices`, secrets['COMMET_API_KEY'], ledgerInvoiceSchema)

const customerSchema = z.object({ id: z.string(), externalId: z.string().nullish() })

/** The billing API's ids, by external id. */
export async function listCustomers(place: Place): Promise<ReadonlyMap<string, string>> {
  const address = `${place.sandboxUrl}/api/v1/customers`
  const rows = await listAll(address, place.secrets['COMMET_API_KEY'], customerSchema)
  return new Map(rows.flatMap(({ id, externalId }) => (externalId ? [[externalId, id]] : [])))
}

const switchesSchema = z.object({
  data: z.array(z.object({ kind: z.string(), key: z.string().nullable() })),
})

/** A rule pauses itself when it was answered otherwise than it asked. Answers how many it resumed. */
export async function resumeRules({ appUrl, secrets }: Place): Promise<number> {
  const headers = { 'x-api-key': secrets['BOOTSTRAP_KEY'] ?? '' }
  const { body } = await ask(`${appUrl}/api/v1/switches`, { headers })
  const { data } = switchesSchema.parse(body)
  for (const { kind, key } of data) {
    await ask(`${appUrl}/api/v1/switches/${kind}/${key ?? ''}`, { method: 'DELETE', headers })
  }
  return data.length
}

/** He looks at the billing API: what is there is adopted, all else is sent again. */
export async function answerUnknown(
  place: Place,
  held: readonly ToldAdjustment[],
  ledger: readonly LedgerInvoice[],
): Promise<void> {
  const { appUrl, secrets } = place
  for (const { id, version } of held) {
    const found = ledger.find(({ metadata }) => metadata?.['makegood_adjustment_id'] === id)
    const [verb, body] = found
      ? ['adopt', { version, invoiceId: found.id }]
      : ['requeue', { version, looked: true }]
    const address = `${appUrl}/api/v1/adjustments/${id}/${verb}`
    // A refusal is no trouble: he looks again on his next round.
    await ask(address, asJson('POST', body, secrets['BOOTSTRAP_KEY']))
  }
}

export const requeueFailed = ({ appUrl, secrets }: Place): Promise<Asked> =>
  ask(
    `${appUrl}/api/v1/adjustments/requeue`,
    asJson('POST', { state: 'failed' }, secrets['BOOTSTRAP_KEY']),
  )
