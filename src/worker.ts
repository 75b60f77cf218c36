// The Worker of a configuration: three handlers over the same verbs.

import type { Config } from './config.ts'
import { createDeps, type Deps } from './deps.ts'
import { LINK_PATH_DEFAULT } from './domain/link.ts'
import type { NoticeWakeUp, WakeUp } from './domain/wake-up.ts'
import type { Env } from './env.ts'
import { createDoor } from './http/door.ts'
import { consume } from './queue.ts'

/**
 * `parts`: in place of what it is given otherwise, such as a clock that a trial holds. Most requests are deliveries,
 * and most isolates see nothing else, so what operators and the cron need is loaded when they come.
 */
export function createWorker(config: Config, parts: Partial<Deps> = {}) {
  // The environment of an isolate doesn't change, so it is parsed once.
  const known = new WeakMap<Env, Deps>()
  const depsOf = (env: Env): Deps => {
    const deps = known.get(env) ?? { ...createDeps(env, config), ...parts }
    known.set(env, deps)
    return deps
  }
  const { path } = config.links
  const door = createDoor(depsOf, path)
  const atDoor = new Set(['/webhooks', '/healthz', '/readyz', LINK_PATH_DEFAULT, path])
  let whole: typeof door | undefined
  const loadWhole = async (): Promise<typeof door> => {
    const { createApp } = await import('./http/app.ts')
    return (whole ??= createApp(depsOf, path))
  }
  return {
    fetch: async (request, env, context) => {
      const app = atDoor.has(firstSegment(request)) ? door : await loadWhole()
      return app.fetch(request, env, context)
    },
    queue: (batch, env) => consume(depsOf(env), batch),
    scheduled: async (controller, env) => {
      const { runCron } = await import('./scheduled.ts')
      await runCron(depsOf(env), controller.cron)
    },
  } satisfies ExportedHandler<Env, WakeUp | NoticeWakeUp>
}

/** By the text alone: with two `Host` headers an address is none that could be parsed. */
const firstSegment = ({ url }: Request): string =>
  /^[^:]*:\/\/[^/]*(\/[^/?#]*)/.exec(url)?.[1] ?? '/'
