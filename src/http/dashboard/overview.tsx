// How it is, at a glance: what was given and taken, what waits, and what a new deployment still lacks.

import { findCircuit } from '../../db/read-circuit.ts'
import {
  findNewestInvoice,
  findWaiting,
  listDaySums,
  listRuleSums,
  type KeptSum,
  type Waiting,
} from '../../db/read-dashboard.ts'
import { findSealState } from '../../db/read-seal.ts'
import { findStarts } from '../../db/read-status.ts'
import { listSwitches } from '../../db/read-switches.ts'
import { unreachable } from '../../domain/assert.ts'
import { isOpen, type CircuitCause } from '../../domain/circuit.ts'
import { intactThrough } from '../../domain/checkpoint-note.ts'
import { dayOf } from '../../domain/day.ts'
import { CHART_DAYS, MS_PER_DAY, MS_PER_HOUR, WAITING_COUNT_MAX } from '../../domain/limits.ts'
import { sealingOf } from '../../domain/sealing.ts'
import type { AppContext } from '../context.ts'
import { createRoutes } from '../routes.ts'
import { DayChart, sumsByDay } from './chart.tsx'
import { ByRule } from './by-rule.tsx'
import { Checklist } from './checklist.tsx'
import { clockOf, Head, showPage } from './layout.tsx'
import { Empty, Facts, Money, When, type Clock } from './parts.tsx'
import { requireOf } from './session.ts'
import { countShown } from './shown.ts'
import { switchText } from './switches.tsx'
import { toldOf } from './viewer.ts'

const HOURS_SHOWN = 24
const DAYS_PER_WEEK = 7

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
            <h2>{`Credits and charges, ${CHART_DAYS} days`}</h2>
            <Chart sums={found.sums} days={found.days} currency={currency} />
          </section>
          <section class="sheet" id="overview-rules" data-part>
            <h2>{`By rule, ${HOURS_SHOWN} hours`}</h2>
            <ByRule sums={found.ruleSums} currency={currency} />
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
  const hour = Math.floor(clock.now / MS_PER_HOUR) - HOURS_SHOWN + 1
  const rules = config.rules.map(({ id }) => id)
  const [waiting, sums, ruleSums, seal, switches, circuit, starts, invoicedAt] = await Promise.all([
    findWaiting(db),
    listDaySums(db, mode, days[0] ?? ''),
    listRuleSums(db, mode, rules, hour),
    findSealState(db),
    listSwitches(db),
    findCircuit(db),
    findStarts(db),
    findNewestInvoice(db),
  ])
  return { days, waiting, sums, ruleSums, seal, switches, circuit, starts, invoicedAt }
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
        ['Audit log', sealText(seal, sealing.state)],
        [
          'Last seal',
          seal.sealedAt === null ? 'none yet' : <When at={seal.sealedAt} clock={clock} />,
        ],
      ]}
    />
  )
}

type ChartProps = { sums: readonly KeptSum[]; days: readonly string[]; currency: string }

const Chart = ({ sums, days, currency }: ChartProps) => {
  if (sums.length === 0) {
    return (
      <Empty title="Nothing was issued in these days">
        Each day shows up here with its credits and charges as soon as one is issued.
      </Empty>
    )
  }
  const byDay = sumsByDay(sums, days, currency)
  return (
    <>
      <Totals days={byDay} currency={currency} />
      <DayChart days={byDay} currency={currency} />
      <p class="key">
        <span>
          <i></i>Credits, promised
        </span>
        <span>
          <i class="record"></i>Credits, a record of money that moved elsewhere
        </span>
        <span>
          <i class="charge"></i>Charges
        </span>
        <span>{`Issued or on their way, in ${currency.toUpperCase()}`}</span>
      </p>
    </>
  )
}

function lastDays({ now, timeZone }: Clock): readonly string[] {
  // A day of 23 hours must not hide the one before it, nor one of 25 be there twice.
  const days = Array.from({ length: CHART_DAYS * 2 }, (_, n) =>
    dayOf(now - (n * MS_PER_DAY) / 2, timeZone),
  )
  return [...new Set(days)].slice(0, CHART_DAYS).toReversed()
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

type Days = ReturnType<typeof sumsByDay>

const Totals = ({ days, currency }: { days: Days; currency: string }) => {
  const total = (of: Days, which: 'credits' | 'recorded' | 'charges') =>
    of.reduce((sum, each) => sum + each[which], 0)
  const row = (name: string, of: Days) => (
    <div>
      <dt>{name}</dt>
      <dd>
        <Money of={{ amount: -total(of, 'credits'), currency }} /> promised,{' '}
        <Money of={{ amount: -total(of, 'recorded'), currency }} /> recorded,{' '}
        <Money of={{ amount: total(of, 'charges'), currency }} /> charged
      </dd>
    </div>
  )
  return (
    <dl class="facts">
      {row('Today', days.slice(-1))}
      {row('Last 7 days', days.slice(-DAYS_PER_WEEK))}
    </dl>
  )
}

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

export function sealText(seal: Seal, state: ReturnType<typeof sealingOf>['state']): string {
  switch (state) {
    case 'broken':
      return 'not intact: see docs/audit.md before anything else'
    case 'not_configured':
      return 'is written, but not sealed: AUDIT_KEY is not set'
    case 'late':
    case 'sealing': {
      const intact =
        seal.sealedAt === null ? 'not sealed yet' : intactThrough(seal.size, seal.sealedAt)
      return state === 'late' ? `${intact}; its sealing is late` : intact
    }
  }
}
