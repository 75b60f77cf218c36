// How it is: whether the billing API is called, until when our record has been compared with it, and how much
// waits for a person. `GET /status`.

import { findCircuit } from '../../db/read-circuit.ts'
import { findSearches } from '../../db/read-gaps.ts'
import { findRecordAge } from '../../db/read-record.ts'
import { findSealState } from '../../db/read-seal.ts'
import {
  countWaiting,
  findLastReconciliation,
  findOldestDue,
  findStarts,
} from '../../db/read-status.ts'
import { listSwitches } from '../../db/read-switches.ts'
import type { GapSearch, Reconciliation } from '../../db/schema.ts'
import { isOpen, type Circuit } from '../../domain/circuit.ts'
import { STATUS_SWITCHES_MAX } from '../../domain/limits.ts'
import { findersOf } from '../../usecases/finders-of.ts'
import { succeed } from '../answers.ts'
import { requireScope } from '../require-key.ts'
import { createRoutes } from '../routes.ts'
import { presentSealing } from './present-sealing.ts'
import { idOf } from './reconciliations.ts'
import { presentSwitch } from './switches.ts'

export const status = createRoutes().get('/', requireScope('read'), async (c) => {
  const { db, now, billing, config, settings } = c.var.deps
  const circuit = await findCircuit(db)
  const record = billing && (await findRecordAge(db, billing.mode, now()))
  const finders = findersOf(c.var.deps)
  const { starts, hosts } = await findStarts(db)
  const names = finders.map(({ name }) => name)
  const searches = names.length === 0 ? [] : await findSearches(db, names)
  return succeed(c, {
    object: 'status',
    billing: { isConfigured: billing !== null, ...presentCircuit(circuit, now()) },
    /** Nothing is issued while `claimsWait`: the next comparison lets it go on. */
    reconciliation: {
      comparedUntil: iso(record?.comparedUntil ?? null),
      claimsWait: record?.isOld ?? false,
      last: presentLast(await findLastReconciliation(db)),
    },
    /** Of what D1 has for the queues: how long the oldest has been due, in seconds; null where nothing is. */
    queues: presentQueues(await findOldestDue(db, now()), now()),
    /** What is paused; where `all` is, nothing is issued. */
    switches: (await listSwitches(db, STATUS_SWITCHES_MAX)).map(presentSwitch),
    /** Each at most STATUS_COUNT_MAX. */
    adjustments: await countWaiting(db),
    audit: presentSealing(await findSealState(db), settings.auditKeys.length > 0, now()),
    /** `startedAt`: of its first delivery; what happened before that day is held. */
    endpoints: [...config.endpoints.keys()].map((endpoint) => ({
      endpoint,
      startedAt: iso(starts.get(endpoint) ?? null),
    })),
    /** To which no link may lead, though the billing API keeps PDFs there. */
    refusedHosts: hosts,
    /** Of deliveries that never came, by endpoint. */
    findMissed: finders.map(({ name, off }) =>
      presentSearch(
        name,
        off,
        searches.find(({ endpoint }) => endpoint === name),
      ),
    ),
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

const presentLast = (last: Reconciliation | null) =>
  last && { id: idOf(last.seq), outcome: last.outcome, finishedAt: iso(last.finishedAt) }

type Due = Awaited<ReturnType<typeof findOldestDue>>

function presentQueues(due: Due, now: number) {
  const present = (at: number | null) => ({
    oldestDueAt: iso(at),
    oldestSeconds: at === null ? null : Math.floor((now - at) / 1_000),
  })
  return { adjustments: present(due.adjustments), notices: present(due.notices) }
}

/** `lastFound`: so many deliveries had never come when it ended last. */
const presentSearch = (endpoint: string, off: string | null, search: GapSearch | undefined) => ({
  endpoint,
  state: off === null ? 'on' : 'off',
  off,
  searchedUntil: iso(search?.searchedUntil ?? null),
  lastAt: iso(search?.lastAt ?? null),
  lastFound: search?.lastFound ?? null,
  failures: search?.failures ?? 0,
  trouble: search?.trouble ?? null,
})

const iso = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString())
