// One process at a time in one folder: of a stack's state a second one would take the first one's leases for dead.
import * as fs from 'node:fs'
import * as path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { folderOf, type Place } from './deployment.ts'
import { Trouble } from './trouble.ts'

/**
 * Holds the folder until `release` is called or the process ends. SQLite's file lock is used because
 * the operating system drops it with the process, however that one ends.
 * @throws Trouble, which says `told`, when another process holds it
 */
export function lockFolder(folder: string, told: string): { release(): void } {
  fs.mkdirSync(folder, { recursive: true })
  const database = new DatabaseSync(path.join(folder, 'in-use.sqlite'), { timeout: 0 })
  try {
    database.exec('BEGIN EXCLUSIVE')
  } catch {
    database.close()
    throw new Trouble(told)
  }
  return { release: () => database.close() }
}

export const lockState = (statePath: string): { release(): void } =>
  lockFolder(
    statePath,
    `the state folder ${statePath} is in use by another run; stop it, or choose another folder: ` +
      'MAKEGOOD_STATE=<folder> npm start',
  )

/** Runs it while no other setup or deploy of this place does, in this checkout. */
export async function whileAlone<T>(root: string, place: Place, run: () => Promise<T>): Promise<T> {
  const told = `another setup or deploy of ${place} is under way in this checkout`
  const lock = lockFolder(path.join(root, folderOf(place)), told)
  try {
    return await run()
  } finally {
    lock.release()
  }
}
