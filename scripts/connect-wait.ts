// The end of `npm run connect`: the app knows the secret, a first delivery arrives through the webhook, and
// what became of it is printed step by step.

import * as z from 'zod'
import type { Endpoint } from '../src/sources/source.ts'
import { apiOf, within, type Answer, type Api } from './api-client.ts'
import { signDelivery } from './sign-delivery.ts'
import { Trouble } from './trouble.ts'

const ANSWER_DEADLINE_MS = 10_000
const LOOK_EVERY_MS = 2_000
const SETTLE_LOOKS_MAX = 10
const EVENTS_LOOKED_AT_MAX = 100

export type Waiting = {
  readonly app: string
  readonly name: string
  readonly endpoint: Endpoint
  /** The operator's key. */
  readonly key: string
  readonly deadlineMs: number
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>
  readonly sleep: (ms: number) => Promise<unknown>
  readonly say: (line: string) => void
}

const tell = ({ say }: Waiting, what: string, text: string): void => say(what.padEnd(12) + text)

const eventSchema = z.object({
  id: z.string(),
  endpoint: z.string(),
  type: z.string(),
})
type Event = z.output<typeof eventSchema>

const storySchema = z.object({
  data: eventSchema.extend({
    fate: z.string(),
    reason: z.string().nullable(),
    rule: z.string().nullable(),
    decision: z.object({
      considered: z.array(z.object({ rule: z.string(), answer: z.string() })),
    }),
    adjustments: z.array(
      z.object({
        id: z.string(),
        state: z.string(),
        holdReasons: z.array(z.string()).nullable(),
        amountText: z.string(),
        note: z.array(z.string()),
      }),
    ),
  }),
})
type Story = z.output<typeof storySchema>['data']

/** What the app is asked with to find out whether it knows the secret: no rule reads it. */
const PROBE_TYPE = 'makegood.connect'

/** A template of Zendesk's has a `kind`; Stripe's events have the rest. */
const probe = (nowMs: number): string =>
  JSON.stringify({
    kind: PROBE_TYPE,
    id: `evt_makegood_connect_${nowMs}`,
    type: PROBE_TYPE,
    created: Math.floor(nowMs / 1_000),
    livemode: false,
    updated_at: new Date(nowMs).toISOString(),
    data: { object: {} },
  })

/** Waits until the app takes what is signed with the secret; says once what keeps it from doing so. */
export async function untilSecretIsKnown(waiting: Waiting, secret: string): Promise<void> {
  const { app, name, endpoint } = waiting
  const url = `${app}/webhooks/${name}`
  const deadline = Date.now() + waiting.deadlineMs
  let told: number | null = null
  for (;;) {
    const nowMs = Date.now()
    const body = probe(nowMs)
    const { headers } = await signDelivery(endpoint, secret, body, { nowMs })
    const status = await statusOf(waiting, url, { method: 'POST', headers, body })
    if (status === 202 || status === 200) return tell(waiting, 'secret', `known at ${url}`)
    if (status !== told) tell(waiting, 'waits', adviceFor(status, url, endpoint))
    told = status
    if (Date.now() >= deadline) throw new Trouble(adviceFor(status, url, endpoint))
    await waiting.sleep(LOOK_EVERY_MS)
  }
}

/** 0 where nothing answers: it may be on its way back from a restart. */
async function statusOf(waiting: Waiting, url: string, init: RequestInit): Promise<number> {
  try {
    return (await request(waiting, url, init)).status
  } catch (error) {
    if (error instanceof Trouble) return 0
    throw error
  }
}

function adviceFor(status: number, url: string, { secret }: Endpoint): string {
  if (status === 0) return `nothing answers at ${url}: start it, npm start`
  if (status === 401) return `${url} knows another ${secret}: restart npm start, or store it there`
  if (status === 503) return `${url} has no ${secret}: restart npm start, or store it there`
  if (status === 404) return `${url} is no endpoint of makegood.config.ts there: deploy it`
  return `${url} answered ${status}: is it Makegood?`
}

/** Events that are there before the first delivery is asked for. */
export async function knownEvents(waiting: Waiting): Promise<ReadonlySet<string>> {
  return new Set((await listEvents(waiting)).map(({ id }) => id))
}

/** The first event of the endpoint that is not among `known`. `hint`: said once, if it takes long. */
export async function firstDelivery(
  waiting: Waiting,
  known: ReadonlySet<string>,
  hint: string,
): Promise<Story> {
  const startedAt = Date.now()
  const hintAfterMs = Math.min(20_000, waiting.deadlineMs / 2)
  for (let isHinted = false; ;) {
    const found = (await listEvents(waiting)).findLast(({ id, endpoint, type }) => {
      return endpoint === waiting.name && type !== PROBE_TYPE && !known.has(id)
    })
    if (found) return settled(waiting, found)
    const elapsedMs = Date.now() - startedAt
    if (elapsedMs >= waiting.deadlineMs) {
      throw new Trouble(`nothing arrived within ${Math.round(elapsedMs / 1_000)} s. ${hint}`)
    }
    if (!isHinted && elapsedMs >= hintAfterMs) {
      tell(waiting, 'waits', hint)
      isHinted = true
    }
    await waiting.sleep(LOOK_EVERY_MS)
  }
}

async function settled(waiting: Waiting, { id }: Event): Promise<Story> {
  for (let look = 0; ; look++) {
    const told = await ask(waiting, ({ events }) =>
      events[':id'].$get({ param: { id } }, patience()),
    )
    const { data } = storySchema.parse(told)
    const isOpen = data.adjustments.some(({ state }) => state === 'due' || state === 'issuing')
    if (!isOpen || look === SETTLE_LOOKS_MAX) return data
    await waiting.sleep(LOOK_EVERY_MS)
  }
}

export function tellStory(waiting: Waiting, story: Story): void {
  const { id, type, fate, rule, reason, decision, adjustments } = story
  tell(waiting, 'delivery', `accepted at /webhooks/${waiting.name}, signed`)
  tell(waiting, 'event', `${id}  ${type}`)
  for (const each of decision.considered) tell(waiting, '', `${each.rule}: ${each.answer}`)
  const by = rule === null ? '' : ` by rule ${rule}`
  tell(waiting, 'fate', `${fate}${by}${reason === null ? '' : `: ${reason}`}`)
  for (const each of adjustments) {
    const held = each.state === 'held' ? `: ${(each.holdReasons ?? []).join(', ')}` : ''
    tell(waiting, 'adjustment', `${each.id}  ${each.amountText}  ${each.state}${held}`)
    for (const [index, line] of each.note.entries()) tell(waiting, index === 0 ? 'note' : '', line)
  }
}

async function listEvents(waiting: Waiting): Promise<readonly Event[]> {
  const query = { limit: String(EVENTS_LOOKED_AT_MAX) }
  const listed = await ask(waiting, ({ events }) => events.$get({ query }, patience()))
  return z.object({ data: z.array(eventSchema) }).parse(listed).data
}

const patience = () => within(ANSWER_DEADLINE_MS)

async function ask(waiting: Waiting, call: (api: Api) => Promise<Answer>): Promise<unknown> {
  const { app: url, key, fetch: send } = waiting
  const response = await call(apiOf({ url, key, fetch: send })).catch(() => {
    throw nothingAnswers(url)
  })
  if (response.status === 401 || response.status === 403) {
    throw new Trouble(`${url} refused BOOTSTRAP_KEY (${response.status}): it is not the one there`)
  }
  if (!response.ok) throw new Trouble(`${url}/api/v1/events answered ${response.status}`)
  return response.json()
}

async function request(waiting: Waiting, url: string, init: RequestInit): Promise<Response> {
  try {
    const signal = AbortSignal.timeout(ANSWER_DEADLINE_MS)
    return await waiting.fetch(url, { ...init, redirect: 'manual', signal })
  } catch {
    throw nothingAnswers(waiting.app)
  }
}

const nothingAnswers = (url: string): Trouble =>
  new Trouble(
    `nothing answers at ${url}: start it (npm start), give its address with --app, or use --no-wait`,
  )
