// Somebody asks that a customer be erased: what he is known by is put together, and the clock goes on from
// there. Whoever has the billing API's id of him names the whole customer; an e-mail alone names one person.

import { insertErasure } from '../db/write-erasures.ts'
import { identitiesOf, referencesOf } from '../db/read-erasures.ts'
import type { Erasure } from '../db/schema.ts'
import { distinct } from '../domain/erasable.ts'
import { comparable, erasedCustomer, type ErasureReason } from '../domain/erasure.ts'
import { base32 } from '../domain/ids.ts'
import { ERASURE_IDENTIFIERS_MAX, ERASURES_OPEN_MAX, OPERATOR_KEY_BYTES } from '../domain/limits.ts'
import type { Operator } from '../domain/operator.ts'
import { err, ok, type Result } from '../domain/result.ts'
import type { Deps } from '../deps.ts'

export type ErasureRequest = {
  readonly customer: {
    readonly id: string | null
    /** External ids, e-mails, names: at least one, or the id. */
    readonly texts: readonly string[]
  }
  readonly reason: ErasureReason
}

export type ErasureTrouble = { readonly reason: 'too_many_erasures'; readonly max: number }

export async function requestErasure(
  { db, now, randomBytes }: Deps,
  { name }: Operator,
  { customer: { id, texts }, reason }: ErasureRequest,
): Promise<Result<Erasure, ErasureTrouble>> {
  const ids = id === null ? [] : [id]
  const identities = id === null ? [] : await identitiesOf(db, id)
  const references = id === null ? [] : await referencesOf(db, id)
  // Of too many, the identities come first: they are removed, and would not be known any more.
  const all = distinct([...identities, ...references]).slice(0, ERASURE_IDENTIFIERS_MAX)
  const erasure = await insertErasure(
    db,
    {
      id: `era_${base32(randomBytes(OPERATOR_KEY_BYTES))}`,
      customer: erasedCustomer(ids, [...new Set(texts.map(comparable))], all),
      reason,
      actor: `operator:${name}`,
    },
    now(),
  )
  return erasure ? ok(erasure) : err({ reason: 'too_many_erasures', max: ERASURES_OPEN_MAX })
}
