// One call of the billing API: checks what is asked, sends it once, and reads the answer into a Result.

import * as z from 'zod/mini'
import { BILLING_ID_CHARS_MAX, IDEMPOTENCY_KEY_CHARS_MAX } from '../domain/limits.ts'
import { err, ok, type Result } from '../domain/result.ts'
import { COMMET_VERSION } from './contract.ts'
import { exchange, type Arrival } from '../exchange.ts'
import {
  type BillingError,
  type Call,
  noAnswer,
  notSent,
  refused,
  requestIdOf,
  unusable,
} from './trouble.ts'

/** `hasMore` and `nextCursor` are false and null for everything but a page of a list. */
export type BillingAnswer<T> = {
  readonly data: T
  readonly requestId: string | null
  readonly hasMore: boolean
  readonly nextCursor: string | null
}

export type BillingResult<T> = Promise<Result<BillingAnswer<T>, BillingError>>

/**
 * The key: printable ASCII without spaces, at most 255; Commet replays the first answer to it for 24 hours.
 * `seen`: who hands the answer on gets it as it arrived, whatever is made of it.
 */
export type WriteOptions = {
  readonly idempotencyKey: string
  readonly seen?: (arrival: Arrival) => void
}

export type Query = Readonly<Record<string, string | number>>

export type Target = {
  /** A path below `/api/v1` in which `{id}` stands for the id. */
  readonly path: string
  readonly id?: string
  readonly query?: Query
}

type Write<T> = Target &
  WriteOptions & {
    readonly method: 'POST' | 'PUT' | 'DELETE'
    readonly answer: z.core.$ZodType<T>
    readonly body?: unknown
    /** What `body` must be like for anything to be sent. */
    readonly request?: z.core.$ZodType
  }

export type Asker = {
  readonly read: <T>(target: Target & { readonly answer: z.core.$ZodType<T> }) => BillingResult<T>
  /** A list that pages: an answer that doesn't say whether there is more is no answer. */
  readonly page: <T>(target: Target & { readonly row: z.core.$ZodType<T> }) => BillingResult<T[]>
  readonly write: <T>(write: Write<T>) => BillingResult<T>
}

export type Connection = {
  readonly baseUrl: string
  readonly apiKey: string
  readonly fetch: typeof fetch
  readonly deadlineMs: number
}

/** What is about to be sent. */
export type Asking = Target & {
  readonly call: Call
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly headers: Record<string, string>
  readonly body: string | null
}

type Asked<T> = Asking & {
  readonly envelope: z.core.$ZodType<Envelope<T>>
  readonly seen?: WriteOptions['seen']
}

type Envelope<T> = {
  data: T
  hasMore?: boolean | undefined
  nextCursor?: string | null | undefined
}

export function createAsker(connection: Connection): Asker {
  return {
    read: ({ answer, ...target }) => get(connection, target, single(answer)),
    page: ({ row, ...target }) => get(connection, target, paged(row)),
    write: (write) => send(connection, write),
  }
}

const single = <T>(data: z.core.$ZodType<T>) => z.object({ success: z.literal(true), data })

const paged = <T>(row: z.core.$ZodType<T>) =>
  z
    .object({
      success: z.literal(true),
      data: z.array(row),
      hasMore: z.boolean(),
      nextCursor: z.nullish(z.string().check(z.minLength(1))),
    })
    .check(
      z.refine((page) => !page.hasMore || typeof page.nextCursor === 'string', {
        path: ['nextCursor'],
      }),
    )

function get<T>(
  connection: Connection,
  target: Target,
  envelope: z.core.$ZodType<Envelope<T>>,
): BillingResult<T> {
  const call: Call = { kind: 'read', operation: `GET ${target.path}` }
  return ask(connection, { ...target, call, method: 'GET', headers: {}, body: null, envelope })
}

async function send<T>(connection: Connection, write: Write<T>): BillingResult<T> {
  const { idempotencyKey, answer, body, request, method, seen, ...target } = write
  const kind = method === 'POST' ? 'create' : 'change'
  const call: Call = { kind, operation: `${method} ${target.path}` }
  const checked = request && z.safeParse(request, body)
  if (checked?.success === false) return err(notSent(call, fieldOf(checked.error) ?? 'body'))
  const asking = writing(call, { ...target, method, idempotencyKey, body })
  if (!asking.ok) return asking
  const envelope = single(answer)
  return ask(connection, { ...asking.value, envelope, ...(seen === undefined ? {} : { seen }) })
}

/** A write as it is sent. */
export function writing(
  call: Call,
  {
    idempotencyKey,
    body,
    ...target
  }: Target & WriteOptions & { readonly method: Asking['method']; readonly body?: unknown },
): Result<Asking, BillingError> {
  if (!isKey(idempotencyKey)) return err(notSent(call, 'idempotencyKey'))
  const text = body === undefined ? null : jsonOf(body)
  if (text === undefined) return err(notSent(call, 'body'))
  const headers = {
    'idempotency-key': idempotencyKey,
    ...(text === null ? {} : { 'content-type': 'application/json' }),
  }
  return ok({ ...target, call, headers, body: text })
}

async function ask<T>(connection: Connection, asked: Asked<T>): BillingResult<T> {
  const arrived = await arrivalOf(connection, asked)
  if (!arrived.ok) return arrived
  asked.seen?.(arrived.value)
  return read(asked, arrived.value)
}

/** One exchange: the answer as it came, whatever it says. */
export async function arrivalOf(
  connection: Connection,
  asking: Asking,
): Promise<Result<Arrival, BillingError>> {
  const { call } = asking
  const unsayable = unsayableFilter(asking.query ?? {})
  if (unsayable !== undefined) return err(notSent(call, unsayable))
  if (asking.id !== undefined && !isId(asking.id)) return err(notSent(call, 'id'))
  const outgoing = {
    url: `${connection.baseUrl}/api/v1${addressOf(asking)}`,
    method: asking.method,
    headers: {
      accept: 'application/json',
      'commet-version': COMMET_VERSION,
      'user-agent': 'makegood',
      'x-api-key': connection.apiKey,
      ...asking.headers,
    },
    body: asking.body,
  }
  const arrival = await exchange(connection.fetch, outgoing, connection.deadlineMs)
  return typeof arrival === 'string' ? err(noAnswer(call, arrival)) : ok(arrival)
}

function read<T>(asked: Asked<T>, arrival: Arrival): Result<BillingAnswer<T>, BillingError> {
  const { call, envelope, query } = asked
  const succeeded = arrival.status >= 200 && arrival.status < 300
  if (!succeeded || arrival.body.kind === 'none') return err(refused(call, arrival))
  const parsed = z.safeParse(envelope, arrival.body.value)
  if (!parsed.success) {
    return err(unusable(call, arrival, 'unexpected_shape', fieldOf(parsed.error)))
  }
  const { data, hasMore = false, nextCursor } = parsed.data
  const cursor = hasMore ? (nextCursor ?? null) : null
  // A listing that answers with the cursor it was asked for would be paged for ever.
  if (cursor !== null && cursor === query?.cursor) {
    return err(unusable(call, arrival, 'cursor_repeated', 'nextCursor'))
  }
  return ok({ data, requestId: requestIdOf(arrival.headers), hasMore, nextCursor: cursor })
}

/** An empty filter may be taken for none, and a lone surrogate for another id: neither is sent. */
function unsayableFilter(query: NonNullable<Target['query']>): string | undefined {
  const isSayable = (value: unknown) =>
    typeof value === 'string' ? value !== '' && value.isWellFormed() : Number.isSafeInteger(value)
  return Object.entries(query).find(([, value]) => !isSayable(value))?.[0]
}

function addressOf(target: Target): string {
  const path = target.path.replace('{id}', () => encodeURIComponent(target.id ?? ''))
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(target.query ?? {})) {
    query.set(name, String(value))
  }
  return query.size === 0 ? path : `${path}?${query.toString()}`
}

// A lone surrogate can't be encoded; a dot or two would change the path instead of filling it.
function isId(id: string): boolean {
  return (
    id.length > 0 && id.length <= BILLING_ID_CHARS_MAX && id.isWellFormed() && !/^\.{1,2}$/.test(id)
  )
}

function isKey(key: string): boolean {
  return key.length <= IDEMPOTENCY_KEY_CHARS_MAX && /^[\x21-\x7e]+$/.test(key)
}

// Undefined where a value has no JSON: a cycle, a bigint, a function.
function jsonOf(value: unknown): string | undefined {
  try {
    return JSON.stringify(value)
  } catch {
    return undefined
  }
}

// Null where the whole value is of another kind.
function fieldOf(error: z.core.$ZodError): string | null {
  const path = error.issues[0]?.path ?? []
  return path.length === 0 ? null : path.map(String).join('.')
}
