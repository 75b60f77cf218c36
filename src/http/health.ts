import { Hono } from 'hono'
import { assertReachable } from '../db/database.ts'
import { thrownFields } from '../log.ts'
import type { AppEnv } from './context.ts'

/** `/healthz`: alive. `/readyz`: configured; it names what is missing, never a value. */
export const health = new Hono<AppEnv>()
  .get('/healthz', (c) => c.json({ status: 'alive' }))
  .get('/readyz', async (c) => {
    const { settings, db, log } = c.var.deps
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
    const isReady = problems.length === 0
    return c.json(
      { status: isReady ? 'ready' : 'not_ready', problems, endpoints },
      isReady ? 200 : 503,
    )
  })
