// A database in which somebody pauses an endpoint anew, right before somebody else ends its pause.

import { env } from 'cloudflare:workers'
import { openDatabase, type Database } from '../src/db/database.ts'

export function insertedPause(endpoint: string, at: number): Database {
  const DB = new Proxy(env.DB, {
    get: (target, field) => {
      const value: unknown = Reflect.get(target, field)
      if (field !== 'batch') return typeof value === 'function' ? value.bind(target) : value
      return async (statements: D1PreparedStatement[]) => {
        await target
          .prepare(`UPDATE switches SET at = ? WHERE kind = 'endpoint' AND key = ?`)
          .bind(at, endpoint)
          .run()
        return target.batch(statements)
      }
    },
  })
  return openDatabase(DB, () => false)
}
