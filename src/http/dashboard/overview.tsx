// How it is, at a glance: what was given and taken, what waits, and what a new deployment still lacks.

import { findCircuit } from '../../db/read-circuit.ts'
import { findNewestInvoice, findWaiting, type Waiting } from '../../db/read-dashboard.ts'
import { findSumsState, listDayTotals } from '../../db/read-totals.ts'
import { findSealState } from '../../db/read-seal.ts'
import { findStarts } from '../../db/read-status.ts'
import { listSwitches } from '../../db/read-switches.ts'
import { unreachable } from '../../domain/assert.ts'
import { isOpen, type CircuitCause } from '../../domain/circuit.ts'
import { intactThrough } from '../../domain/checkpoint-note.ts'
import { CHART_ROWS_MAX, WAITING_COUNT_MAX } from '../../domain/limits.ts'
import { sealingOf } from '../../domain/sealing.ts'
import type { AppContext } from '../context.ts'
import { createRoutes } from '../routes.ts'
import { ByName } from './by-name.tsx'
import { Checklist } from './checklist.tsx'
import { Days, lastDays, SumsLack, wholeDays } from './days.tsx'
import { clockOf, Head, showPage } from './layout.tsx'
import { Facts, When, type Clock } from './parts.tsx'
import { requireOf } from './session.ts'
import { countShown, exactShown } from './shown.ts'
import { switchText } from './switches.tsx'
import { titleOf, toldOf } from './viewer.ts'

export const overview = createRoutes().get('/', requireOf('read'), async (c) => {
  const found = await readOverview(c)
  const clock = clockOf(c)
  const { currency } = c.var.deps.config
  return showPage(
    c,
    { title: 'Overview', section: 'Overview', told: toldOf(c), isLive: true },
    <>
      <Head title="Overview">
        {standing(found.waiting)} <a href="/inbox">Open the inbox</a>
      </Head>
      <div class="tiles" id="overview-tiles" data-part>
        <Tile name="Held" of={found.waiting.held} tone="wait" clock={clock} />
        <Tile name="Conflicts, undecided" of={found.waiting.events} tone="wait" clock={clock} />
        <Tile name="Failed" of={found.waiting.failed} tone="bad" clock={clock} />
      </div>
      <div class="columns">
        <div>
          <section class="sheet" id="overview-days" data-part>
            <h2>
              {found.days.length === 0
                ? 'Credits and charges'
                : `Credits and charges, ${found.days.length === 1 ? 'today' : `${found.days.length} days`}`}
            </h2>
            <SumsLack of={found.sumsState} clock={clock} />
            <Days totals={found.totals} days={found.days} currency={currency} />
          </section>
          <section class="sheet" id="overview-sources" data-part>
            <h2>By source</h2>
            <ByName
              head="Source"
              totals={found.totals}
              days={found.days}
              currency={currency}
              nameOf={(row) => titleOf(c, row).replace(/:$/, '')}
            />
          </section>
          <section class="sheet" id="overview-rules" data-part>
            <h2>By rule</h2>
            <ByName
              head="Rule"
              totals={found.totals}
              days={found.days}
              currency={currency}
              nameOf={({ ruleId }) => ruleId}
            />
          </section>
        </div>
        <div>
          <Checklist c={c} started={found.starts.starts} invoicedAt={found.invoicedAt} />
          <section class="sheet" id="overview-state" data-part>
            <h2>How it is</h2>
            <Standing c={c} of={found} clock={clock} />
          </section>
        </div>
      </div>
    </>,
  )
})

async function readOverview(c: AppContext) {
  const { db, config, billing } = c.var.deps
  const clock = clockOf(c)
  const days = lastDays(clock)
  const mode = billing?.mode ?? 'live'
  const asked = { mode, currency: config.currency, from: days[0] ?? '' }
  const [waiting, totals, sumsState, seal, switches, circuit, starts, invoicedAt] =
    await Promise.all([
      findWaiting(db),
      listDayTotals(db, asked, CHART_ROWS_MAX),
      findSumsState(db, asked),
      findSealState(db),
      listSwitches(db),
      findCircuit(db),
      findStarts(db),
      findNewestInvoice(db),
    ])
  return {
    ...wholeDays(totals, days),
    sumsState,
    waiting,
    seal,
    switches,
    circuit,
    starts,
    invoicedAt,
  }
}

type Found = Awaited<ReturnType<typeof readOverview>>

const Standing = ({ c, of, clock }: { c: AppContext; of: Found; clock: Clock }) => {
  const { seal, switches, circuit } = of
  const isConfigured = c.var.deps.settings.auditKeys.length > 0
  const isBroken = seal.fault !== null
  const sealing = sealingOf({ isConfigured, isBroken, waitingSince: seal.waitingSince }, clock.now)
  return (
    <Facts
      rows={[
        [
          'Billing API',
          billingText(c.var.deps.billing, isOpen(circuit, clock.now) ? circuit.cause : null),
        ],
        ['Paused', switches.length === 0 ? 'nothing' : switches.map(switchText).join('; ')],
        ['Audit log', sealText(seal, sealing.state, clock.timeZone)],
        [
          'Last seal',
          seal.sealedAt === null ? 'none yet' : <When at={seal.sealedAt} clock={clock} />,
        ],
      ]}
    />
  )
}

function standing({ held, events, failed }: Awaited<ReturnType<typeof findWaiting>>): string {
  const count = held.count + events.count + failed.count
  if (count === 0) return 'Nothing waits for a person.'
  return count === 1 ? 'One thing waits for a person.' : `${count} things wait for a person.`
}

type TileProps = { name: string; of: Waiting; tone: 'wait' | 'bad'; clock: Clock }

const Tile = ({ name, of, tone, clock }: TileProps) => (
  <a class={`tile${of.count > 0 ? ` is-${tone}` : ''}`} href="/inbox">
    <b>{countShown(of.count, WAITING_COUNT_MAX)}</b>
    <span>{name}</span>
    <span>
      {of.since === null ? (
        'none waits'
      ) : (
        <>
          oldest <When at={of.since} clock={clock} />
        </>
      )}
    </span>
  </a>
)

export function billingText(
  billing: AppContext['var']['deps']['billing'],
  stoppedBy: CircuitCause | null,
): string {
  if (billing === null) return 'not configured: nothing is issued, and nothing is lost'
  switch (stoppedBy) {
    case 'key_refused':
      return 'refuses the billing key: what is due waits, until a key that it takes is set'
    case 'rate_limited':
      return 'has asked for a pause: what is due waits, and goes on by itself'
    case 'unavailable':
      return 'does not answer: what is due waits, and is tried again'
    case null:
      return billing.mode === 'live' ? 'answers, for live money' : 'answers, as a sandbox'
    default:
      return unreachable(stoppedBy)
  }
}

type Seal = Awaited<ReturnType<typeof findSealState>>

export function sealText(
  seal: Seal,
  state: ReturnType<typeof sealingOf>['state'],
  timeZone: string,
): string {
  switch (state) {
    case 'broken':
      return 'not intact: see docs/audit.md before anything else'
    case 'not_configured':
      return 'is written, but not sealed: AUDIT_KEY is not set'
    case 'late':
    case 'sealing': {
      const intact =
        seal.sealedAt === null
          ? 'not sealed yet'
          : intactThrough(seal.size, seal.sealedAt, exactShown(seal.sealedAt, timeZone))
      return state === 'late' ? `${intact}; its sealing is late` : intact
    }
  }
}
