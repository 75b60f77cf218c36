// Senders as the real ones are: each signs its deliveries, tries again until it is answered with 2xx, and
// delivers some again though it was. What was answered is all that they know.

import { CHAOS_ENDPOINTS } from '../sandbox/chaos-endpoints.ts'
import { setTimeout as sleep } from 'node:timers/promises'
import * as z from 'zod'
import type { Fact, Letter } from './chaos-facts.ts'
import type { SentFact } from './chaos-judge.ts'
import type { ChaosStack } from './chaos-stack.ts'
import { randomFrom } from './fuzz-requests.ts'
import { signDelivery } from './sign-delivery.ts'

export type Senders = {
  /** Begins to tell these. */
  tell(facts: readonly Fact[]): void
  /** Letters that have no answer with 2xx yet, and repeats that are to come. */
  open(): number
  sent(): SentFact[]
  readonly counts: { deliveries: number; repeats: number; hungUp: number; refused: number }
  stop(): Promise<void>
}

type Job = {
  readonly letter: Letter
  readonly acknowledged: Set<string>
  readonly isRepeat: boolean
  /** The sender breaks the connection before it has the answer, once. */
  hangsUp: boolean
  notBefore: number
}

const AT_ONCE = 8
const ANSWER_MS_MAX = 5_000
const IDLE_MS = 5
const RETRY_MS_MIN = 200
const RETRY_MS_MAX = 1_000
const HANG_UP_MS_MAX = 12
/** Of a hundred letters; the others once each. */
const REPEATED = 30
const HUNG_UP = 6
const REPEAT_MS_MAX = 4_000

const answerSchema = z.object({ events: z.array(z.string()) })

/** `now`: the trial's time, by which deliveries are signed. */
export function startSenders(
  stack: Pick<ChaosStack, 'appUrl' | 'secrets'>,
  now: () => number,
  seed: number,
): Senders {
  const random = randomFrom(seed)
  const jobs: Job[] = []
  const told: { readonly fact: Fact; readonly acknowledged: Set<string> }[] = []
  const counts = { deliveries: 0, repeats: 0, hungUp: 0, refused: 0 }
  const ended = new AbortController()
  let busy = 0

  const work = async (job: Job): Promise<void> => {
    counts.deliveries += 1
    const events = await deliver(stack, job, now(), ended.signal)
    if (job.hangsUp) counts.hungUp += 1
    job.hangsUp = false
    if (events !== null) {
      for (const id of events) job.acknowledged.add(id)
      return
    }
    counts.refused += 1
    job.notBefore = Date.now() + RETRY_MS_MIN + Math.random() * (RETRY_MS_MAX - RETRY_MS_MIN)
    jobs.push(job)
  }
  const workOn = async (): Promise<void> => {
    while (!ended.signal.aborted) {
      const at = jobs.findIndex(({ notBefore }) => notBefore <= Date.now())
      const [job] = at === -1 ? [] : jobs.splice(at, 1)
      if (job === undefined) {
        await sleep(IDLE_MS)
        continue
      }
      busy += 1
      await work(job)
      busy -= 1
    }
  }
  const workers = Array.from({ length: AT_ONCE }, workOn)

  return {
    counts,
    tell(facts) {
      for (const fact of facts) {
        const acknowledged = new Set<string>()
        told.push({ fact, acknowledged })
        for (const letter of fact.letters) {
          const job = { letter, acknowledged, notBefore: 0 }
          jobs.push({ ...job, isRepeat: false, hangsUp: random.below(100) < HUNG_UP })
          if (random.below(100) >= REPEATED) continue
          counts.repeats += 1
          const notBefore = Date.now() + random.below(REPEAT_MS_MAX)
          jobs.push({ ...job, isRepeat: true, hangsUp: false, notBefore })
        }
      }
    },
    open: () => jobs.length + busy,
    sent: () =>
      told.map(({ fact: { expects, subject, amount }, acknowledged }) => {
        return { expects, subject, amount, acknowledged: [...acknowledged] }
      }),
    async stop() {
      ended.abort()
      await Promise.all(workers)
    },
  }
}

/** The ids of the events, or null where it has to be sent again. */
async function deliver(
  { appUrl, secrets }: Pick<ChaosStack, 'appUrl' | 'secrets'>,
  { letter, hangsUp }: Job,
  nowMs: number,
  ended: AbortSignal,
): Promise<string[] | null> {
  const { endpoint: name, body, messageId: id } = letter
  const endpoint = CHAOS_ENDPOINTS[name]
  const url = `${appUrl}/webhooks/${name}`
  const signed = await signDelivery(endpoint, secrets[endpoint.secret] ?? '', body, {
    nowMs,
    id,
    url,
  })
  const withinMs = hangsUp ? Math.ceil(Math.random() * HANG_UP_MS_MAX) : ANSWER_MS_MAX
  const signal = AbortSignal.any([ended, AbortSignal.timeout(withinMs)])
  try {
    const { headers } = signed
    const response = await fetch(url, { method: 'POST', headers, body: signed.body, signal })
    const text = await response.text()
    return response.ok ? answerSchema.parse(JSON.parse(text)).events : null
  } catch {
    return null
  }
}
