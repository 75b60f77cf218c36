// The way to the billing API and back: what can go wrong on it. The list is that of the sandbox's faults.

import { LIMITED_FOR, refusal } from './commet-answers.ts'
import { keyOf, type Commet } from './commet.ts'
import { json, type Answered, type Call, type Reply, type Service } from './network.ts'
import type { Meter } from './meter.ts'
import type { Random } from './random.ts'
import type { Timeline } from './timeline.ts'

/**
 * `calm`: hardly a fault. `flaky`: one call in three. `unsteady`: 503 to one in ten. `down`: nothing answers.
 * `refused`: the key is. `well`: no fault at all.
 */
export type Climate = 'well' | 'calm' | 'unsteady' | 'flaky' | 'down' | 'refused' | 'limited'

type Parts = {
  readonly commet: Commet
  readonly timeline: Timeline
  readonly random: Random
  readonly climate: () => Climate
  readonly meter: Meter
  /** Whether anything goes wrong at all, now. */
  readonly isOn: () => boolean
}

const FAULTS = [
  'lost_request',
  'lost_answer',
  'error_before',
  'error_after',
  'unavailable_before',
  'unavailable_after',
  'html',
  'truncated',
  'wrong_shape',
  'slow_call',
  'slow_answer',
  'limited',
  'too_many',
  'repeated_cursor',
] as const
type Fault = (typeof FAULTS)[number] | 'overloaded'

const SHARE: Readonly<Record<Climate, number>> = {
  well: 0,
  calm: 0.04,
  unsteady: 0.1,
  flaky: 0.4,
  down: 1,
  refused: 0,
  limited: 0,
}

/** Beyond the client's deadline, and well within a lease and the time that a listing takes to settle. */
const SLOW_MS = { min: 5_000, max: 60_000 }

export function createCommetService(parts: Parts): Service {
  const { commet, timeline, random, climate, isOn, meter } = parts
  const delay = (): number => random.between(20, 400)

  const draw = (): Fault | null => {
    const now = climate()
    if (!isOn() || !random.chance(SHARE[now])) return null
    if (now === 'unsteady') return 'overloaded'
    if (now === 'down') return random.pick(['lost_request', 'error_before', 'html', 'slow_answer'])
    return random.pick(FAULTS)
  }

  return {
    arrive(call, answer) {
      const waitSeconds = meter.refuse()
      if (waitSeconds !== null) {
        return answer(limitedFor(waitSeconds), delay())
      }
      const fault = draw()
      const stopped = isOn() ? stoppedBy(climate(), random) : null
      if (stopped !== null) return answer(stopped, delay())
      const early = fault === null ? null : answeredWithout(fault, random)
      if (early !== null) {
        if (isDefinite(early)) commet.noteRefusal(call, timeline.now())
        return answer(early, delay())
      }
      const known = commet.keyed(call, timeline.now())
      const finish = (reply: Reply): void =>
        answer(spoilt(fault, call, reply), fault === 'slow_answer' ? slow() : delay())
      if (known !== null) return finish(known)
      const key = keyOf(call)
      if (fault !== 'slow_call') return finish(commet.handle(call, timeline.now()))
      // It is done late, when the one who asked may have given up; till then its key is in use.
      if (key !== null) commet.running.add(key)
      timeline.after(slow(), () => {
        if (key !== null) commet.running.delete(key)
        finish(commet.handle(call, timeline.now()))
      })
    },
  }

  function slow(): number {
    return random.between(SLOW_MS.min, SLOW_MS.max)
  }
}

/** Its id says how long, which the judge reads in the log. */
const limitedFor = (seconds: number): Reply =>
  refusal(429, 'rate_limited', {
    'retry-after': String(seconds),
    'x-request-id': `${LIMITED_FOR}${seconds}`,
  })

function stoppedBy(climate: Climate, random: Random): Reply | null {
  if (climate === 'refused') {
    return random.chance(0.5) ? refusal(401, 'unauthorized') : refusal(403, 'forbidden')
  }
  if (climate === 'limited' && random.chance(0.7)) {
    return limitedFor(random.between(1, 90))
  }
  return null
}

/** A 429 that is not the limiter's is not to be tried again. */
const isDefinite = (answered: Answered): boolean =>
  answered !== 'broken' && answered.status === 429 && answered.headers['retry-after'] === undefined

/** Null: it does reach the API. */
function answeredWithout(fault: Fault, random: Random): Answered | null {
  switch (fault) {
    case 'lost_request':
      return 'broken'
    case 'error_before':
      return refusal(random.pick([408, 500, 502, 503, 504]), 'internal_error')
    case 'overloaded':
      return refusal(503, 'service_unavailable')
    case 'unavailable_before':
      return refusal(500, 'idempotency_unavailable')
    case 'limited':
      return limitedFor(random.between(1, 60))
    case 'too_many':
      return random.chance(0.5) ? refusal(429, 'rate_limited') : null
    default:
      return null
  }
}

/** What is left of an answer. Its effect is there. */
function spoilt(fault: Fault | null, call: Call, reply: Reply): Answered {
  switch (fault) {
    case 'lost_answer':
      return 'broken'
    case 'error_after':
      return refusal(500, 'internal_error')
    case 'unavailable_after':
      return refusal(500, 'idempotency_unavailable')
    case 'html':
      return { status: 502, headers: { 'content-type': 'text/html' }, body: '<h1>502</h1>' }
    case 'truncated':
      return { ...reply, body: reply.body.slice(0, reply.body.length / 2) }
    case 'wrong_shape':
      return json(reply.status, { success: true, data: { object: 'unexpected', id: 42 } })
    case 'repeated_cursor':
      return call.method === 'GET' ? withCursor(reply, call) : reply
    default:
      return reply
  }
}

/** As if a listing never ended. */
function withCursor(reply: Reply, { url }: Call): Reply {
  const value: unknown = JSON.parse(reply.body)
  if (!Array.isArray(Reflect.get(Object(value), 'data'))) return reply
  const nextCursor = url.searchParams.get('cursor') ?? '1'
  return { ...reply, body: JSON.stringify({ ...Object(value), hasMore: true, nextCursor }) }
}
