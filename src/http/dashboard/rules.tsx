// What is deployed, what each rule did lately, and a box that says what the rules would do.

import { listSwitches, type SwitchRow } from '../../db/read-switches.ts'
import { EVENT_TYPE_CHARS_MAX } from '../../domain/limits.ts'
import { ownIds, type Rule } from '../../domain/rule.ts'
import { callApi, type ApiAnswer } from './call-api.ts'
import type { AppContext } from '../context.ts'
import { createRoutes } from '../routes.ts'
import { fieldsOf, troubleOf } from './actions.ts'
import { isNothing, saidOf, sumsOf } from './chart.tsx'
import { SumsLack, TooMuch } from './days.tsx'
import { DryRunResult, type DryRunShown } from './dry-run-result.tsx'
import { clockOf, Head, showPage } from './layout.tsx'
import { Chip, Empty, Facts, Field, Form, Id, Money } from './parts.tsx'
import { readActivity, type Activity, type RuleActivity } from './rule-activity.ts'
import { CAUSERS_SHOWN, optionsShown } from './rule-words.ts'
import { DRY_RUN_PATH, requireOf } from './session.ts'
import { toldOf, viewerOf } from './viewer.ts'
import { FATES, SETTLEMENTS } from './words.ts'

type Typed = Readonly<Record<string, string>>
type Tried = { readonly typed: Typed; readonly answer: ApiAnswer<DryRunShown> }

export const rules = createRoutes()
  .get('/rules', requireOf('read'), (c) => showRules(c, null))
  .post(DRY_RUN_PATH, requireOf('read'), async (c) => {
    const typed = await fieldsOf(c)
    const { event = '', endpoint = '', type = '', payload = '' } = typed
    const body =
      event.trim() !== ''
        ? { event: event.trim() }
        : { endpoint, payload, ...(type.trim() === '' ? {} : { type: type.trim() }) }
    const answer = await callApi<DryRunShown>(c, 'POST', '/rules/dry-run', { body })
    return showRules(c, { typed, answer })
  })

async function showRules(c: AppContext, tried: Tried | null): Promise<Response> {
  const { config, db, ruleSet } = c.var.deps
  const [activity, paused, hash] = await Promise.all([readActivity(c), listSwitches(db), ruleSet()])
  const trouble = tried !== null && !tried.answer.ok ? troubleOf(tried.answer) : null
  return showPage(
    c,
    {
      title: 'Rules',
      section: 'Rules',
      told: trouble === null ? toldOf(c) : { text: trouble.text, isTrouble: true },
      status: trouble?.status ?? 200,
    },
    <>
      <Head title="Rules">
        What is deployed. The first rule that does not ignore an event decides it; they stand in
        their order.
      </Head>
      {tried?.answer.ok ? <DryRunResult of={tried.answer.data} clock={clockOf(c)} /> : null}
      <div class="columns">
        <div>
          {config.rules.length === 0 ? (
            <Empty title="No rule is configured">
              Every event is kept, and nothing is made of it. Add one to makegood.config.ts.
            </Empty>
          ) : null}
          <SumsLack of={activity.state} clock={clockOf(c)} />
          {config.rules.map((rule) => (
            <RuleCard
              c={c}
              rule={rule}
              activity={activity}
              paused={pausedBy(paused, rule)}
              currency={config.currency}
            />
          ))}
        </div>
        <div>
          <TryBox c={c} typed={tried?.typed ?? {}} />
          <section class="sheet">
            <h2>Which rules these are</h2>
            <Id of={hash} />
            <p class="soft">
              The hash of rules, limits and reasons. Each event names the hash that decided it, and
              the text behind it is kept.
            </p>
          </section>
        </div>
      </div>
    </>,
  )
}

const pausedBy = (rows: readonly SwitchRow[], rule: Rule): boolean =>
  rows.some(({ kind, key }) => kind === 'all' || (kind === 'rule' && ownIds(rule).includes(key)))

type RuleCardProps = {
  c: AppContext
  rule: Rule
  activity: Activity
  paused: boolean
  currency: string
}

const RuleCard = ({ c, rule, activity, paused, currency }: RuleCardProps) => {
  const { reasons, endpoints } = c.var.deps.config
  const title = [...endpoints.values()].find(({ source }) => source.name === rule.source)?.source
    .title
  const { label = rule.reason, account } = reasons.get(rule.reason) ?? {}
  const own = activity.byRule.get(rule.id)
  return (
    <section class="sheet" id={`rule-${rule.id}`}>
      <div class="card-top">
        <h2>{rule.id}</h2>
        {rule.mode === 'shadow' ? <Chip tone="over">Shadow: makes nothing</Chip> : null}
        {paused ? <Chip tone="wait">Paused</Chip> : null}
      </div>
      {own === undefined ? null : <Did of={own} days={activity.days} currency={currency} />}
      <Facts
        rows={[
          ['Reads', `${title ?? rule.source}: ${rule.on.join(', ')}`],
          ['Settlement', SETTLEMENTS[rule.settlement]],
          ['Reason', account ? `${label}, ledger account ${account}` : label],
          ['Cause', CAUSERS_SHOWN[rule.causedBy]],
          ['On the invoice', rule.description],
          ['Was called', rule.was.length === 0 ? null : rule.was.join(', ')],
          ['Alongside', rule.alongside.length === 0 ? null : rule.alongside.join(', ')],
        ]}
      />
      <Options of={rule} />
    </section>
  )
}

const Options = ({ of }: { of: Rule }) => {
  const options = optionsShown(of.text)
  if (options.length === 0) return null
  return (
    <details>
      <summary>{options.length === 1 ? 'Its option' : `Its ${options.length} options`}</summary>
      <Facts rows={options} />
    </details>
  )
}

type DidProps = { of: RuleActivity; days: number; currency: string }

const Did = ({ of, days, currency }: DidProps) => {
  if (days === 0) return <TooMuch />
  const sums = sumsOf(of.totals)
  const held = of.totals.reduce((sum, row) => sum + row.held, 0)
  const isIdle = isNothing(sums) && held === 0 && of.fates.size === 0
  return (
    <p class="did">
      <b>{days === 1 ? 'Today: ' : `In ${days} days: `}</b>
      {isIdle ? 'nothing.' : null}
      {isNothing(sums) ? null : (
        <>
          {`${sums.count} invoiced`}
          {saidOf(sums).map(({ amount, word }) => (
            <>
              {', '}
              <Money of={{ amount, currency }} />
              {` ${word}`}
            </>
          ))}
          {'. '}
        </>
      )}
      {held > 0 ? `${held} held. ` : null}
      {of.fates.size > 0 ? (
        <>
          {'Events: '}
          {[...of.fates].map(([fate, n]) => (
            <span class="fate">{`${FATES[fate].text.toLowerCase()} ${n}`}</span>
          ))}
        </>
      ) : null}
    </p>
  )
}

const TryBox = ({ c, typed }: { c: AppContext; typed: Typed }) => (
  <section class="sheet" id="try">
    <h2>Try it</h2>
    <p class="soft">
      What the rules would do with this. Nothing is written, nothing is sent, and nobody is told.
    </p>
    <Form action={DRY_RUN_PATH} token={viewerOf(c).token} class="stack">
      <Field label="Endpoint">
        <select name="endpoint">
          {[...c.var.deps.config.endpoints].map(([name, { source }]) => (
            <option value={name} selected={typed['endpoint'] === name}>
              {`${name} (${source.title})`}
            </option>
          ))}
        </select>
      </Field>
      <Field label="What it delivers" hint="The body, as the source sends it.">
        <textarea name="payload" rows={8} class="code" spellcheck={false} placeholder="{ … }">
          {typed['payload'] ?? ''}
        </textarea>
      </Field>
      <Field label="Event type" hint="Only where the source says it in a header.">
        <input
          type="text"
          name="type"
          maxlength={EVENT_TYPE_CHARS_MAX}
          value={typed['type'] ?? ''}
          autocomplete="off"
          spellcheck={false}
        />
      </Field>
      <Field label="Or an event that came" hint="Its id, evt_…: then nothing else is needed.">
        <input
          type="text"
          name="event"
          value={typed['event'] ?? c.req.query('event') ?? ''}
          autocomplete="off"
          spellcheck={false}
        />
      </Field>
      <button class="main">Show what would happen</button>
    </Form>
  </section>
)
