// The processes that run at one time, and what each is given. They die, are replaced, and change their
// configuration one after the other.

import { createDeps, type Deps } from '../src/deps.ts'
import type { Env } from '../src/env.ts'
import { createApp } from '../src/http/app.ts'
import { configOf, SECRETS, VERSIONS } from './config.ts'
import { createD1, type D1Port } from './d1.ts'
import type { Host, Isolate } from './host.ts'
import type { QueueName, Woken } from './queues.ts'
import { createRandom } from './random.ts'
import type { Scenario } from './scenario.ts'
import type { Timeline } from './timeline.ts'

type Answer = ReturnType<ReturnType<typeof createApp>['fetch']>

/** One process: its deps are its memory, made anew with it, as src/worker.ts does. */
export type Running = {
  readonly isolate: Isolate
  readonly deps: Deps
  /** `failed` is told if what was left to do after the answer rejects. */
  readonly fetch: (request: Request, failed: (error: unknown) => void) => Answer
}

export type Fleet = {
  /** Any process that lives; a new one where too few do. */
  readonly pick: () => Running
  /** All of them die. */
  readonly restart: () => void
  readonly configs: readonly ReturnType<typeof configOf>[]
}

type Parts = {
  readonly scenario: Scenario
  readonly timeline: Timeline
  readonly host: Host
  readonly d1: D1Port
  readonly send: (name: QueueName, bodies: readonly Woken[]) => Promise<void>
}

const LINK_KEY = 'simulated-link-key-simulated-link-key'

export function createFleet({ scenario, timeline, host, d1, send }: Parts): Fleet {
  const random = createRandom(scenario.seed, 'fleet')
  const configs = Array.from({ length: VERSIONS }, (_, version) => configOf(version, scenario))
  const known = new WeakMap<Env, Deps>()
  const app = createApp((env) => {
    const deps = known.get(env)
    if (deps === undefined) throw new Error('an environment of no process')
    return deps
  })
  const running: (Running & { readonly version: number })[] = []
  // It need not be the first one with which a run begins.
  let version = random.below(VERSIONS - scenario.deployments.length)
  let made = 0

  const start = (): void => {
    const config = configs[version]
    if (config === undefined) throw new Error(`there is no configuration ${version}`)
    made += 1
    const skewMs = scenario.faults.has('clock') ? random.between(-1_500, 1_500) : 0
    const isolate: Isolate = {
      name: `p${made}v${version}`,
      skewMs,
      isAlive: true,
      tasks: new Set(),
    }
    const env = environment(d1, send)
    const deps = createDeps(env, config)
    known.set(env, deps)
    const fetch: Running['fetch'] = (request, failed) =>
      app.fetch(request, env, {
        props: {},
        passThroughOnException: () => undefined,
        waitUntil: (promise) => {
          promise.catch(failed)
        },
      })
    running.push({ isolate, deps, fetch, version })
  }
  const isAlive = ({ isolate }: Running): boolean => isolate.isAlive

  // A rolling deployment: new processes start with it at once, and the old ones end one by one.
  for (const at of scenario.deployments) {
    timeline.at(at, () => {
      version = (version + 1) % VERSIONS
      start()
    })
    timeline.at(at + random.between(1_000, 120_000), () => {
      for (const each of running) if (each.version !== version) host.kill(each.isolate, 'replaced')
    })
  }

  return {
    configs,
    restart: () => {
      for (const each of running) host.kill(each.isolate, 'restarted')
    },
    pick: () => {
      for (let at = running.length - 1; at >= 0; at -= 1) {
        if (running[at]?.isolate.isAlive === false) running.splice(at, 1)
      }
      while (running.length < scenario.isolates) start()
      const [first, ...rest] = running.filter(isAlive)
      if (first === undefined) throw new Error('no process lives')
      return random.pick([first, ...rest])
    },
  }
}

function environment(d1: D1Port, send: Parts['send']): Env {
  return {
    ...SECRETS,
    DB: createD1(d1),
    ADJUSTMENTS: queue('makegood-adjustments', send),
    NOTICES: queue('makegood-notices', send),
    COMMET_API_URL: 'https://commet.sim',
    COMMET_API_KEY: 'ck_sandbox_simulated',
    BOOTSTRAP_KEY: 'ck_mg_simulated-bootstrap-key',
    LINK_KEY,
    PUBLIC_URL: 'https://makegood.sim',
  }
}

function queue<Body extends Woken>(name: QueueName, send: Parts['send']): Queue<Body> {
  const metrics = { backlogCount: 0, backlogBytes: 0, oldestMessageTimestamp: new Date(0) }
  return {
    metrics: async () => metrics,
    send: async (body) => {
      await send(name, [body])
      return { metadata: { metrics } }
    },
    sendBatch: async (messages) => {
      await send(
        name,
        Array.from(messages, ({ body }) => body),
      )
      return { metadata: { metrics } }
    },
  }
}
