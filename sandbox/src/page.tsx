// The page at /: what is in this organization and which faults are on. It only shows; the controls are
// calls below /sandbox.
import type { Child } from 'hono/jsx'
import type { ArmedFault } from './faults.ts'
import type { Overview } from './overview.ts'
import type { LoggedRequest } from './request-log.ts'
import { Shell } from './shell.tsx'
import { API_VERSION } from './version.ts'

function money(amount: number, currency: string): string {
  const shown = new Intl.NumberFormat('en-US', { style: 'currency', currency })
  return shown.format(amount / 100)
}

type TableProps = {
  readonly title: string
  readonly columns: readonly string[]
  readonly empty: string
  readonly rows: readonly (readonly Child[])[]
}

function Table({ title, columns, empty, rows }: TableProps) {
  return (
    <section>
      <h2>
        {title} <span class="quiet">{rows.length}</span>
      </h2>
      {rows.length === 0 ? (
        <p class="quiet">{empty}</p>
      ) : (
        <div class="scroll">
          <table>
            <thead>
              <tr>
                {columns.map((column) => (
                  <th class={column === 'Total' ? 'number' : ''}>{column}</th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.map((row) => (
                <tr>
                  {row.map((cell, index) => (
                    <td class={columns[index] === 'Total' ? 'number' : ''}>{cell}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  )
}

function faultRow({ fault, left }: ArmedFault): readonly Child[] {
  const { kind, method, path, probability, seed, times: _times, ...settings } = fault
  return [
    kind,
    `${method ?? 'any method'} ${path ?? 'any path'}`,
    left === null ? 'until taken away' : `${left} more`,
    probability === 1 ? 'always' : `${probability} (seed ${seed})`,
    <code>{JSON.stringify(settings)}</code>,
  ]
}

function Money({ overview }: { readonly overview: Overview }) {
  const names = new Map(overview.customers.map(({ id, fullName }) => [id, fullName]))
  return (
    <>
      <Table
        title="Invoices"
        columns={['Number', 'Customer', 'Type', 'Status', 'Total', 'Created', 'PDF']}
        empty="No invoice yet."
        rows={overview.invoices.map(({ invoice, pdfPath }) => [
          invoice.invoiceNumber,
          names.get(invoice.customerId) ?? invoice.customerId,
          invoice.total < 0 ? <span class="credit">credit</span> : invoice.invoiceType,
          invoice.status,
          money(invoice.total, invoice.currency),
          invoice.createdAt,
          <a href={pdfPath}>PDF</a>,
        ])}
      />
      <Table
        title="Customers"
        columns={['Name', 'Id', 'External id', 'Email']}
        empty="No customer yet."
        rows={overview.customers.map((customer) => [
          customer.fullName ?? '–',
          <code>{customer.id}</code>,
          <code>{customer.externalId ?? '–'}</code>,
          customer.email,
        ])}
      />
    </>
  )
}

function Traffic({ overview }: { readonly overview: Overview }) {
  return (
    <>
      <Table
        title="Faults that are on"
        columns={['Kind', 'Strikes', 'For', 'Probability', 'Settings']}
        empty="None. Every call is answered as the real API answers it."
        rows={overview.faults.filter(({ left }) => left !== 0).map(faultRow)}
      />
      <Table
        title="Outbox"
        columns={['To', 'Subject', 'Sent']}
        empty="No mail was sent."
        rows={overview.mails.map(({ to, subject, sentAt }) => [to, subject, sentAt])}
      />
      <Table
        title="Webhook endpoints"
        columns={['Address', 'On', 'Events']}
        empty="Nobody listens."
        rows={overview.webhooks.map((endpoint) => [
          endpoint.url,
          endpoint.isActive ? 'yes' : 'no',
          endpoint.events.join(', '),
        ])}
      />
      <Table
        title="Deliveries"
        columns={['Event', 'State', 'Attempts', 'Due', 'Last outcome']}
        empty="Nothing was delivered."
        rows={overview.deliveries.map((delivery) => [
          delivery.event,
          delivery.state,
          delivery.attempts,
          delivery.dueAt,
          delivery.lastOutcome ?? '–',
        ])}
      />
      <Table
        title="Calls"
        columns={['At', 'Call', 'Status', 'Version', 'Idempotency-Key', 'Faults']}
        empty="Nobody called."
        rows={overview.requests.map((request) => [
          request.at,
          <code>{`${request.method} ${request.path}`}</code>,
          `${request.status}${request.replayed ? ' replayed' : ''}`,
          versionOf(request),
          <code>{request.idempotencyKey ?? '–'}</code>,
          request.faults.join(', ') || '–',
        ])}
      />
    </>
  )
}

function versionOf({ version, answeredVersion }: LoggedRequest): string {
  return answeredVersion === null ? '–' : `${version ?? 'none'} → ${answeredVersion}`
}

/** The services that Makegood writes back to. The live organization has none of them. */
function Elsewhere({ overview }: { readonly overview: Overview }) {
  return (
    <>
      <Table
        title="Zendesk tickets"
        columns={['Ticket', 'Subject', 'Requester', 'Status', 'Changed']}
        empty="No ticket."
        rows={overview.tickets.map(({ id, subject, requester, status, updated_at: changedAt }) => [
          <a href={`/sandbox/zendesk/tickets/${id}`}>#{id}</a>,
          subject,
          requester,
          status,
          changedAt,
        ])}
      />
      <Table
        title="Zendesk webhooks called"
        columns={['Ticket', 'Trigger', 'State', 'Attempts', 'Due', 'Last outcome']}
        empty="No trigger has fired."
        rows={overview.invocations.map((invocation) => [
          `#${invocation.ticketId}`,
          invocation.triggerId,
          invocation.state,
          invocation.attempts,
          invocation.dueAt,
          invocation.lastOutcome ?? '–',
        ])}
      />
      <Table
        title="Slack messages"
        columns={['At', 'Text']}
        empty="Nothing was posted."
        rows={overview.messages.map(({ at, text, blocks }) => [
          at,
          <span class="text">{text === '' ? JSON.stringify(blocks) : text}</span>,
        ])}
      />
    </>
  )
}

export function OverviewPage({ overview }: { readonly overview: Overview }) {
  const { creditStartsAs, taxRateBasisPoints, rateLimitPerMinute } = overview.switches
  return (
    <Shell title="Commet sandbox">
      <h1>Commet sandbox</h1>
      <p class="quiet">
        A stand-in for the billing API, version {API_VERSION}, for Zendesk and for Slack. No money
        moves here.
      </p>
      <nav>
        <a href="/">sandbox mode</a>
        <a href="/?mode=live">live mode</a>
      </nav>
      <p>
        <strong>{overview.livemode ? 'Live mode' : 'Sandbox mode'}</strong>, clock{' '}
        <code>{overview.now}</code>, credits start <code>{creditStartsAs}</code>, tax{' '}
        <code>{taxRateBasisPoints / 100} %</code>, <code>{rateLimitPerMinute}</code> calls a minute
      </p>
      <Money overview={overview} />
      {overview.livemode ? null : <Elsewhere overview={overview} />}
      <Traffic overview={overview} />
    </Shell>
  )
}
