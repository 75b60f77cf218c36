// Whether what was deployed is what answers, and whether it is closed to those who prove nothing.

import * as z from 'zod'

export type Smoke = {
  readonly what: string
  readonly text: string
  readonly isGood: boolean
}

export type Outside = {
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>
  readonly sleep: (ms: number) => Promise<unknown>
  readonly now: () => number
}

/** A new address may be unknown for minutes, and the version of before answers for some seconds. */
const WAIT_MS_MAX = 180_000
const LOOK_EVERY_MS = 3_000
const ANSWER_MS_MAX = 20_000

const health = z.object({ status: z.literal('alive'), version: z.string().nullish() })
const readiness = z.object({
  status: z.string(),
  problems: z.array(z.string()),
  endpoints: z.array(z.object({ name: z.string(), path: z.string(), status: z.string() })),
})

type Asked = { readonly status: number; readonly body: unknown }

/** `version`: of the deployment; null where nobody knows. Never throws: what does not answer is a bad line. */
export async function smokeTest(
  url: string,
  version: string | null,
  outside: Outside,
  waitMs: number = WAIT_MS_MAX,
): Promise<readonly Smoke[]> {
  const ask = async (path: string, init: RequestInit = {}): Promise<Asked> => {
    try {
      const signal = AbortSignal.timeout(ANSWER_MS_MAX)
      const response = await outside.fetch(url + path, { ...init, redirect: 'manual', signal })
      return { status: response.status, body: jsonOf(await response.text()) }
    } catch {
      return { status: 0, body: null }
    }
  }
  const alive = await untilVersion(ask, version, outside, waitMs)
  if (!alive.isGood) return [alive]
  const ready = await ask('/readyz')
  const read = readiness.safeParse(ready.body)
  if (!read.success) return [alive, { what: '/readyz', text: answered(ready), isGood: false }]
  const { problems, endpoints } = read.data
  const told = problems.length === 0 ? 'ready' : `not ready: ${problems.join('; ')}`
  const doors: Smoke[] = []
  for (const { path, status } of endpoints) {
    const isOn = status === 'on'
    const unsigned = await ask(path, { method: 'POST', body: '{}' })
    const isGood = unsigned.status === (isOn ? 401 : 503)
    const why = isOn ? 'it takes nobody who proves nothing' : status
    doors.push({ what: path, text: `unsigned: ${answered(unsigned)}; ${why}`, isGood })
  }
  return [alive, { what: '/readyz', text: told, isGood: ready.status === 200 }, ...doors]
}

const answered = ({ status }: Asked): string => (status === 0 ? 'no answer' : String(status))

async function untilVersion(
  ask: (path: string) => Promise<Asked>,
  version: string | null,
  { sleep, now }: Outside,
  waitMs: number,
): Promise<Smoke> {
  const deadline = now() + waitMs
  for (;;) {
    const asked = await ask('/healthz')
    const read = health.safeParse(asked.body)
    const found = read.data?.version ?? null
    const isOurs = version === null || found === version
    if (read.success && isOurs) {
      return { what: '/healthz', text: `alive, version ${found ?? 'not said'}`, isGood: true }
    }
    if (now() >= deadline) {
      const text = read.success
        ? `version ${found ?? 'not said'} answers, and not ${version}`
        : `${answered(asked)}, and not as Makegood answers`
      return { what: '/healthz', text, isGood: false }
    }
    await sleep(LOOK_EVERY_MS)
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
