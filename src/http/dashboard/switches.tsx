// Pausing and resuming.

import type { SwitchRow } from '../../db/read-switches.ts'
import { RESTORED } from '../../domain/switch.ts'
import { keysOf } from '../../usecases/pause.ts'
import { plain } from '../../domain/why-texts.ts'
import { tagOf } from '../api/switches.ts'
import type { AppContext } from '../context.ts'
import type { Viewer } from './held-card.tsx'
import { Field, Form, When, type Clock } from './parts.tsx'
import { actorWord } from './words.ts'

const KINDS = {
  all: 'everything',
  rule: 'the rule',
  endpoint: 'the endpoint',
  customer: 'the customer',
} as const

export const switchText = ({ kind, key }: Pick<SwitchRow, 'kind' | 'key'>): string =>
  kind === 'all' ? KINDS.all : `${KINDS[kind]} ${key}`

type Props = { c: AppContext; rows: readonly SwitchRow[]; viewer: Viewer; clock: Clock }

export const Switches = ({ c, rows, viewer, clock }: Props) => {
  const { config } = c.var.deps
  const paused = new Set(rows.map(({ kind, key }) => `${kind} ${key}`))
  const choices = [
    { value: 'all', text: 'Everything', isPaused: paused.has('all ') },
    ...config.rules.map(({ id }) => ({
      value: `rule/${id}`,
      text: `Rule ${id}`,
      isPaused: paused.has(`rule ${id}`),
    })),
    ...[...config.endpoints.keys()].map((name) => ({
      value: `endpoint/${name}`,
      text: `Endpoint ${name}`,
      isPaused: paused.has(`endpoint ${name}`),
    })),
  ].filter(({ isPaused }) => !isPaused)
  return (
    <section class="sheet" id="switches">
      <h2>Paused</h2>
      {rows.length === 0 ? (
        <p class="soft">
          Nothing is paused. What is paused keeps its place, and deliveries are taken in.
        </p>
      ) : (
        <ul class="past">
          {rows.map((row) => (
            <li>
              <b>{switchText(row)}</b>
              <span class="soft">
                {row.cause === null ? `by ${actorWord(row.actor)}` : plain(row.cause)}{' '}
                <When at={row.at} clock={clock} />
              </span>
              {viewer.mayApprove ? (
                <Form
                  action="/settings/resume"
                  token={viewer.token}
                  fields={{ what: valueOf(row), seen: tagOf(together(c, rows, row)) }}
                >
                  <button>Resume</button>
                </Form>
              ) : null}
              {row.cause === RESTORED ? (
                <span class="soft">
                  The comparison resumes it by itself. By hand, it goes on before all is known that
                  the database lacks.
                </span>
              ) : null}
            </li>
          ))}
        </ul>
      )}
      {viewer.mayWrite && choices.length > 0 ? (
        <Form action="/settings/pause" token={viewer.token} class="stack">
          <Field label="Pause">
            <select name="what">
              {choices.map(({ value, text }) => (
                <option value={value}>{text}</option>
              ))}
            </select>
          </Field>
          <button class="danger">Pause</button>
        </Form>
      ) : null}
    </section>
  )
}

const valueOf = ({ kind, key }: SwitchRow): string => (kind === 'all' ? kind : `${kind}/${key}`)

/** Those that end with it: the API's tag is of a rule under all its names. */
function together(c: AppContext, rows: readonly SwitchRow[], row: SwitchRow) {
  const keys = keysOf(c.var.deps.config, row)
  return rows.filter(({ kind, key }) =>
    keys.ok ? kind === row.kind && keys.value.includes(key) : kind === row.kind && key === row.key,
  )
}
