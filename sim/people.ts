// Who they are, and the key that each of them has.

import { keyHashOf } from '../src/domain/operator.ts'
import type { Sqlite } from './sqlite.ts'

export type Person = { readonly name: string; readonly email: string | null; readonly key: string }

const personOf = (name: string, email: string | null, letter: string): Person => ({
  name,
  email,
  key: `ck_mg_${letter.repeat(32)}`,
})

export const PEOPLE = [
  personOf('lead-a', 'lead-a@saas.example', 'a'),
  personOf('lead-b', 'lead-b@saas.example', 'b'),
  personOf('agent', 'agent@saas.example', 'c'),
  personOf('robot', null, 'd'),
] as const

/** The key that each of them has. */
export async function addKeys(image: Sqlite, at: number): Promise<void> {
  for (const [position, { name, email, key }] of PEOPLE.entries()) {
    const hash = await keyHashOf(key)
    const scopes = JSON.stringify(['read', 'write', 'approve'])
    const id = `key_${String(position).repeat(32)}`
    image.rows(
      `INSERT INTO keys (id, name, email, hash, scopes, created_at, created_by)
        VALUES (?, ?, ?, ?, ?, ?, 'operator:bootstrap')`,
      id,
      name,
      email,
      hash,
      scopes,
      at,
    )
  }
}
