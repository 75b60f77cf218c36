// Every sample of every source, each to a running app that has them all, as a table.

import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ALL_SOURCES } from '../sandbox/all-sources.ts'
import { isUnreadable } from '../src/domain/event.ts'
import type { Scheme } from '../src/sources/scheme.ts'
import type { Endpoint } from '../src/sources/source.ts'
import { newAuditKey } from './audit-key.ts'
import { startStack, type Stack } from './local-stack.ts'
import { listSamples, readSample, type Sample } from './samples.ts'
import {
  followLetter,
  parsedBody,
  post,
  signLetter,
  writeLetter,
  type Answered,
  type Letter,
  type Story,
} from './send-delivery.ts'
import { publishKeys, type PublishedKeys } from './published-keys.ts'
import type { SignedDelivery } from './sign-delivery.ts'
import { tellTrouble, Trouble } from './trouble.ts'

export type SentSample = {
  readonly sample: Sample
  readonly name: string
  readonly endpoint: Endpoint
  readonly letter: Letter
  readonly signed: SignedDelivery
  readonly answer: Answered
  /** What the API shows of it; more than one where the delivery is a list. */
  readonly stories: readonly Story[]
}

/** A running app with an endpoint for every source. */
export type AllSources = {
  send(sample: Sample): Promise<SentSample>
  /** The same letter once more, signed anew. */
  again(sent: SentSample): Promise<SentSample>
  stop(): Promise<void>
}

const ENDPOINTS: readonly (readonly [string, Endpoint])[] = Object.entries(ALL_SOURCES.endpoints)

/** Drawn in the form that the endpoint's first scheme wants. */
export function drawnSecret(scheme: Scheme): string {
  const bytes = randomBytes(24)
  if (scheme.kind === 'jwt') return `orgId:60001280952|webhookId:${bytes.toString('hex')}`
  if (scheme.kind === 'secret') {
    const text = bytes.toString('hex')
    return scheme.place.in === 'basic' ? `makegood:${text}` : text
  }
  const { secret } = scheme
  if (secret.as === 'base64') return secret.prefix + bytes.toString('base64')
  return bytes.toString('hex')
}

/** The endpoint whose source reads most of the sample: some sources are configured in two ways. */
export function endpointFor(sample: Sample): readonly [string, Endpoint] {
  const rivals = ENDPOINTS.filter(([, { source }]) => source.name === sample.source)
  const [first, ...others] = rivals
  if (!first) throw new Trouble(`sandbox/all-sources.ts has no endpoint of ${sample.source}`)
  return others.reduce(
    (best, each) => (readable(each[1], sample) > readable(best[1], sample) ? each : best),
    first,
  )
}

/** How many events are read, and how many of them by an id of their own. */
function readable({ source }: Endpoint, sample: Sample): number {
  try {
    const signed = { id: null, timestamp: null }
    const facts = { signed, unsignedHeader: () => sample.event }
    const events = source.read(parsedBody(source, sample.text), facts)
    const read = events.filter((event) => !isUnreadable(event))
    return read.length + read.filter((event) => !isUnreadable(event) && event.ownId !== null).length
  } catch {
    return -1
  }
}

/** On free ports, with fresh state and secrets of its own. */
export async function startAllSources(): Promise<AllSources> {
  const statePath = mkdtempSync(join(tmpdir(), 'makegood-all-sources-'))
  const keys = await publishKeys()
  const secrets = new Map(
    ENDPOINTS.map(([, { secret, schemes }]) => [secret, drawnSecret(schemes[0])]),
  )
  const key = `ck_mg_${randomBytes(24).toString('hex')}`
  const vars = {
    ...Object.fromEntries(secrets),
    COMMET_API_KEY: `ck_sandbox_${randomBytes(24).toString('hex')}`,
    BOOTSTRAP_KEY: key,
    LINK_KEY: randomBytes(24).toString('hex'),
    AUDIT_KEY: (await newAuditKey('localhost/audit')).signing,
    SAMPLE_KEYS_ADDRESS: keys.address,
  }
  const entry = 'sandbox/all-sources-worker.ts'
  const end = async (stack?: Stack): Promise<void> => {
    await stack?.stop()
    await keys.close()
    rmSync(statePath, { recursive: true, force: true })
  }
  try {
    const stack = await startStack({
      port: 0,
      sandboxPort: 0,
      statePath,
      vars,
      entry,
      log: 'quiet',
    })
    const deliver = delivererOf(stack, { secrets, key, keys })
    return {
      send: (sample) => {
        const [name, endpoint] = endpointFor(sample)
        const letter = writeLetter(endpoint, sample, [], Date.now())
        return deliver({ sample, name, endpoint, letter })
      },
      again: deliver,
      stop: () => end(stack),
    }
  } catch (error) {
    await end()
    throw error
  }
}

type Known = {
  readonly secrets: ReadonlyMap<string, string>
  readonly key: string
  readonly keys: PublishedKeys
}

const delivererOf =
  ({ appUrl }: Stack, { secrets, key, keys }: Known) =>
  async (
    asked: Pick<SentSample, 'sample' | 'name' | 'endpoint' | 'letter'>,
  ): Promise<SentSample> => {
    const { name, endpoint, letter, sample } = asked
    const secret = secrets.get(endpoint.secret) ?? ''
    const url = `${appUrl}/webhooks/${name}`
    const signing = { nowMs: Date.now(), privateKey: keys.privateKey }
    const signed = await signLetter(endpoint, secret, letter, { url, publicUrl: null }, signing)
    const answer = await post(url, signed)
    const stories = await followLetter({ appUrl, key }, { name, endpoint }, letter, signed, answer)
    return { sample, name, endpoint, letter, signed, answer, stories }
  }

const row = (...cells: readonly string[]): string => {
  const widths = [11, 28, 6, 15, 36, 30]
  return cells
    .map((cell, at) => cell.padEnd(widths[at] ?? 0))
    .join(' ')
    .trimEnd()
}

const HEAD = row('source', 'event', 'status', 'endpoint', 'id', 'type', 'fate')

/** A line for each event, in columns. */
export const sentTable = (sent: readonly SentSample[]): string[] => [HEAD, ...sent.flatMap(rowsOf)]

/** Prints the table while it is made; false where a sample was not accepted, or is not shown. */
export async function sendAll(print: (line: string) => void): Promise<boolean> {
  const running = await startAllSources()
  let isGood = true
  try {
    print(HEAD)
    for (const [source, events] of listSamples()) {
      for (const event of events) {
        const lines = await linesOf(running, readSample(source, event)).catch((error: unknown) => {
          isGood = false
          return [row(source, event, '-', tellTrouble(error))]
        })
        for (const line of lines) print(line)
      }
    }
  } finally {
    await running.stop()
  }
  return isGood
}

async function linesOf(running: AllSources, sample: Sample): Promise<string[]> {
  const sent = await running.send(sample)
  const { status, text } = sent.answer
  if (status !== 200 && status !== 202) throw new Trouble(`${sent.name} answered ${status} ${text}`)
  return rowsOf(sent)
}

function rowsOf({ sample, name, answer, stories }: SentSample): string[] {
  const start = [sample.source, sample.event, String(answer.status), name]
  if (stories.length === 0) return [row(...start, '-', '-', 'only sets it up')]
  return stories.map(({ id, type, fate, reason, adjustments }) => {
    const became = adjustments.map(({ state, amountText }) => `${amountText}, ${state}`).join('; ')
    const why = reason ?? became
    return row(...start, id, type, why === '' ? fate : `${fate}: ${why}`)
  })
}
