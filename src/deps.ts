// What a verb needs from outside. A verb asks for nothing else, and tests hand in the same.

import { createCallerMemory, type CallerMemory } from './caller-memory.ts'
import { createClickMemory, type ClickMemory } from './click-memory.ts'
import { createBillingClient, type BillingClient } from './commet/client.ts'
import type { Config } from './config.ts'
import { openDatabase, type Database } from './db/database.ts'
import { OPERATOR_ENDPOINT } from './domain/by-hand.ts'
import type { Mode } from './domain/event.ts'
import { moneyOf, ruleSetHash } from './domain/rule-set.ts'
import { QUEUE_MESSAGES_PER_SEND_MAX } from './domain/limits.ts'
import type { NoticeWakeUp, WakeUp } from './domain/wake-up.ts'
import type { Env } from './env.ts'
import { createKeysAt, type KeysAt } from './keys.ts'
import { log, type Log } from './log.ts'
import { createRejectionMemory, type RejectionMemory } from './rejection-memory.ts'
import { readSettings, type Settings } from './settings.ts'

/** The billing API: its calls, where it is, and whether the key is for live money. */
export type Billing = BillingClient & { readonly baseUrl: string; readonly mode: Mode }

export type Deps = {
  readonly config: Config
  readonly settings: Settings
  readonly db: Database
  /** Null where the billing API isn't configured: then nothing is issued, and nothing is lost. */
  readonly billing: Billing | null
  /** Published keys of senders that sign tokens. */
  readonly keysAt: KeysAt
  /** What this isolate remembers of clicks. */
  readonly clicks: ClickMemory
  /** Counts a miss of whoever it is; false where he has had too many within a minute. */
  readonly mayMiss: (network: string) => Promise<boolean>
  /** Counts a call of the operator's API by the hash of a key; false where it had too many lately. */
  readonly mayCall: (mark: string) => Promise<boolean>
  /** The same, of a network: by those whom `callers` doesn't know. */
  readonly mayKnock: (network: string) => Promise<boolean>
  readonly callers: CallerMemory
  /** What was rejected and is not written down yet. */
  readonly rejections: RejectionMemory
  readonly wake: (wakeUps: readonly WakeUp[]) => Promise<void>
  readonly wakeNotices: (wakeUps: readonly NoticeWakeUp[]) => Promise<void>
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** 0 ≤ x < 1. */
  readonly random: () => number
  readonly newId: () => string
  /** The page that checks an export of the log; null where it isn't deployed. */
  readonly verifyPage: () => Promise<ReadableStream<Uint8Array> | null>
  /** As many bytes, fit to be a secret. */
  readonly randomBytes: (count: number) => Uint8Array
  /** Hash of the deployed rules, limits and reasons. */
  readonly ruleSet: () => Promise<string>
  readonly log: Log
}

export function createDeps(env: Env, config: Config): Deps {
  const settings = readSettings(env, config)
  return {
    config,
    settings,
    db: openDatabase(env.DB, (source) => tells(config, source)),
    billing: settings.billing && {
      ...createBillingClient(settings.billing),
      baseUrl: settings.billing.baseUrl,
      mode: settings.billing.mode,
    },
    keysAt: createKeysAt(() => Date.now()),
    clicks: createClickMemory(),
    mayMiss: (key) => isWithin(env.LINK_MISSES, key),
    mayCall: (key) => isWithin(env.API_CALLS, key),
    mayKnock: (key) => isWithin(env.API_STRANGERS, key),
    callers: createCallerMemory(),
    rejections: createRejectionMemory(),
    wake: (wakeUps) => send(env.ADJUSTMENTS, wakeUps),
    wakeNotices: (wakeUps) => send(env.NOTICES, wakeUps),
    now: () => Date.now(),
    random: () => Math.random(),
    newId: () => crypto.randomUUID(),
    verifyPage: () => readVerifyPage(env),
    randomBytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
    ruleSet: once(() => ruleSetHash(config.rules, moneyOf(config))),
    log,
  }
}

/** Without the binding nobody is held back; /readyz says so. */
const isWithin = async (limit: RateLimit | undefined, key: string): Promise<boolean> =>
  (await limit?.limit({ key }))?.success ?? true

/** Static files are no part of the Worker: it asks for them as a browser would. */
async function readVerifyPage({ ASSETS }: Env): Promise<ReadableStream<Uint8Array> | null> {
  const answer = await ASSETS?.fetch('https://assets.invalid/verify')
  return answer?.ok === true ? answer.body : null
}

/** What people make by hand may answer a conflict of any source. */
const tells = ({ notices }: Config, source: string): boolean =>
  notices.some((channel) => channel.source === null || channel.source === source) ||
  (source === OPERATOR_ENDPOINT && notices.length > 0)

/** Asked for at the first request, since nothing asynchronous may run before; the value is kept. */
function once<Value>(make: () => Promise<Value>): () => Promise<Value> {
  let made: Value | undefined
  return async () => (made ??= await make())
}

async function send<Body>(queue: Queue<Body>, wakeUps: readonly Body[]): Promise<void> {
  for (let start = 0; start < wakeUps.length; start += QUEUE_MESSAGES_PER_SEND_MAX) {
    const batch = wakeUps.slice(start, start + QUEUE_MESSAGES_PER_SEND_MAX)
    await queue.sendBatch(batch.map((body) => ({ body })))
  }
}
