// `npm run connect -- stripe`: one webhook endpoint with exactly the events that the configured rules read.
// Stripe shows its secret once. So the endpoint's metadata say first which secret is its own, and then that
// it is stored: a run that was cut off is told from one that ended, and no other secret is ever taken for it.

import { createHash } from 'node:crypto'
import * as z from 'zod'
import { secretList } from '../src/sources/secret-list.ts'
import { call, type Api } from './connect-call.ts'
import { keepSecret, removalAt, tell, type Connection } from './connect-connection.ts'
import { Trouble } from './trouble.ts'

const PATH = '/webhook_endpoints'
const PAGES_MAX = 10
const ROWS_PER_PAGE = 100
const FINGERPRINT_CHARS = 16
/** The first whose refunds carry their customer. */
const API_VERSION = '2026-07-29.dahlia'
const ENDED = { 'metadata[makegood_stored]': 'yes' }
const CUT_OFF = 'whose secret nobody knows: an earlier run was cut off'
const SECRET_PAGE = 'Stripe, Workbench, Webhooks, the endpoint, "Signing secret"'

const endpointSchema = z.object({
  id: z.string(),
  url: z.string(),
  status: z.string(),
  api_version: z.string().nullable(),
  enabled_events: z.array(z.string()),
  metadata: z.record(z.string(), z.string()),
  secret: z.string().optional(),
})
type Found = z.output<typeof endpointSchema>
const pageSchema = z.object({ data: z.array(endpointSchema), has_more: z.boolean() })

/** The secret, where it is known here; null after a dry run, and where it is in the deployed app alone. */
export async function connectStripe(connection: Connection): Promise<string | null> {
  const { api, asked } = connection
  const events = eventsOf(connection)
  if (asked.commetCollects !== false) return sayWhoseItIs(connection)
  const [found, ...others] = await findOurs(connection)
  if (others.length > 0)
    throw new Trouble('several endpoints at Stripe are ours: run this with --undo first')
  if (found !== undefined) assertUsable(connection, found)
  const isHalf = found !== undefined && isCutOff(connection, found)
  if (asked.dryRun) {
    if (isHalf) tell(api, 'would remove', ` endpoint, ${CUT_OFF}`)
    if (found === undefined || isHalf) {
      tell(api, 'would make', ` endpoint, with ${events.join(', ')}`)
    } else tell(api, 'there', 'endpoint')
    tell(api, 'dry run', 'nothing was changed')
    return null
  }
  if (found === undefined || isHalf) return made(connection, events, found)
  tell(api, 'there', `endpoint ${found.url}`)
  const isChanged = await bringEvents(api, found, events)
  const isStored = reconcileSecret(connection, found)
  if (!hasEnded(found)) await mark(api, found.id, ENDED)
  const isNothing = !isChanged && !isStored
  tell(api, 'done', isNothing ? 'everything was there already, and nothing was changed' : 'changed')
  return storedSecret(connection, found)
}

/** Those that the configured Stripe rules read, and no other. */
function eventsOf({ config }: Connection): readonly string[] {
  const rules = config.rules.filter(({ source }) => source === 'stripe')
  const events = new Set(rules.flatMap(({ on }) => on))
  if (events.size === 0)
    throw new Trouble('makegood.config.ts has no rule for Stripe: nothing would be read')
  return [...events].toSorted()
}

/** Commet sees the refunds of a Stripe account that is connected to it: ours would count them twice. */
function sayWhoseItIs({ api, asked, config }: Connection): null {
  if (asked.commetCollects === null) {
    throw new Trouble(
      'does Commet collect your payments? Then it sees these refunds itself, and the Stripe rules stay off. Say --commet-collects yes or no',
    )
  }
  const rules = config.rules.filter(({ source }) => source === 'stripe').map(({ id }) => id)
  tell(
    api,
    'nothing',
    'made: Commet collects the payments, and sees their refunds and disputes itself',
  )
  tell(api, '', `take these rules out of makegood.config.ts: ${rules.join(', ')}`)
  return null
}

const versionOf = (text: string | null): string => (text ?? '').slice(0, 'yyyy-mm-dd'.length)

function assertUsable({ app, name }: Connection, { url, api_version: version }: Found): void {
  const address = `${app}/webhooks/${name}`
  const renew = 'run this with --undo first, then again'
  if (url !== address) {
    throw new Trouble(
      `the endpoint at Stripe calls ${url}, not ${address}: ${renew}, or with the right --app`,
    )
  }
  if (versionOf(version) < versionOf(API_VERSION)) {
    throw new Trouble(
      `the endpoint at Stripe has API version ${version}, whose refunds lack the customer: ${renew}`,
    )
  }
}

const hasEnded = ({ metadata }: Found): boolean => metadata['makegood_stored'] !== undefined

/** Its secret reached nobody, as far as can be known here. */
const isCutOff = (connection: Connection, found: Found): boolean =>
  !hasEnded(found) && storedSecret(connection, found) === null

async function made(
  connection: Connection,
  events: readonly string[],
  half: Found | undefined,
): Promise<string | null> {
  const { api, app, name, secrets } = connection
  if (half !== undefined) {
    await call(api, 'DELETE', `${PATH}/${half.id}`, { mayBeGone: true })
    tell(api, 'removed', `endpoint, ${CUT_OFF}`)
  }
  const body = new URLSearchParams({
    url: `${app}/webhooks/${name}`,
    api_version: API_VERSION,
    description: 'Makegood (npm run connect)',
    'metadata[makegood]': name,
  })
  for (const event of events) body.append('enabled_events[]', event)
  const { id, url, secret } = read(await call(api, 'POST', PATH, { body }))
  if (secret === undefined) throw new Trouble('Stripe made an endpoint without a secret')
  tell(api, 'made', `endpoint ${url}, with ${events.join(', ')}`)
  await mark(api, id, { 'metadata[makegood_secret]': fingerprint(secret) })
  keepSecret(connection, secret, SECRET_PAGE)
  await mark(api, id, ENDED)
  tell(api, 'done', 'the endpoint is connected')
  return secrets === null ? null : secret
}

const mark = (api: Api, id: string, metadata: Readonly<Record<string, string>>): Promise<unknown> =>
  call(api, 'POST', `${PATH}/${id}`, { body: new URLSearchParams(metadata) })

async function bringEvents(api: Api, found: Found, events: readonly string[]): Promise<boolean> {
  const isOn = found.status === 'enabled'
  if (!isOn) tell(api, 'differs', 'endpoint: it is disabled at Stripe and left so; enable it there')
  if (found.enabled_events.toSorted().join() === events.join()) return false
  const body = new URLSearchParams(events.map((event) => ['enabled_events[]', event]))
  await call(api, 'POST', `${PATH}/${found.id}`, { body })
  tell(api, 'changed', `events   ${events.join(', ')}`)
  return true
}

/** Stripe doesn't tell the secret again: it has to be in .dev.vars, at whichever place. */
function reconcileSecret(connection: Connection, found: Found): boolean {
  const { endpoint, secrets } = connection
  if (secrets === null) return false
  const secret = storedSecret(connection, found)
  if (secret !== null) return keepSecret(connection, secret, SECRET_PAGE)
  throw new Trouble(
    `.dev.vars lacks the endpoint's secret, and Stripe shows it once: copy it into ${endpoint.secret} (${SECRET_PAGE}), or --undo and connect again`,
  )
}

const listOf = ({ endpoint, secrets }: Connection): readonly string[] =>
  secretList(secrets?.read(endpoint.secret))

const storedSecret = (connection: Connection, { metadata }: Found): string | null =>
  listOf(connection).find((each) => fingerprint(each) === metadata['makegood_secret']) ?? null

/** Enough to know a secret by, and nothing to guess it from. */
const fingerprint = (secret: string): string =>
  createHash('sha256').update(`makegood ${secret}`).digest('hex').slice(0, FINGERPRINT_CHARS)

/** Deletes what carries this endpoint's mark, and takes its secret away. */
export async function disconnectStripe(connection: Connection): Promise<void> {
  const { api, endpoint, secrets, asked } = connection
  const ours = await findOurs(connection)
  for (const found of ours) {
    if (asked.dryRun) {
      tell(api, 'would remove', ` endpoint ${found.url}`)
      continue
    }
    const secret = storedSecret(connection, found)
    if (secret !== null && secrets?.drop(endpoint.secret, secret)) {
      tell(api, 'removed', `secret   ${endpoint.secret}, from .dev.vars`)
    }
    await call(api, 'DELETE', `${PATH}/${found.id}`, { mayBeGone: true })
    tell(api, 'removed', `endpoint ${found.url}`)
  }
  if (asked.dryRun) tell(api, 'dry run', 'nothing was changed')
  else if (ours.length === 0) tell(api, 'done', 'there was nothing of ours')
  else if (secrets === null) tell(api, 'done', `then: ${removalAt(connection)}`)
  else tell(api, 'done', 'nothing of ours is left')
}

async function findOurs({ api, name }: Connection): Promise<Found[]> {
  const rows: Found[] = []
  for (let page = 0; page < PAGES_MAX; page++) {
    const last = rows.at(-1)
    const after = last === undefined ? '' : `&starting_after=${last.id}`
    const answer = await call(api, 'GET', `${PATH}?limit=${ROWS_PER_PAGE}${after}`)
    const parsed = pageSchema.safeParse(answer)
    if (!parsed.success) throw notAsExpected()
    rows.push(...parsed.data.data)
    if (!parsed.data.has_more) return rows.filter(({ metadata }) => metadata['makegood'] === name)
  }
  throw new Trouble('the list of endpoints at Stripe does not end: nothing was made or deleted')
}

function read(answer: unknown): Found {
  const parsed = endpointSchema.safeParse(answer)
  if (!parsed.success) throw notAsExpected()
  return parsed.data
}

const notAsExpected = (): Trouble =>
  new Trouble('Stripe did not answer about the endpoint in the form that its pages describe')
