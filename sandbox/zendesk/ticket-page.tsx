// The ticket as its agent sees it: who asks and what the fields say on one side, the conversation on the
// other, the newest comment last.
import type { Child } from 'hono/jsx'
import { Shell } from '../src/shell.tsx'
import type { TicketView } from './ticket-view.ts'

const STYLE = `
  .ticket { display: grid; gap: 0 2.5rem; grid-template-columns: minmax(13rem, 18rem) minmax(0, 1fr) }
  .ticket h2 { margin-top: 1.4rem }
  @media (max-width: 44rem) { .ticket { grid-template-columns: minmax(0, 1fr) } }
  .status { border: 1px solid var(--line); border-radius: 4px; font-size: .85rem; font-weight: 600;
    margin-left: .5rem; padding: .1rem .5rem; vertical-align: middle; white-space: nowrap }
  dl { margin: 0 } dt { font-size: .85rem; margin-top: .6rem; opacity: .7 }
  dd { margin: 0; overflow-wrap: anywhere }
  .tags { list-style: none; margin: .2rem 0 0; padding: 0 }
  .tags li { background: color-mix(in srgb, currentColor 9%, transparent); border-radius: 4px;
    display: inline-block; font: 12.5px/1.6 ui-monospace, monospace; margin: 0 .3rem .3rem 0;
    overflow-wrap: anywhere; padding: 0 .45rem }
  .comments { list-style: none; margin: 0; padding: 0 }
  .comments li { border: 1px solid var(--line); border-radius: 6px; margin: .5rem 0 .9rem;
    padding: .7rem 1rem }
  .comments .internal { background: light-dark(#fff7e0, #3a3218); border-color: light-dark(#e5c66b, #7d6a2b) }
  .comments header { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0 .6rem;
    margin-bottom: .3rem }
  .comments header time { opacity: .7 }
  .mark { border: 1px solid currentColor; border-radius: 4px; font-size: .8rem; line-height: 1.35rem;
    padding: 0 .4rem }
  .body { overflow-wrap: anywhere; white-space: pre-wrap }
  .closed { border-left: 3px solid currentColor; margin: .8rem 0; padding: .1rem .8rem }
`

const LINK = /(https?:\/\/[^\s<>"]+[^\s<>".,;:!?)])/

/** Addresses in what people wrote are links, as an agent has them. */
function linked(text: string): Child[] {
  return text.split(LINK).map((part, index) => (index % 2 === 1 ? <a href={part}>{part}</a> : part))
}

const shortTime = (at: string): string => `${at.slice(0, 10)} ${at.slice(11, 16)} UTC`

function Facts({ view }: { readonly view: TicketView }) {
  const { ticket, requester, organization, assignee, fields } = view
  return (
    <dl>
      <dt>Requester</dt>
      <dd>
        {requester === null ? (
          '–'
        ) : (
          <>
            {requester.name}
            <br />
            {requester.email}
            <br />
            <code>{requester.external_id ?? 'no external id'}</code>
          </>
        )}
      </dd>
      <dt>Organization</dt>
      <dd>{organization?.name ?? '–'}</dd>
      <dt>Assignee</dt>
      <dd>{assignee ?? '–'}</dd>
      <dt>Priority</dt>
      <dd>{ticket.priority ?? '–'}</dd>
      {fields.map(({ title, value }) => (
        <>
          <dt>{title}</dt>
          <dd>{value ?? '–'}</dd>
        </>
      ))}
      <dt>Tags</dt>
      <dd>
        {ticket.tags.length === 0 ? (
          '–'
        ) : (
          <ul class="tags">
            {ticket.tags.map((tag) => (
              <li>{tag}</li>
            ))}
          </ul>
        )}
      </dd>
      <dt>Changed</dt>
      <dd>
        <time datetime={ticket.updated_at}>{shortTime(ticket.updated_at)}</time>
      </dd>
    </dl>
  )
}

function Conversation({ view }: { readonly view: TicketView }) {
  return (
    <ol class="comments">
      {view.comments.map(({ author, isCustomer, isPublic, at, body }) => (
        <li class={isPublic ? 'public' : 'internal'}>
          <header>
            <strong>{author}</strong>
            <span class="mark">
              {isPublic ? (isCustomer ? 'Customer' : 'Public reply') : 'Internal note'}
            </span>
            <time datetime={at}>{shortTime(at)}</time>
          </header>
          <div class="body">{linked(body)}</div>
        </li>
      ))}
    </ol>
  )
}

export function TicketPage({ view }: { readonly view: TicketView }) {
  const { id, subject, status } = view.ticket
  return (
    <Shell title={`#${id} ${subject}`} style={STYLE}>
      <nav>
        <a href="/">All of the sandbox</a>
      </nav>
      <main>
        <h1>
          <span class="quiet">#{id}</span> {subject} <span class="status">{status}</span>
        </h1>
        {status === 'closed' ? (
          <p class="closed">
            This ticket is closed: it takes no comment, status or field any more, only tags, subject
            and priority.
          </p>
        ) : null}
        <div class="ticket">
          <section aria-labelledby="facts">
            <h2 id="facts">Ticket</h2>
            <Facts view={view} />
          </section>
          <section aria-labelledby="conversation">
            <h2 id="conversation">Conversation</h2>
            <Conversation view={view} />
          </section>
        </div>
      </main>
    </Shell>
  )
}

export function NoTicketPage({ id }: { readonly id: string }) {
  return (
    <Shell title="No such ticket">
      <nav>
        <a href="/">All of the sandbox</a>
      </nav>
      <main>
        <h1>There is no ticket {id}</h1>
      </main>
    </Shell>
  )
}
