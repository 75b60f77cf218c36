import { assertReachable } from '../db/database.ts'
import { thrownFields } from '../log.ts'
import { isForStaff } from '../notices/channel.ts'
import { notSet } from '../settings.ts'
import { findersOf } from '../usecases/finders-of.ts'
import { createRoutes } from './routes.ts'

const ON_ALONE = 'on; of a closed ticket nobody is told, since no channel for people is on'

const LIMITERS = ['LINK_MISSES', 'API_CALLS', 'API_STRANGERS'] as const

/** `/healthz`: alive. `/readyz`: configured; it names what is missing, never a value. */
export const health = createRoutes()
  .get('/healthz', (c) => c.json({ status: 'alive', version: c.env.VERSION?.id }))
  .get('/readyz', async (c) => {
    const { config, settings, db, log } = c.var.deps
    const problems = [...settings.problems]
    try {
      await assertReachable(db)
    } catch (error) {
      log({ event: 'alarm.database', ...thrownFields(error) })
      problems.push('DB has no tables, or does not answer: apply the migrations')
    }
    const endpoints = [...settings.endpointSecrets].map(([name, secrets]) => ({
      name,
      path: `/webhooks/${name}`,
      status: secrets.length === 0 ? 'off: its secret is not set' : 'on',
    }))
    const isSomebodyTold = config.notices.some(
      (channel) => isForStaff(channel) && settings.channelSecrets.has(channel.name),
    )
    const channels = config.notices.map(({ name, mayClose }) => {
      const missing = settings.channelsOff.get(name)
      if (missing !== undefined) return { name, status: `off: ${notSet(missing)}` }
      return { name, status: mayClose && !isSomebodyTold ? ON_ALONE : 'on' }
    })
    const missed = findersOf({ config, settings }).map(({ name, off }) => ({
      endpoint: name,
      status: off === null ? 'on' : `off: ${off}`,
    }))
    // Without one it works all the same: whoever calls too often is only not held back.
    const limits = LIMITERS.map((name) => ({
      name,
      status: c.env[name] === undefined ? 'off: wrangler.toml does not bind it' : 'on',
    }))
    const isReady = problems.length === 0
    return c.json(
      {
        status: isReady ? 'ready' : 'not_ready',
        problems,
        endpoints,
        channels,
        findMissed: missed,
        limits,
      },
      isReady ? 200 : 503,
    )
  })
