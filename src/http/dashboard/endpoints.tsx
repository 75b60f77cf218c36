// Each endpoint: what to paste at its source, whether it is open, what came last, and what was not taken in.

import { findLastReceived, listRejections } from '../../db/read-endpoints.ts'
import { findStarts } from '../../db/read-status.ts'
import { daysIn } from '../../domain/day.ts'
import { MS_PER_DAY, MS_PER_HOUR, REJECTIONS_READ_MAX } from '../../domain/limits.ts'
import type { RejectionReason, Rejections } from '../../domain/rejection.ts'
import type { Endpoint } from '../../sources/source.ts'
import { coversBody } from '../../sources/scheme.ts'
import type { AppContext } from '../context.ts'
import { createRoutes } from '../routes.ts'
import { clockOf, Head, showPage } from './layout.tsx'
import { Chip, Empty, Facts, Id, When, type Clock } from './parts.tsx'
import { REJECTIONS } from './rejection-words.ts'
import { requireOf } from './session.ts'
import { toldOf } from './viewer.ts'

const DAYS_PER_WEEK = 7

export const endpoints = createRoutes().get('/endpoints', requireOf('read'), async (c) => {
  const { db, config } = c.var.deps
  const clock = clockOf(c)
  const fromHour = Math.floor((clock.now - DAYS_PER_WEEK * MS_PER_DAY) / MS_PER_HOUR)
  const [last, { starts }, counts] = await Promise.all([
    findLastReceived(db),
    findStarts(db),
    listRejections(db, fromHour),
  ])
  const isAll = counts.length < REJECTIONS_READ_MAX
  return showPage(
    c,
    { title: 'Endpoints', section: 'Endpoints', told: toldOf(c), isLive: true },
    <>
      <Head title="Endpoints">
        The addresses at which sources deliver. What is not proven is refused, and never read.
      </Head>
      {config.endpoints.size === 0 ? (
        <Empty title="No endpoint is configured">
          Add one to makegood.config.ts, deploy, and its address stands here.
        </Empty>
      ) : null}
      {[...config.endpoints].map(([name, endpoint]) => (
        <Card
          c={c}
          name={name}
          of={endpoint}
          clock={clock}
          receivedAt={last.get(name) ?? null}
          startedAt={starts.get(name) ?? null}
          rejected={totalsOf(
            counts.filter((each) => each.endpoint === name),
            clock,
          )}
          isAll={isAll}
        />
      ))}
    </>,
  )
})

type Total = {
  readonly reason: RejectionReason
  readonly today: number
  readonly week: number
  readonly lastAt: number
}

/** By reason, the newest first. Where clocks are off by half an hour, today is off by as much. */
function totalsOf(counts: readonly Rejections[], { now, timeZone }: Clock): readonly Total[] {
  const dayOf = daysIn(timeZone)
  const today = dayOf(now)
  const isToday = ({ hour }: Rejections) => dayOf(hour * MS_PER_HOUR) === today
  const sum = (of: readonly Rejections[]) => of.reduce((all, { count }) => all + count, 0)
  return [...Map.groupBy(counts, ({ reason }) => reason)]
    .map(([reason, of]) => ({
      reason,
      today: sum(of.filter(isToday)),
      week: sum(of),
      lastAt: Math.max(...of.map(({ lastAt }) => lastAt)),
    }))
    .toSorted((a, b) => b.lastAt - a.lastAt)
}

type CardProps = {
  c: AppContext
  name: string
  of: Endpoint
  clock: Clock
  receivedAt: number | null
  startedAt: number | null
  rejected: readonly Total[]
  isAll: boolean
}

const Card = ({ c, name, of, clock, receivedAt, startedAt, rejected, isAll }: CardProps) => {
  const secrets = c.var.deps.settings.endpointSecrets.get(name)?.length ?? 0
  const isOff = secrets === 0
  const isProven = of.schemes.every(coversBody)
  return (
    <section class="sheet" aria-labelledby={`endpoint-${name}-name`}>
      <div class="card-top">
        <h2 id={`endpoint-${name}-name`}>{name}</h2>
        <span class="soft">{of.source.title}</span>
        {isOff ? <Chip tone="bad">Off</Chip> : <Chip tone="good">On</Chip>}
        {isProven ? null : <Chip tone="wait">Unsigned</Chip>}
      </div>
      <Facts
        rows={[
          ['Address', <Address c={c} name={name} of={of} />],
          ['Secret', secretText(of, secrets)],
          [
            'Received',
            <span id={`endpoint-${name}-received`} data-part>
              <Received at={receivedAt} startedAt={startedAt} isOff={isOff} clock={clock} />
            </span>,
          ],
          ['Account', of.account ?? name],
          ['Mode', modeText(of)],
          isProven ? ['Proof', null] : ['Proof', <Unsigned of={of} />],
        ]}
      />
      <div id={`endpoint-${name}-rejected`} data-part>
        <Rejected rows={rejected} secret={of.secret} clock={clock} isAll={isAll} name={name} />
      </div>
    </section>
  )
}

/** Where the secret is a part of the address, its name stands there and never its value. */
const Address = ({ c, name, of }: { c: AppContext; name: string; of: Endpoint }) => {
  const origin = c.var.deps.settings.publicUrl ?? new URL(c.req.url).origin
  const address = `${origin}/webhooks/${encodeURIComponent(name)}`
  const isSecretInIt = of.schemes.some((each) => each.kind === 'secret' && each.place.in === 'path')
  if (!isSecretInIt) return <Id of={address} />
  return (
    <>
      <code>{`${address}/‹${of.secret}›`}</code>
      <span class="note">{`Its last part is the value of ${of.secret}, which is shown nowhere.`}</span>
    </>
  )
}

function secretText({ secret }: Endpoint, count: number): string {
  if (count === 0) return `${secret} is not set, so nothing is taken in: every delivery gets a 503`
  return count === 1 ? `${secret} is set` : `${secret} is set: ${count} values are accepted`
}

function modeText({ mode, source }: Endpoint): string {
  if (mode !== null) return mode === 'live' ? 'live: real money' : 'test: for a sandbox alone'
  return source.saysMode ? 'each event says if it is live or a test' : 'not declared'
}

const Unsigned = ({ of }: { of: Endpoint }) => (
  <>
    {of.acceptsUnsigned
      ? "The sender shows who it is, but does not sign what it writes: the configuration accepts that with unsigned: 'accept'."
      : 'The sender shows who it is, but does not sign what it writes.'}
    {of.holdsAll ? ' Whatever it asks for waits for a person.' : ''}
  </>
)

type ReceivedProps = { at: number | null; startedAt: number | null; isOff: boolean; clock: Clock }

const Received = ({ at, startedAt, isOff, clock }: ReceivedProps) => {
  if (at !== null) {
    return (
      <>
        received <When at={at} clock={clock} isFine />
      </>
    )
  }
  if (startedAt !== null) {
    return (
      <>
        nothing among the newest events; first <When at={startedAt} clock={clock} />
      </>
    )
  }
  return <>{isOff ? 'nothing yet: it is off' : 'waiting for the first delivery …'}</>
}

type RejectedProps = {
  name: string
  rows: readonly Total[]
  secret: string
  clock: Clock
  isAll: boolean
}

const Rejected = ({ name, rows, secret, clock, isAll }: RejectedProps) =>
  rows.length === 0 ? (
    <p class="soft">
      {isAll ? 'No delivery was rejected in 7 days.' : 'None of the newest rejections is of it.'}
    </p>
  ) : (
    <>
      <div class="scroll" tabindex={0} role="region" aria-label={`Rejected at ${name}`}>
        <table>
          <thead>
            <tr>
              <th scope="col">Rejected, and what to do</th>
              <th scope="col" class="num">
                Today
              </th>
              <th scope="col" class="num">
                7 days
              </th>
              <th scope="col">Last</th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ reason, today, week, lastAt }) => (
              <tr>
                <td>
                  <b>{REJECTIONS[reason].what}</b>
                  <span class="under">{REJECTIONS[reason].todo(secret)}</span>
                </td>
                <td class="num">{today}</td>
                <td class="num">{week}</td>
                <td>
                  <When at={lastAt} clock={clock} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p class="soft">
        {isAll ? 'About so many: ' : 'At least so many: '}
        they are counted, written down at most once a minute, and not kept.
      </p>
    </>
  )
