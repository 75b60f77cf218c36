import type { MiddlewareHandler } from 'hono'
import { noteReading, type ReadList } from '../usecases/note-reading.ts'
import type { AppEnv } from './context.ts'

/** Behind `validPage`: who goes on behind the first page reads in bulk, and that is an entry before it is answered. */
export const noteBulk =
  (list: ReadList): MiddlewareHandler<AppEnv> =>
  async (c, next) => {
    if (c.req.query('cursor') !== undefined) await noteReading(c.var.deps, c.var.operator, list)
    return next()
  }
