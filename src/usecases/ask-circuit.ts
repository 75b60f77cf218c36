// Nobody calls the billing API before he has asked the circuit; what came of a call is told to it here,
// or in the very batch that commits an answer (`afterAnswer` of src/db/write-circuit.ts).

import type { BillingError } from '../commet/client.ts'
import { findCircuit } from '../db/read-circuit.ts'
import { commitCircuit, parkAtCircuit, takeProbe } from '../db/write-circuit.ts'
import type { Adjustment } from '../db/schema.ts'
import type { Alarm } from '../domain/alarm.ts'
import type { AuditEntry } from '../domain/audit.ts'
import {
  circuitAfter,
  CIRCUIT_SUBJECT,
  COMPARISON,
  isOpen,
  signOf,
  type BillingSign,
  type Circuit,
  type CircuitCaller,
} from '../domain/circuit.ts'
import { CIRCUIT_READS_MAX, CIRCUIT_SPREAD_SECONDS } from '../domain/limits.ts'
import type { Trouble } from '../domain/trouble.ts'
import type { Billing, Deps } from '../deps.ts'
import { newAlarm, sayAlarm } from './raise-alarm.ts'
import { watchBilling } from './watch-billing.ts'

/** `stale`: it closed meanwhile, or somebody else was first; the sweep looks again. */
export type Parked = 'circuit_open' | 'stale'

/**
 * Makes the calls if the circuit is closed, or as its probe. Else it waits for the probe: no attempt is
 * used, and nothing is written about it. A probe that was answered closes the circuit, whatever became of its
 * adjustment, unless a later call of it had no answer.
 */
export async function throughCircuit<Done>(
  deps: Deps,
  circuit: Circuit,
  { adjustment, billing }: { readonly adjustment: Adjustment; readonly billing: Billing },
  call: (billing: Billing) => Promise<Done>,
): Promise<Done | Parked> {
  const { id } = adjustment
  if (!isOpen(circuit, deps.now())) return call(billing)
  if (!(await takeProbe(deps.db, id, deps.now()))) return waitForCircuit(deps, adjustment)
  let isAnswered = false
  const watched = watchBilling(billing, async (error) => {
    isAnswered ||= error === null || signOf('look', error).kind === 'answered'
  })
  const done = await call(watched)
  // Trouble was told by whoever met it. Where nothing was called, the next one may try.
  await tellCircuit(deps, id, { kind: isAnswered ? 'answered' : 'nothing' }, null)
  return done
}

/**
 * Whether a comparison has to wait. Where the circuit is open and its probe is due, this asks: for one invoice, and an
 * answer closes the circuit for all.
 */
export async function isBillingDown(deps: Deps): Promise<boolean> {
  const { db, now, billing } = deps
  if (!isOpen(await findCircuit(db), now())) return false
  if (billing === null || !(await takeProbe(db, COMPARISON, now()))) return true
  const answer = await billing.invoices.list({ limit: 1 })
  const sign = answer.ok ? ANSWERED : signOf('look', answer.error)
  await tellCircuit(deps, COMPARISON, sign, answer.ok ? null : { step: 'look', ...answer.error })
  return sign.kind !== 'answered'
}

const ANSWERED: BillingSign = { kind: 'answered' }

/** A comparison's calls that had no answer count like all others; most of them say that all is well. */
export const toldByComparison = (deps: Deps, billing: Billing): Billing =>
  watchBilling(billing, async (error) => {
    const sign = error && signOf('look', error)
    if (!error || !sign || sign.kind === 'answered') return
    await tellCircuit(deps, COMPARISON, sign, { step: 'look', ...error })
  })

export async function waitForCircuit(deps: Deps, adjustment: Adjustment): Promise<Parked> {
  const spreadMs = Math.floor(deps.random() * CIRCUIT_SPREAD_SECONDS * 1_000)
  const parked = await parkAtCircuit(deps.db, adjustment, spreadMs, deps.now())
  return parked === null ? 'stale' : 'circuit_open'
}

/** What a call that failed has shown of the billing API. */
export const tellTrouble = (
  deps: Deps,
  { id }: Adjustment,
  step: Trouble['step'],
  error: BillingError,
): Promise<void> => tellCircuit(deps, id, signOf(step, error), { step, ...error })

/** A write that others keep overtaking is let go: the next call tells the same. */
async function tellCircuit(
  deps: Deps,
  by: CircuitCaller,
  sign: BillingSign,
  trouble: (Pick<Trouble, 'step'> & BillingError) | null,
): Promise<void> {
  for (let read = 0; read < CIRCUIT_READS_MAX; read++) {
    const before = await findCircuit(deps.db)
    const now = deps.now()
    const after = circuitAfter(before, sign, { by, now })
    if (after === null) return
    const entry = entryOf(before, after, { by, now, trouble })
    const alarm = entry && (await alarmOf(deps, entry, after, by))
    const isCommitted = await commitCircuit(deps.db, before, after, entry && { ...entry, alarm })
    if (!isCommitted) continue
    if (alarm !== null) await sayAlarm(deps, alarm)
    return
  }
}

/** Of a key that is refused each call alarms by itself, and a limiter is no trouble. */
async function alarmOf(
  deps: Deps,
  { action }: AuditEntry,
  { cause, failures, probes }: Circuit,
  by: CircuitCaller,
): Promise<Alarm | null> {
  if (action !== 'circuit.opened' || cause !== 'unavailable') return null
  return newAlarm(deps, 'billing_unavailable', { ...named(by), failures, probes })
}

/** Of an adjustment its id; the comparison of the record is none. */
const named = (by: CircuitCaller) => (by === COMPARISON ? { by } : { adjustment: by })

type Told = {
  readonly by: CircuitCaller
  readonly now: number
  readonly trouble: (Pick<Trouble, 'step'> & BillingError) | null
}

/** Only opening, another cause, and closing are facts; a probe more is none. */
function entryOf(before: Circuit, after: Circuit, { by, now, trouble }: Told): AuditEntry | null {
  const { cause } = after
  if (before.cause === cause) return null
  const actor = by === COMPARISON ? 'system:reconciliation' : 'system:issuer'
  const facts = { at: now, actor, subject: CIRCUIT_SUBJECT } as const
  if (cause === null) {
    const data = { cause: before.cause, openedAt: before.openedAt, probes: before.probes }
    return { ...facts, action: 'circuit.closed', data: { ...data, ...named(by) } }
  }
  const { step, code, status } = trouble ?? {}
  const data = { cause, before: before.cause, failures: after.failures, step, code, status }
  return { ...facts, action: 'circuit.opened', data: { ...data, ...named(by) } }
}
