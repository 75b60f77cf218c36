// One sample delivery: made, signed as its sender would, posted, and followed through the API.

import { createHash, randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import * as z from 'zod'
import { eventId } from '../src/domain/ids.ts'
import { secretBytes } from '../src/sources/bytes.ts'
import type { Endpoint, Source } from '../src/sources/source.ts'
import { apiOf, within, type Answer, type Api } from './api-client.ts'
import { changeField } from './change-field.ts'
import { freshen } from './freshen.ts'
import type { Sample } from './samples.ts'
import { senderHeaders } from './sender-headers.ts'
import { signDelivery, type SignedDelivery, type SigningOptions } from './sign-delivery.ts'
import { Trouble } from './trouble.ts'

const ANSWER_DEADLINE_MS = 10_000
const SETTLE_DEADLINE_MS = 10_000
const LOOK_EVERY_MS = 100
const EVENTS_LOOKED_AT_MAX = 100

/** What is sent, so that it can be sent again byte for byte. */
export type Letter = {
  /** The sample's name. */
  readonly event: string
  readonly body: string
  /** Of senders that sign an id: the delivery's own. */
  readonly id: string
}

export type Address = {
  /** Of the app, and of the endpoint: `http://127.0.0.1:8787/webhooks/stripe`. */
  readonly url: string
  /** What the app is told its own address is, where that is another one: some senders sign it. */
  readonly publicUrl: string | null
}

export type Answered = { readonly status: number; readonly text: string }

export const parsedBody = (source: Source, text: string): unknown => {
  if (!source.parse) return JSON.parse(text)
  const parsed = source.parse(text)
  if (!parsed.ok) throw new Trouble(`${source.name} can't read the body: ${parsed.error}`)
  return parsed.value
}

/** The sample as a new event of now; `fields`: what to change in it, by path. */
export function writeLetter(
  { source, schemes }: Endpoint,
  sample: Sample,
  fields: readonly (readonly [string, string])[],
  nowMs: number,
): Letter {
  const id = `msg_${randomUUID().replaceAll('-', '')}`
  const isSigned = schemes.some((each) => each.kind === 'signature' && each.headers.id)
  const signed = { id: isSigned ? id : null, timestamp: null }
  const facts = { signed, unsignedHeader: () => sample.event }
  const fresh = freshen(sample.text, nowMs, (body) => source.read(parsedBody(source, body), facts))
  const body = fields.reduce((text, [field, value]) => changeField(text, field, value), fresh)
  return { event: sample.event, body, id }
}

/** Throws Trouble where nobody but the sender can sign, or the secret isn't of the scheme's form. */
export async function signLetter(
  endpoint: Endpoint,
  secret: string,
  letter: Letter,
  { url, publicUrl }: Address,
  signing: Pick<SigningOptions, 'nowMs' | 'privateKey'>,
): Promise<SignedDelivery> {
  const [scheme] = endpoint.schemes
  const isToken = scheme.kind === 'jwt'
  if (isToken && !signing.privateKey) {
    throw new Trouble(`only ${endpoint.source.title} itself can sign: its private key is not ours`)
  }
  const isUsable = endpoint.schemes.some(
    (each) =>
      each.kind !== 'signature' ||
      (each.algorithm !== 'Ed25519' && secretBytes(each.secret, secret) !== null),
  )
  if (!isUsable) throw new Trouble(`the secret is not of the form that ${scheme.kind} schemes need`)
  const { origin, pathname, search } = new URL(url)
  const signed = await signDelivery(endpoint, secret, letter.body, {
    ...signing,
    id: letter.id,
    url: (publicUrl ?? origin) + pathname + search,
  })
  const body = parsedBody(endpoint.source, signed.body)
  const facts = { id: letter.id, timestamp: null }
  return { ...signed, headers: senderHeaders(endpoint, letter.event, body, facts, signed.headers) }
}

export async function post(url: string, signed: SignedDelivery): Promise<Answered> {
  const response = await request(`${url}${signed.pathSuffix}`, {
    method: 'POST',
    headers: signed.headers,
    body: signed.body,
  })
  return { status: response.status, text: await response.text() }
}

const adjustmentSchema = z.object({
  id: z.string(),
  state: z.string(),
  holdReasons: z.array(z.string()).nullable(),
  amountText: z.string(),
  settlement: z.string(),
  subject: z.string(),
  customer: z.object({ reference: z.string().nullable() }),
  invoice: z.object({ number: z.string().nullable(), status: z.string().nullable() }).nullable(),
})

const eventSchema = z.object({
  id: z.string(),
  endpoint: z.string(),
  source: z.string(),
  ownId: z.string().nullable(),
  unsignedId: z.string().nullable(),
  type: z.string(),
  mode: z.string().nullable(),
  occurredAt: z.string().nullable(),
  fate: z.string(),
  reason: z.string().nullable(),
  rule: z.string().nullable(),
  decision: z.object({
    considered: z.array(z.object({ rule: z.string(), answer: z.string() })),
  }),
})
const storySchema = eventSchema.extend({ adjustments: z.array(adjustmentSchema) })

export type Story = z.infer<typeof storySchema>

/** To whom it was sent: `name` is the endpoint's. */
export type Addressee = { readonly name: string; readonly endpoint: Endpoint }

/** The events that the delivery made, or made before; where the answer names none, those that are read in it. */
export async function followLetter(
  { appUrl, key }: { readonly appUrl: string; readonly key: string },
  addressee: Addressee,
  letter: Letter,
  signed: SignedDelivery,
  answer: Answered,
): Promise<Story[]> {
  const told = toldEvents(answer.text)
  if (told !== null) return Promise.all(told.map((id) => settledStory(appUrl, key, id)))
  const ids = await idsOf(addressee, letter, signed)
  const query = { limit: String(EVENTS_LOOKED_AT_MAX) }
  const listed = await ask(appUrl, key, ({ events }) => events.$get({ query }, patience()))
  const { data } = z.object({ data: z.array(eventSchema) }).parse(listed)
  const made = data.filter(({ id }) => ids.has(id))
  return Promise.all(made.map(({ id }) => settledStory(appUrl, key, id)))
}

/** Under each id that its events can have: their own, else the hash of the body or of their own part of it. */
async function idsOf(
  { name, endpoint: { source, account } }: Addressee,
  letter: Letter,
  signed: SignedDelivery,
): Promise<ReadonlySet<string>> {
  const facts = { signed: { id: letter.id, timestamp: null }, unsignedHeader: () => letter.event }
  const read = source.read(parsedBody(source, signed.body), facts)
  const ownIds = read.flatMap((event) => [
    ...('ownId' in event && event.ownId !== null ? [event.ownId] : []),
    hashId(JSON.stringify(event.data)),
  ])
  const all = [hashId(signed.body), ...ownIds].map((own) => eventId(account ?? name, own))
  return new Set(await Promise.all(all))
}

const hashId = (text = ''): string => `sha256:${createHash('sha256').update(text).digest('hex')}`

function toldEvents(text: string): readonly string[] | null {
  if (!text.startsWith('{')) return null
  const told = z.object({ events: z.array(z.string()) }).safeParse(JSON.parse(text))
  return told.success ? told.data.events : null
}

/** Waits while something is still to be done for the event, for at most SETTLE_DEADLINE_MS. */
async function settledStory(appUrl: string, key: string, id: string): Promise<Story> {
  const deadline = Date.now() + SETTLE_DEADLINE_MS
  for (;;) {
    const asked = await ask(appUrl, key, ({ events }) =>
      events[':id'].$get({ param: { id } }, patience()),
    )
    const { data } = z.object({ data: storySchema }).parse(asked)
    const isOpen = data.adjustments.some(({ state }) => state === 'due' || state === 'issuing')
    if (!isOpen || Date.now() > deadline) return data
    await sleep(LOOK_EVERY_MS)
  }
}

/** Of being told that it is too often, for one answer. */
const WAITS_MAX = 5

const patience = () => within(ANSWER_DEADLINE_MS)

async function ask(
  url: string,
  key: string,
  call: (api: Api) => Promise<Answer>,
): Promise<unknown> {
  const asked = () =>
    call(apiOf({ url, key })).catch((error: unknown) => {
      throw noAnswer(url, error)
    })
  let response = await asked()
  // All samples together are more calls than a key has in ten seconds.
  for (let waits = 0; response.status === 429 && waits < WAITS_MAX; waits++) {
    await sleep(Number(response.headers.get('retry-after') ?? 1) * 1_000)
    response = await asked()
  }
  if (!response.ok)
    throw new Trouble(`${url}/api/v1/events answered ${response.status}; is the key right?`)
  return response.json()
}

async function request(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, { ...init, signal: AbortSignal.timeout(ANSWER_DEADLINE_MS) })
  } catch (error) {
    throw noAnswer(url, error)
  }
}

function noAnswer(url: string, error: unknown): Trouble {
  const { origin } = new URL(url)
  const isLate = error instanceof Error && error.name === 'TimeoutError'
  return new Trouble(
    isLate
      ? `${origin} did not answer within ${ANSWER_DEADLINE_MS / 1_000} s`
      : `nothing answers at ${origin}; start it: npm start`,
  )
}
