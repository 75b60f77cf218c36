// Pauses everything, a rule, an endpoint or a customer. The claim reads the switch, so it works with the
// next statement: what waits stays due, and no delivery is refused.

import { findSwitches, type SwitchRow } from '../db/read-switches.ts'
import { pauseKeys } from '../db/write-switches.ts'
import { assert } from '../domain/assert.ts'
import { OPERATOR_ENDPOINT } from '../domain/by-hand.ts'
import { isCustomerId } from '../domain/identity.ts'
import { BILLING_ID_CHARS_MAX, PAUSED_CUSTOMERS_MAX, WORD_CHARS_MAX } from '../domain/limits.ts'
import type { Operator } from '../domain/operator.ts'
import { err, ok, type Result } from '../domain/result.ts'
import { ownIds } from '../domain/rule.ts'
import type { Switch } from '../domain/switch.ts'
import { oneLine } from '../domain/text.ts'
import type { Config } from '../config.ts'
import type { Deps } from '../deps.ts'
import { RESERVED_RULE_IDS } from '../rule-problems.ts'
import { findCustomerById } from './resolve-customer.ts'

export type SwitchTrouble =
  | { readonly reason: 'rule_unknown'; readonly key: string }
  | { readonly reason: 'endpoint_unknown'; readonly key: string }
  | { readonly reason: 'customer_unusable'; readonly max: number }
  | { readonly reason: 'customer_unknown'; readonly key: string }
  | { readonly reason: 'too_many_customers'; readonly max: number }

/**
 * The rows of it, a rule's former ids among them; also where it was paused before. A customer by any
 * other name than his billing id would go on: where the billing API can say so, he is refused.
 */
export async function pause(
  deps: Pick<Deps, 'billing' | 'config' | 'db' | 'log' | 'now'>,
  operator: Operator,
  wanted: Switch,
): Promise<Result<readonly SwitchRow[], SwitchTrouble>> {
  const { kind } = wanted
  const keys = keysOf(deps.config, wanted)
  if (!keys.ok) return keys
  if (kind === 'customer' && (await isUnknownCustomer(deps, wanted.key))) {
    return err({ reason: 'customer_unknown', key: wanted.key })
  }
  const actor = `operator:${operator.name}` as const
  await pauseKeys(deps.db, { kind, keys: keys.value, actor }, deps.now())
  const rows = await findSwitches(deps.db, kind, keys.value)
  if (kind === 'customer' && rows.length === 0) {
    return err({ reason: 'too_many_customers', max: PAUSED_CUSTOMERS_MAX })
  }
  return ok(rows)
}

/** The rows of a switch, whether or not it is configured any more; none where it is not paused. */
export async function findPause(
  { config, db }: Pick<Deps, 'config' | 'db'>,
  wanted: Switch,
): Promise<Result<readonly SwitchRow[], SwitchTrouble>> {
  const keys = keysOf(config, wanted)
  const rows = await findSwitches(db, wanted.kind, keys.ok ? keys.value : [wanted.key])
  return keys.ok || rows.length > 0 ? ok(rows) : keys
}

/** For certain: pausing must work while the billing API doesn't. */
async function isUnknownCustomer(
  { billing, db, log }: Pick<Deps, 'billing' | 'db' | 'log'>,
  id: string,
): Promise<boolean> {
  if ((await findSwitches(db, 'customer', [id])).length > 0 || billing === null) return false
  const found = await findCustomerById(billing, id)
  if (found.ok) return found.value === null
  const { code, status } = found.error
  log({ event: 'pause.customer_not_asked', customer: id, code, status })
  return false
}

/** The keys that a switch stands for: of a rule all its own ids, in their order. */
export function keysOf(
  { rules, endpoints }: Config,
  { kind, key }: Switch,
): Result<readonly string[], SwitchTrouble> {
  switch (kind) {
    case 'all':
      assert(key === '', 'the switch of everything has no key')
      return ok([key])
    case 'rule': {
      const rule = rules.find((each) => ownIds(each).includes(key))
      if (rule) return ok(ownIds(rule))
      return RESERVED_RULE_IDS.includes(key)
        ? ok([key])
        : err({ reason: 'rule_unknown', key: oneLine(key, WORD_CHARS_MAX) })
    }
    case 'endpoint':
      return endpoints.has(key) || key === OPERATOR_ENDPOINT
        ? ok([key])
        : err({ reason: 'endpoint_unknown', key: oneLine(key, WORD_CHARS_MAX) })
    case 'customer':
      return isCustomerId(key)
        ? ok([key])
        : err({ reason: 'customer_unusable', max: BILLING_ID_CHARS_MAX })
  }
}
