// The product's Worker with a database that counts, and a queue that is held: `/count` works what waits in it and
// answers what everything since the last count has cost.

import { createDeps } from '../../src/deps.ts'
import type { NoticeWakeUp, WakeUp } from '../../src/domain/wake-up.ts'
import type { Env } from '../../src/env.ts'
import { issueAdjustment } from '../../src/usecases/issue-adjustment.ts'
import { createWorker } from '../../src/worker.ts'
import { countedDatabase } from '../../test/counted-database.ts'
import { config } from './configuration.ts'

const { db, counts, reset } = countedDatabase(() => true)
const queue: WakeUp[] = []
const sent = { messages: 0, sends: 0, bytes: 0, fetches: 0 }

const note = (wakeUps: readonly (WakeUp | NoticeWakeUp)[]): void => {
  if (wakeUps.length === 0) return
  sent.sends += 1
  sent.messages += wakeUps.length
  sent.bytes += JSON.stringify(wakeUps).length
}

const originalFetch = globalThis.fetch
globalThis.fetch = (input, init) => {
  sent.fetches += 1
  return originalFetch(input, init)
}

const parts = {
  db,
  wake: async (wakeUps: readonly WakeUp[]) => {
    note(wakeUps)
    queue.push(...wakeUps)
  },
  wakeNotices: async (wakeUps: readonly NoticeWakeUp[]) => note(wakeUps),
  log: () => {},
}
const worker = createWorker(config, parts)

async function answerCount(env: Env): Promise<Response> {
  const ends: string[] = []
  const deps = { ...createDeps(env, config), ...parts }
  for (const wakeUp of queue.splice(0)) ends.push(await issueAdjustment(deps, wakeUp))
  const { queries, ...rows } = counts
  const answer = Response.json({ ...rows, ...sent, statements: queries.length, ends })
  reset()
  Object.assign(sent, { messages: 0, sends: 0, bytes: 0, fetches: 0 })
  return answer
}

export default {
  ...worker,
  fetch: (request, env, context) =>
    new URL(request.url).pathname === '/count'
      ? answerCount(env)
      : worker.fetch(request, env, context),
} satisfies ExportedHandler<Env, WakeUp | NoticeWakeUp>
