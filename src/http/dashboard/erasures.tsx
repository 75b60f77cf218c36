// Erasures: a person is taken out of what is kept. It can not be undone, so it is typed twice.

import type { presentErasure } from '../api/erasures.ts'
import type { AppContext } from '../context.ts'
import { createRoutes } from '../routes.ts'
import { ERASURES_SHOWN_MAX } from '../../domain/limits.ts'
import { ERASURE_REASONS } from '../../domain/erasure.ts'
import { plain } from '../../domain/why-texts.ts'
import { fieldsOf, goBack, troubleOf } from './actions.ts'
import { callApi } from './call-api.ts'
import type { Trouble } from './event-page.tsx'
import { clockOf, Head, showPage } from './layout.tsx'
import { Chip, Field, Form, When, type Clock } from './parts.tsx'
import { may, requireOf } from './session.ts'
import { toldOf, viewerOf } from './viewer.ts'
import { actorWord, type Tone } from './words.ts'

type Shown = ReturnType<typeof presentErasure>
type Typed = Readonly<Record<string, string>>

export const erasures = createRoutes()
  .get('/settings/erasures', requireOf('read'), (c) => showErasures(c, null, {}))
  .post('/settings/erasures', async (c) => {
    const typed = await fieldsOf(c)
    const known = ['id', 'externalId', 'email'].map((name) => [name, (typed[name] ?? '').trim()])
    const customer = Object.fromEntries(known.filter(([, text]) => text !== ''))
    // What names him is typed once more: an erasure of the wrong one can't be undone.
    if (!Object.values(customer).includes((typed['again'] ?? '').trim())) {
      const text = 'This was not done. Type one of the three a second time, exactly as it is.'
      return showErasures(c, { status: 400, text }, typed)
    }
    const body = { customer, reason: typed['reason'] }
    const answer = await callApi(c, 'POST', '/erasures', { body })
    if (!answer.ok) return showErasures(c, troubleOf(answer), typed)
    return goBack(c, '/settings/erasures', 'erasing')
  })

async function showErasures(c: AppContext, trouble: Trouble | null, typed: Typed) {
  const asked = await callApi<readonly Shown[]>(c, 'GET', `/erasures?limit=${ERASURES_SHOWN_MAX}`)
  const bad = trouble ?? (asked.ok ? null : troubleOf(asked))
  return showPage(
    c,
    {
      title: 'Erasures',
      section: 'Settings',
      told: bad === null ? toldOf(c) : { text: bad.text, isTrouble: true },
      status: bad?.status ?? 200,
    },
    <>
      <Head title="Erasures">
        A person is taken out of payloads, adjustments, identities and notes. Amounts, ids and the
        audit log stay.
      </Head>
      <div class="columns">
        <section class="sheet">
          <h2>What was asked for</h2>
          <List rows={asked.ok ? asked.data : []} clock={clockOf(c)} />
        </section>
        {may(c, 'admin') ? (
          <Ask token={viewerOf(c).token} typed={typed} />
        ) : (
          <p class="soft">An erasure is asked for by who has a key with the scope admin.</p>
        )}
      </div>
    </>,
  )
}

const STATES: Readonly<Record<Shown['status'], { readonly text: string; readonly tone: Tone }>> = {
  running: { text: 'Under way', tone: 'way' },
  waiting: { text: 'Waits for what is still open', tone: 'wait' },
  finished: { text: 'Done', tone: 'good' },
}

const List = ({ rows, clock }: { rows: readonly Shown[]; clock: Clock }) =>
  rows.length === 0 ? (
    <p class="soft">Nobody was erased yet.</p>
  ) : (
    <ul class="past">
      {rows.map(({ id, status, reason, askedBy, requestedAt, waiting, erased }) => (
        <li>
          <code>{id}</code>
          <Chip tone={STATES[status]?.tone ?? 'way'}>{STATES[status]?.text}</Chip>
          <span class="soft">
            {`${plain(reason)}, by ${actorWord(askedBy)} `}
            <When at={Date.parse(requestedAt)} clock={clock} />
            {waiting > 0 ? `; ${waiting} wait` : ''}
            {`; ${erased.payloads} payloads, ${erased.adjustments} adjustments, ${erased.identities} identities`}
          </span>
        </li>
      ))}
    </ul>
  )

const Ask = ({ token, typed }: { token: string; typed: Typed }) => {
  const field = (name: string, label: string, hint?: string) => (
    <Field label={label} {...(hint === undefined ? {} : { hint })}>
      <input type="text" name={name} value={typed[name] ?? ''} autocomplete="off" />
    </Field>
  )
  return (
    <section class="sheet">
      <h2>Erase a person</h2>
      <Form action="/settings/erasures" token={token} class="stack">
        {field('id', 'Id at the billing API', 'cus_…; erases the whole customer.')}
        {field('externalId', 'Id at the source')}
        {field('email', 'E-mail')}
        <Field label="Why">
          <select name="reason">
            {ERASURE_REASONS.map((reason) => (
              <option value={reason} selected={typed['reason'] === reason}>
                {plain(reason)}
              </option>
            ))}
          </select>
        </Field>
        <Field label="One of them once more" hint="It can not be undone.">
          <input type="text" name="again" required autocomplete="off" />
        </Field>
        <button class="danger">Erase</button>
      </Form>
    </section>
  )
}
