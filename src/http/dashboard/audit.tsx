// The audit log for an auditor: until when it is intact, what was done, by whom, and a copy that can be checked.

import { findNewestCheckpoint, findSealState } from '../../db/read-seal.ts'
import { LIST_PAGE_ROWS, PAGE_ROWS_READ_MAX } from '../../domain/limits.ts'
import { publicKeyOf, writePublicKey } from '../../domain/signed-note.ts'
import { sealingOf } from '../../domain/sealing.ts'
import { listLog } from '../../usecases/list-log.ts'
import { TOO_MANY_ADJUSTMENTS, type presentCheck } from '../api/audit.ts'
import type { AppContext } from '../context.ts'
import { createRoutes } from '../routes.ts'
import { fieldsOf, troubleOf } from './actions.ts'
import { EntryTable, Exports, Filters } from './audit-entries.tsx'
import { filterIn, queryOf } from './audit-filter.ts'
import { callApi, passOn } from './call-api.ts'
import { clockOf, Head, showPage } from './layout.tsx'
import { Empty, Facts, Form, Pages, When, type Clock } from './parts.tsx'
import { sealText } from './overview.tsx'
import { isFromHere, requireOf } from './session.ts'
import { refuseElsewhere } from './refusal.tsx'
import { toldOf, viewerOf } from './viewer.ts'
import type { Trouble } from './event-page.tsx'

type Check = ReturnType<typeof presentCheck>
type Told = {
  readonly trouble?: Trouble
  /** What was just compared, and behind which entry it goes on. */
  readonly check?: { readonly of: Check; readonly next: string | null }
}

export const audit = createRoutes()
  .get('/audit', requireOf('read'), (c) => showAudit(c, {}))
  .post('/audit/verify', requireOf('read'), async (c) => {
    const { after = '' } = await fieldsOf(c)
    const from = /^[1-9]\d{0,14}$/.test(after) ? `&cursor=${after}` : ''
    const answer = await callApi<Check>(c, 'GET', `/audit/verify?limit=1${from}`)
    return answer.ok
      ? showAudit(c, { check: { of: answer.data, next: answer.nextCursor } })
      : showAudit(c, { trouble: troubleOf(answer) })
  })
  .get('/audit/export', requireOf('read'), async (c) => {
    if (!isFromHere(c)) return refuseElsewhere(c)
    const { query, wrong } = filterIn(c)
    // Without what is wrong in it, it would be the whole log.
    if (wrong !== null) return showAudit(c, {})
    const format = c.req.query('format') ?? 'zip'
    const sent = await passOn(c, `/audit/export?${queryOf(query, { format })}`)
    return sent instanceof Response ? sent : showAudit(c, { trouble: troubleOf(sent) })
  })

const CURSOR = /^[1-9]\d{0,14}$/

async function showAudit(c: AppContext, { trouble, check }: Told): Promise<Response> {
  const { deps, operator } = c.var
  const { query, typed, wrong } = filterIn(c)
  const text = c.req.query('before') ?? ''
  const before = CURSOR.test(text) ? Number(text) : null
  const page = { before, limit: LIST_PAGE_ROWS, rowsMax: PAGE_ROWS_READ_MAX }
  const [found, seal, checkpoint] = await Promise.all([
    wrong === null ? listLog(deps, operator, query, page) : null,
    findSealState(deps.db),
    findNewestCheckpoint(deps.db),
  ])
  const clock = clockOf(c)
  // Where it was not looked, nothing is said of what is there.
  const isTooMuch = found !== null && !found.ok
  const isFiltered = Object.keys(typed).length > 0
  const [rows, next] = found?.ok ? [found.value.rows, found.value.next] : [[], null]
  const bad = trouble?.text ?? wrong ?? (isTooMuch ? TOO_MANY_ADJUSTMENTS : null)
  return showPage(
    c,
    {
      title: 'Audit log',
      section: 'Audit log',
      told: bad === null ? toldOf(c) : { text: bad, isTrouble: true },
      status: trouble?.status ?? (wrong !== null ? 400 : isTooMuch ? 409 : 200),
      isLive: before === null && !isFiltered && check === undefined && trouble === undefined,
    },
    <>
      <Head title="Audit log">
        Every change, who made it and when. Entries are added, and never changed or removed.
      </Head>
      {check ? <Checked c={c} {...check} /> : null}
      <div class="columns">
        <div>
          <Filters typed={typed} />
          <div class="sheet is-flush" id="audit-sheet" data-part>
            {isTooMuch ? null : rows.length === 0 ? (
              <Nothing isFiltered={isFiltered} hasMore={next !== null} />
            ) : (
              <EntryTable rows={rows} clock={clock} />
            )}
          </div>
          <Pages
            first={before === null ? null : `/audit?${queryOf(typed)}`}
            next={next === null ? null : `/audit?${queryOf(typed, { before: String(next) })}`}
          />
        </div>
        <div>
          <section class="sheet" id="audit-seal" data-part>
            <h2>Is it intact?</h2>
            <Sealed c={c} of={seal} clock={clock} />
            <Form action="/audit/verify" token={viewerOf(c).token}>
              <button class="main">Verify now</button>
            </Form>
            {checkpoint === null ? null : <Note of={checkpoint.note} />}
          </section>
          <section class="sheet">
            <h2>{isFiltered ? 'Take what is found with you' : 'Take it with you'}</h2>
            <Exports query={queryOf(typed)} keys={await publicKeys(c)} />
          </section>
        </div>
      </div>
    </>,
  )
}

const publicKeys = (c: AppContext): Promise<readonly string[]> =>
  Promise.all(
    c.var.deps.settings.auditKeys.map(async (key) => writePublicKey(await publicKeyOf(key))),
  )

const Nothing = ({ isFiltered, hasMore }: { isFiltered: boolean; hasMore: boolean }) => {
  if (hasMore) {
    return (
      <Empty title="None among these entries">
        Older ones may fit: each page looks through a part of the log.
      </Empty>
    )
  }
  return isFiltered ? (
    <Empty title="No entry fits">
      Take a condition away, or look at <a href="/audit">all of the log</a>.
    </Empty>
  ) : (
    <Empty title="Nothing is written yet">
      The first delivery, and the first thing that a person does, come here by themselves.
    </Empty>
  )
}

const Note = ({ of }: { of: string }) => (
  <details>
    <summary>The signed checkpoint</summary>
    <pre class="body" tabindex={0} role="region" aria-label="The signed checkpoint">
      {of}
    </pre>
    <p class="soft">
      Keep it where the owner of the log can not change it: a log that is changed later no longer
      fits it.
    </p>
  </details>
)

type Seal = Awaited<ReturnType<typeof findSealState>>

const Sealed = ({ c, of, clock }: { c: AppContext; of: Seal; clock: Clock }) => {
  const isConfigured = c.var.deps.settings.auditKeys.length > 0
  const isBroken = of.fault !== null
  const { state } = sealingOf({ isConfigured, isBroken, waitingSince: of.waitingSince }, clock.now)
  const text = sealText(of, state, clock.timeZone)
  return (
    <>
      <p class={isBroken ? 'told is-bad' : ''}>
        <b>{text.charAt(0).toUpperCase() + text.slice(1)}</b>
      </p>
      <Facts
        rows={[
          ['Sealed', of.sealedAt === null ? null : <When at={of.sealedAt} clock={clock} />],
          ['Not yet sealed', of.unsealed === 0 ? 'nothing' : `${of.unsealed} entries`],
        ]}
      />
    </>
  )
}

const Checked = ({ c, of, next }: { c: AppContext; of: Check; next: string | null }) => (
  <section class="sheet is-tried" id="checked" aria-label="What was verified">
    <h2>{of.isIntact ? 'Verified' : 'Not intact'}</h2>
    <p class={`told ${of.isIntact ? 'is-good' : 'is-bad'}`}>
      {of.summary.charAt(0).toUpperCase() + of.summary.slice(1)}
    </p>
    <p class="soft">
      {of.isIntact
        ? 'Each of these entries was compared with the hashes that were signed when it was sealed.'
        : 'Change nothing, keep the last export and checkpoint, and read docs/audit.md.'}
      {of.unsealed > 0 ? ` ${of.unsealed} newer entries are not sealed yet.` : ''}
    </p>
    {next === null ? null : (
      <Form action="/audit/verify" token={viewerOf(c).token} fields={{ after: next }}>
        <button class="main">Go on with the next entries</button>
      </Form>
    )}
  </section>
)
