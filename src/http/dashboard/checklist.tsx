// What a new deployment still lacks, until it lacks nothing.

import type { AppContext } from '../context.ts'

type Props = {
  c: AppContext
  /** When each endpoint received its first event. */
  started: ReadonlyMap<string, number>
  invoicedAt: number | null
}

export const Checklist = ({ c, started, invoicedAt }: Props) => {
  const { billing, config, settings } = c.var.deps
  const on = [...config.endpoints.keys()].filter(
    (name) => (settings.endpointSecrets.get(name) ?? []).length > 0,
  )
  const steps: readonly { readonly isDone: boolean; readonly text: string }[] = [
    { isDone: billing !== null, text: 'Give it a billing key: COMMET_API_KEY.' },
    {
      isDone: on.length > 0,
      text: 'Connect a source: npm run connect -- zendesk, or stripe.',
    },
    {
      isDone: [...started.keys()].some((name) => config.endpoints.has(name)),
      text: 'Receive the first delivery. It shows up under Events.',
    },
    {
      isDone: invoicedAt !== null,
      text: 'See the first adjustment invoiced. The first ones may be held.',
    },
    { isDone: settings.auditKeys.length > 0, text: 'Let the audit log be sealed: AUDIT_KEY.' },
    {
      isDone: config.notices.some(({ name }) => settings.channelSecrets.has(name)),
      text: 'Tell the people who ask: configure a notice.',
    },
    {
      isDone: c.var.operator.name !== 'bootstrap',
      text: 'Make a key for yourself under Settings, and log in with it.',
    },
  ]
  if (steps.every(({ isDone }) => isDone)) return null
  return (
    <section class="sheet" id="overview-steps" data-part>
      <h2>{`First steps, ${steps.filter(({ isDone }) => isDone).length} of ${steps.length} done`}</h2>
      <ol class="steps">
        {steps.map(({ isDone, text }) => (
          <li class={isDone ? 'is-done' : ''}>
            <span>
              {text}
              {isDone ? <span class="unseen"> Done.</span> : null}
            </span>
          </li>
        ))}
      </ol>
    </section>
  )
}
