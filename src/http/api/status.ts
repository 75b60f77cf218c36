// How it is: whether the billing API is called, until when our record has been compared with it, and how much
// waits for a person. `GET /status`.

import { Hono } from 'hono'
import { findCircuit } from '../../db/read-circuit.ts'
import { findRecordAge } from '../../db/read-record.ts'
import { countWaiting } from '../../db/read-status.ts'
import { isOpen, type Circuit } from '../../domain/circuit.ts'
import { succeed } from '../answers.ts'
import type { AppEnv } from '../context.ts'
import { requireScope } from '../require-key.ts'

export const status = new Hono<AppEnv>().get('/', requireScope('read'), async (c) => {
  const { db, now, billing } = c.var.deps
  const circuit = await findCircuit(db)
  const record = billing && (await findRecordAge(db, billing.mode, now()))
  return succeed(c, {
    object: 'status',
    billing: { isConfigured: billing !== null, ...presentCircuit(circuit, now()) },
    /** Nothing is issued while `claimsWait`: the next comparison lets it go on. */
    reconciliation: {
      comparedUntil: iso(record?.comparedUntil ?? null),
      claimsWait: record?.isOld ?? false,
    },
    /** Each at most STATUS_COUNT_MAX. */
    adjustments: await countWaiting(db),
  })
})

const presentCircuit = (circuit: Circuit, now: number) => {
  const { failures, cause, openedAt, probeAt, probes } = circuit
  const state = isOpen(circuit, now) ? 'open' : 'closed'
  if (state === 'closed') {
    return { state, cause: null, openedAt: null, probeAt: null, failures, probes: 0 }
  }
  return { state, cause, openedAt: iso(openedAt), probeAt: iso(probeAt), failures, probes }
}

const iso = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString())
