// The generated requests over HTTP, through the whole Worker in workerd with every source: each is
// answered in time and with no 5xx, what is signed is taken and can be read again, the Worker lives on,
// and its log says nothing of a body. Throws on the first broken promise.

import { randomBytes } from 'node:crypto'
import { Agent, request as httpRequest } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import * as z from 'zod'
import { BODY_BYTES_MAX } from '../src/domain/limits.ts'
import type { Endpoint } from '../src/sources/source.ts'
import { ALL_SOURCES } from '../sandbox/all-sources.ts'
import type { FuzzReport } from './fuzz-deliveries.ts'
import { drawRequest, type FuzzRequest, type FuzzTarget } from './fuzz-http-requests.ts'
import { startFuzzApp, type FuzzApp } from './fuzz-http-stack.ts'
import { randomFrom } from './fuzz-requests.ts'
import { listSamples, readSample, type Sample } from './samples.ts'
import { drawnSecret, endpointFor } from './send-all.ts'
import { followLetter, post, signLetter, writeLetter, type Answered } from './send-delivery.ts'

/** Its outcomes are `body 202`, `headers 401`: what was broken, and the status. */
export type HttpFuzzReport = FuzzReport & {
  readonly logLines: number
  /** That the app lists afterwards, each page of them read. */
  readonly events: number
}

const ANSWER_MS_MAX = 5_000
const AT_ONCE = 8
/** Stands for a status where a body above the limit met a closed connection. */
const CUT_OFF = 0
const PAGES_MAX = 2_000
const LOG_LAG_MS = 300
const LOG_SETTLE_MS = 10_000

const ENDPOINTS: readonly (readonly [string, Endpoint])[] = Object.entries(ALL_SOURCES.endpoints)

export async function fuzzHttp(seed: number, requests: number): Promise<HttpFuzzReport> {
  const secrets = new Map(
    ENDPOINTS.map(([, { secret, schemes }]) => [secret, drawnSecret(schemes[0])]),
  )
  const key = `ck_mg_${randomBytes(24).toString('hex')}`
  const app = await startFuzzApp({ ...Object.fromEntries(secrets), BOOTSTRAP_KEY: key })
  try {
    const targetOf = (sample: Sample): FuzzTarget => {
      const [name, endpoint] = endpointFor(sample)
      return { name, endpoint, secret: secrets.get(endpoint.secret) ?? '', sample }
    }
    const samples = [...listSamples()].flatMap(([source, events]) =>
      events.map((event) => readSample(source, event)),
    )
    const run = await sendMany(app, samples.map(targetOf), seed, requests)
    await assertAlive(app, key, targetOf(readSample('stripe', 'refund.created')))
    const listed = await listedEvents(app, key)
    const lost = [...run.told].find((id) => !listed.has(id))
    if (lost !== undefined) throw new Error(`${lost} was answered and is not listed`)
    const { outcomes, slowestMs, slowestBodyBytes } = run
    const logLines = await assertLogged(app, run.logged)
    return { requests, outcomes, slowestMs, slowestBodyBytes, logLines, events: listed.size }
  } finally {
    await app.stop()
  }
}

type Run = {
  readonly outcomes: Map<string, number>
  /** The ids of events that answers named. */
  readonly told: Set<string>
  /** How many answers the Worker made, and not the server in front of it. */
  logged: number
  slowestMs: number
  slowestBodyBytes: number
}

async function sendMany(
  app: FuzzApp,
  targets: readonly FuzzTarget[],
  seed: number,
  requests: number,
): Promise<Run> {
  const run: Run = {
    outcomes: new Map(),
    told: new Set(),
    logged: 0,
    slowestMs: 0,
    slowestBodyBytes: 0,
  }
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE })
  let [next, isBroken] = [1, false]
  const sendOn = async (): Promise<void> => {
    while (next <= requests && !isBroken) {
      const number = next
      next += 1
      // Of its own, so that a request's shape doesn't depend on which answer came first.
      const random = randomFrom(seed ^ Math.imul(number, 0x9e37_79b1))
      const drawn = await drawRequest(targets, app.appUrl, app.privateKey, random)
      try {
        await sendOne(app, agent, drawn, run)
      } catch (cause) {
        isBroken = true
        const { kind, path, body } = drawn
        // What the Worker wrote of it may still be on its way.
        await sleep(LOG_LAG_MS)
        const told = [
          `request ${number} of seed ${seed}: ${kind}, ${path}, ${body.length} bytes`,
          ...app.troubles,
        ].join('\n')
        throw new Error(told, { cause })
      }
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, sendOn))
  agent.destroy()
  return run
}

async function sendOne(app: FuzzApp, agent: Agent, drawn: FuzzRequest, run: Run): Promise<void> {
  const startedAt = performance.now()
  const answer = await exchange(app.appUrl, agent, drawn)
  const elapsedMs = performance.now() - startedAt
  const outcome = `${drawn.kind} ${answer.status === CUT_OFF ? 'cut off' : answer.status}`
  run.outcomes.set(outcome, (run.outcomes.get(outcome) ?? 0) + 1)
  if (elapsedMs > run.slowestMs) {
    run.slowestMs = elapsedMs
    run.slowestBodyBytes = drawn.body.length
  }
  if (answer.isOurs) run.logged += 1
  if (elapsedMs > ANSWER_MS_MAX) throw new Error(`answered after ${Math.round(elapsedMs)} ms`)
  if (answer.status >= 500) throw new Error(`answered ${answer.status} ${answer.text}`)
  if (drawn.isProven && answer.status !== 200 && answer.status !== 202) {
    throw new Error(`a signed delivery was answered ${answer.status} ${answer.text}`)
  }
  if (answer.status === 202) {
    for (const id of acceptedSchema.parse(JSON.parse(answer.text)).events) run.told.add(id)
  }
  const [line] = app.troubles
  if (line !== undefined) throw new Error(`a log line: ${line}`)
}

const acceptedSchema = z.object({ events: z.array(z.string()).min(1) })

/** Raw, because `fetch` joins a header that is sent twice. */
function exchange(
  appUrl: string,
  agent: Agent,
  { path, headers, body, isChunked }: FuzzRequest,
): Promise<Answered & { readonly isOurs: boolean }> {
  const { hostname, port, host } = new URL(appUrl)
  const length = isChunked ? ['transfer-encoding', 'chunked'] : ['content-length', `${body.length}`]
  return new Promise((resolve, reject) => {
    const sent = httpRequest({
      hostname,
      port,
      path,
      method: 'POST',
      agent,
      headers: ['host', host, 'connection', 'keep-alive', ...length, ...headers],
      signal: AbortSignal.timeout(ANSWER_MS_MAX + 1_000),
    })
    sent.on('error', (error: NodeJS.ErrnoException) => {
      // The door answers what is too large before all of it has come, and then closes.
      const isCutOff = error.code === 'EPIPE' || error.code === 'ECONNRESET'
      if (!isCutOff || body.length <= BODY_BYTES_MAX) return reject(error)
      resolve({ status: CUT_OFF, text: '', isOurs: false })
    })
    sent.once('response', (response) => {
      const parts: Buffer[] = []
      response.on('data', (part: Buffer) => parts.push(part))
      response.on('error', reject)
      response.once('end', () => {
        const text = Buffer.concat(parts).toString()
        const isOurs = response.headers['x-request-id'] !== undefined
        resolve({ status: response.statusCode ?? 0, text, isOurs })
      })
    })
    sent.end(body)
  })
}

/** `/healthz`, and a delivery as it should be: taken, and shown with its own id and type. */
async function assertAlive(app: FuzzApp, key: string, target: FuzzTarget): Promise<void> {
  const { status } = await fetch(`${app.appUrl}/healthz`)
  if (status !== 200) throw new Error(`/healthz answered ${status}`)
  const { endpoint, secret, sample, name } = target
  const nowMs = Date.now()
  const letter = writeLetter(endpoint, sample, [], nowMs)
  const url = `${app.appUrl}/webhooks/${name}`
  const signed = await signLetter(endpoint, secret, letter, { url, publicUrl: null }, { nowMs })
  const answer = await post(url, signed)
  const [story] = await followLetter(
    { appUrl: app.appUrl, key },
    { name, endpoint },
    letter,
    signed,
    answer,
  )
  const { id: ownId } = z.object({ id: z.string() }).parse(JSON.parse(letter.body))
  if (answer.status !== 202 || story?.ownId !== ownId || story.type !== sample.event) {
    throw new Error(`a good delivery was answered ${answer.status}, or is not recorded`)
  }
}

const pageSchema = z.object({
  data: z.array(z.object({ id: z.string() })),
  nextCursor: z.string().optional(),
})

async function listedEvents({ appUrl }: FuzzApp, key: string): Promise<ReadonlySet<string>> {
  const listed = new Set<string>()
  let cursor = ''
  for (let page = 1; page <= PAGES_MAX; page += 1) {
    const answer = await fetch(`${appUrl}/api/v1/events?limit=100${cursor}`, {
      headers: { 'x-api-key': key },
    })
    if (answer.status !== 200) throw new Error(`page ${page} of the events: ${answer.status}`)
    const { data, nextCursor } = pageSchema.parse(await answer.json())
    for (const { id } of data) listed.add(id)
    if (nextCursor === undefined) return listed
    cursor = `&cursor=${nextCursor}`
  }
  throw new Error(`more than ${PAGES_MAX} pages of events`)
}

/** Waits for the lines of all the requests; `sent`: of the deliveries alone. */
async function assertLogged(app: FuzzApp, sent: number): Promise<number> {
  const deadline = Date.now() + LOG_SETTLE_MS
  while (app.deliveryLines() < sent && Date.now() < deadline) await sleep(50)
  const [line] = app.troubles
  if (line !== undefined) throw new Error(`a log line: ${line}`)
  // The good delivery has a line as well.
  if (app.deliveryLines() < sent + 1) {
    throw new Error(`${app.deliveryLines()} lines of ${sent + 1} deliveries`)
  }
  return app.logLines()
}
