// Somebody asks that a customer be erased: what he is known by is put together, and the clock goes on from
// there. Whoever has the billing API's id of him names the whole customer; an e-mail alone names one person.

import { insertErasure } from '../db/write-erasures.ts'
import { calledOf, customersCalled } from '../db/read-erasures.ts'
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
    /** Beside an id it is looked for as what his own events call him; without one, as any other text. */
    readonly externalId: string | null
    /** E-mails and names; without an id at least one, or the external id. */
    readonly texts: readonly string[]
  }
  readonly reason: ErasureReason
}

export type ErasureTrouble =
  | { readonly reason: 'too_many_erasures'; readonly max: number }
  /** Identities say so. The billing API's ids, of which the one who is meant is to be named. */
  | { readonly reason: 'several_customers'; readonly customers: readonly string[] }

export async function requestErasure(
  { db, now, randomBytes }: Deps,
  { name }: Operator,
  { customer: { id, externalId, texts }, reason }: ErasureRequest,
): Promise<Result<Erasure, ErasureTrouble>> {
  const external = externalId === null ? [] : [externalId]
  const named = id === null ? [...external, ...texts] : texts
  const all = [...new Set(named.map(comparable))]
  const customers = id === null ? await customersCalled(db, all) : []
  if (customers.length > 1) return err({ reason: 'several_customers', customers })
  const asked = external.map((value) => ({ account: '', kind: 'external_id', value }) as const)
  const references = id === null ? [] : distinct([...asked, ...(await calledOf(db, id))])
  const erasure = await insertErasure(
    db,
    {
      id: `era_${base32(randomBytes(OPERATOR_KEY_BYTES))}`,
      customer: erasedCustomer(
        id === null ? [] : [id],
        all,
        references.slice(0, ERASURE_IDENTIFIERS_MAX),
      ),
      reason,
      actor: `operator:${name}`,
    },
    now(),
  )
  return erasure ? ok(erasure) : err({ reason: 'too_many_erasures', max: ERASURES_OPEN_MAX })
}
