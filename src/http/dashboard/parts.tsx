// The small parts of every page.

import type { Child } from 'hono/jsx'
import { agoFineShown, agoShown, amountShown, exactShown, type Amount } from './shown.ts'
import type { Tone } from './words.ts'

/** By whose clocks times are shown, and what time it is. */
export type Clock = { readonly now: number; readonly timeZone: string }

export const Money = ({ of, big }: { of: Amount; big?: boolean }) => (
  <span class={`money ${toneOf(of.amount)}${big ? ' is-big' : ''}`}>{amountShown(of)}</span>
)

const toneOf = (amount: number): string =>
  amount === 0 ? 'is-none' : amount < 0 ? 'is-credit' : 'is-charge'

const ID = /\b((?:adj|evt)_[0-9a-z]{32})\b/

/** Ids in a sentence lead to what they are of. */
export const Sentence = ({ text }: { text: string }) => (
  <>
    {text.split(ID).map((part) =>
      ID.test(part) ? (
        <a href={`/${part.startsWith('adj') ? 'adjustments' : 'events'}/${part}`} title={part}>
          <code>{`${part.slice(0, SHORT_CHARS)}…`}</code>
        </a>
      ) : (
        part
      ),
    )}
  </>
)

/** Of an id in a sentence: its kind, and enough to tell it from another beside it. */
const SHORT_CHARS = 10

type WhenProps = {
  at: number
  clock: Clock
  /** To the second within the first minute. */
  isFine?: boolean
}

export const When = ({ at, clock, isFine }: WhenProps) => (
  <time
    datetime={new Date(at).toISOString()}
    title={exactShown(at, clock.timeZone)}
    data-fine={isFine ? 'yes' : null}
  >
    {isFine ? agoFineShown(at, clock.now, clock.timeZone) : agoShown(at, clock.now, clock.timeZone)}
  </time>
)

export const Chip = ({ tone, children }: { tone: Tone; children?: Child }) => (
  <span class={`chip is-${tone}`}>{children}</span>
)

/** A choice that is one page of its own at the top of several. */
export const Tabs = ({
  label,
  of,
}: {
  label: string
  of: readonly (readonly [string, string, boolean])[]
}) => (
  <nav class="tabs" aria-label={label}>
    {of.map(([href, text, isHere]) => (
      <a href={href} aria-current={isHere ? 'page' : null}>
        {text}
      </a>
    ))}
  </nav>
)

export const Empty = ({ title, children }: { title: string; children?: Child }) => (
  <div class="empty">
    <p class="empty-title">{title}</p>
    <p>{children}</p>
  </div>
)

/** An id in full, with a button that copies it where scripts run. */
export const Id = ({ of }: { of: string }) => (
  <span class="id">
    <code>{of}</code>
    <button type="button" class="copy" data-copy={of} hidden aria-label={`Copy ${of}`}>
      Copy
    </button>
  </span>
)

/** `refund:re_1` with the title of its source, as people say it: "Stripe refund re_1". */
export const subjectText = (source: string, subject: string, part: string): string => {
  const [kind, id] = subject.split(/:(.*)/s)
  const named = id === undefined ? subject : `${(kind ?? '').replaceAll('_', ' ')} ${id}`
  return `${source} ${named}${part === '' ? '' : ` (${part})`}`
}

export type Fact = readonly [name: string, value: Child | null]

/** What is null is left out. */
export const Facts = ({ rows }: { rows: readonly Fact[] }) => (
  <dl class="facts">
    {rows
      .filter(([, value]) => value !== null)
      .map(([name, value]) => (
        <div>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
  </dl>
)

/** A form of one session: nothing is changed by an address alone. */
export const Form = (props: {
  action: string
  token: string
  back?: string
  fields?: Readonly<Record<string, string | number>>
  class?: string
  children?: Child
}) => (
  <form method="post" action={props.action} class={props.class ?? 'inline'}>
    <input type="hidden" name="token" value={props.token} />
    {props.back === undefined ? null : <input type="hidden" name="back" value={props.back} />}
    {Object.entries(props.fields ?? {}).map(([name, value]) => (
      <input type="hidden" name={name} value={String(value)} />
    ))}
    {props.children}
  </form>
)

export const Field = (props: { label: string; hint?: string; children?: Child }) => (
  <label class="field">
    <span>{props.label}</span>
    {props.children}
    {props.hint === undefined ? null : <small>{props.hint}</small>}
  </label>
)

/** `next`: the address of the page behind this one. */
export const Pages = ({ first, next }: { first: string | null; next: string | null }) => (
  <nav class="pages" aria-label="Pages">
    {first === null ? null : <a href={first}>Newest</a>}
    {next === null ? null : (
      <a href={next} rel="next">
        Older
      </a>
    )}
  </nav>
)
