// The Worker of a configuration: three handlers over the same verbs.

import type { Config } from './config.ts'
import { createDeps, type Deps } from './deps.ts'
import type { NoticeWakeUp, WakeUp } from './domain/wake-up.ts'
import type { Env } from './env.ts'
import { createApp } from './http/app.ts'
import { consume } from './queue.ts'
import { runCron } from './scheduled.ts'

/** `parts`: in place of what it is given otherwise, such as a clock that a trial holds. */
export function createWorker(config: Config, parts: Partial<Deps> = {}) {
  // The environment of an isolate doesn't change, so it is parsed once.
  const known = new WeakMap<Env, Deps>()
  const depsOf = (env: Env): Deps => {
    const deps = known.get(env) ?? { ...createDeps(env, config), ...parts }
    known.set(env, deps)
    return deps
  }
  const app = createApp(depsOf)
  return {
    fetch: (request, env, context) => app.fetch(request, env, context),
    queue: (batch, env) => consume(depsOf(env), batch),
    scheduled: (controller, env) => runCron(depsOf(env), controller.cron),
  } satisfies ExportedHandler<Env, WakeUp | NoticeWakeUp>
}
