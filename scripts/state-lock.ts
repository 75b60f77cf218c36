// One stack at a time on one state folder: a second one would take the first one's leases for dead.
import * as fs from 'node:fs'
import * as path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Trouble } from './trouble.ts'

/**
 * Holds the folder until `release` is called or the process ends. SQLite's file lock is used because
 * the operating system drops it with the process, however that one ends.
 * @throws Trouble when another process holds it
 */
export function lockState(statePath: string): { release(): void } {
  fs.mkdirSync(statePath, { recursive: true })
  const database = new DatabaseSync(path.join(statePath, 'in-use.sqlite'), { timeout: 0 })
  try {
    database.exec('BEGIN EXCLUSIVE')
  } catch {
    database.close()
    throw new Trouble(
      `the state folder ${statePath} is in use by another run; stop it, or choose another folder: ` +
        'MAKEGOOD_STATE=<folder> npm start',
    )
  }
  return { release: () => database.close() }
}
