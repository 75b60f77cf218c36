// A person or a program says which customer of the billing API a source's customer is. It holds from the
// next look-up on.

import type { Identity } from '../db/schema.ts'
import { writeIdentity } from '../db/write-identities.ts'
import type { Actor } from '../domain/audit.ts'
import { OPERATOR_ENDPOINT } from '../domain/by-hand.ts'
import {
  readIdentity,
  type IdentityCondition,
  type IdentityFault,
  type WrittenIdentity,
} from '../domain/identity.ts'
import { err, ok, type Result } from '../domain/result.ts'
import type { Config } from '../config.ts'
import type { Deps } from '../deps.ts'
import { isKeyTrouble } from './postpone-or-fail.ts'
import { raiseAlarm } from './raise-alarm.ts'
import { findCustomerById } from './resolve-customer.ts'

export type SetIdentityTrouble =
  | { readonly reason: 'wrong_fields'; readonly faults: readonly IdentityFault[] }
  | { readonly reason: 'unknown_customer' }
  | { readonly reason: 'precondition_failed' }
  | {
      readonly reason: 'billing_unavailable'
      readonly code: string
      /** The HTTP status that it answered; null where it didn't. */
      readonly answered: number | null
    }

export type IdentitySet = {
  readonly identity: Identity
  /** False where one was there: then it may name another customer now. */
  readonly isNew: boolean
}

/** The customer has to be there: one who isn't would be noticed only when money is due. */
export async function setIdentity(
  deps: Deps,
  written: WrittenIdentity,
  actor: Actor,
  condition: IdentityCondition = 'any',
): Promise<Result<IdentitySet, SetIdentityTrouble>> {
  const { db, billing, config } = deps
  const read = readIdentity(written, accountsOf(config))
  if (!read.ok) return err({ reason: 'wrong_fields', faults: read.error })
  if (billing === null) {
    return err({ reason: 'billing_unavailable', code: 'not_configured', answered: null })
  }
  const found = await findCustomerById(billing, read.value.customerId)
  if (!found.ok) {
    const { code, status } = found.error
    if (isKeyTrouble(found.error)) await raiseAlarm(deps, 'billing_key_refused', { code, status })
    return err({ reason: 'billing_unavailable', code, answered: status })
  }
  if (found.value === null) return err({ reason: 'unknown_customer' })
  const set = await writeIdentity(db, read.value, actor, deps.now(), condition)
  return set === null ? err({ reason: 'precondition_failed' }) : ok(set)
}

/** Those in which somebody can be named: of the endpoints, and of what people make by hand. */
export const accountsOf = ({ endpoints }: Config): ReadonlySet<string> =>
  new Set([OPERATOR_ENDPOINT, ...[...endpoints].map(([name, { account }]) => account ?? name)])
