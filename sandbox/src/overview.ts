// What the page at / shows of one organization: the newest of everything, within a bound.
import type { Customer, Invoice, WebhookEndpoint } from '@commet/node'
import { readMessages } from '../slack/messages.ts'
import type { SlackMessage } from '../slack/messages.ts'
import { readInvocations } from '../zendesk/invocations.ts'
import type { Invocation } from '../zendesk/invocations.ts'
import { readTicketLines } from '../zendesk/ticket-view.ts'
import type { TicketLine } from '../zendesk/ticket-view.ts'
import { readFaults } from './faults.ts'
import type { ArmedFault } from './faults.ts'
import { PAGE_ROWS_MAX } from './limits.ts'
import { readMails } from './outbox.ts'
import type { Mail } from './outbox.ts'
import { readRequests } from './request-log.ts'
import type { LoggedRequest } from './request-log.ts'
import { freshPath } from './signed-address.ts'
import { documents, isoTime, nowMs } from './store.ts'
import type { Store } from './store.ts'
import { readSwitches } from './switches.ts'
import type { Switches } from './switches.ts'
import { readDeliveries } from './webhook-deliveries.ts'
import type { Delivery } from './webhook-deliveries.ts'

export type Overview = {
  readonly livemode: boolean
  /** ISO 8601, by the organization's clock. */
  readonly now: string
  readonly customers: readonly Customer[]
  readonly invoices: readonly { readonly invoice: Invoice; readonly pdfPath: string }[]
  readonly webhooks: readonly WebhookEndpoint[]
  readonly deliveries: readonly Delivery[]
  readonly mails: readonly Mail[]
  readonly requests: readonly LoggedRequest[]
  readonly faults: readonly ArmedFault[]
  readonly switches: Switches
  /** The stand-ins for Zendesk and Slack. */
  readonly tickets: readonly TicketLine[]
  readonly invocations: readonly Invocation[]
  readonly messages: readonly SlackMessage[]
}

function newest<T>(store: Store, table: 'customers' | 'invoices' | 'webhook_endpoints'): T[] {
  const select = `SELECT document FROM ${table} ORDER BY sequence DESC LIMIT ?`
  return documents<T>(store, select, PAGE_ROWS_MAX)
}

export async function readOverview(store: Store): Promise<Overview> {
  const invoices = newest<Invoice>(store, 'invoices')
  return {
    livemode: store.livemode,
    now: isoTime(nowMs(store)),
    customers: newest<Customer>(store, 'customers'),
    invoices: await Promise.all(
      invoices.map(async (invoice) => ({ invoice, pdfPath: await freshPath(store, invoice.id) })),
    ),
    webhooks: newest<WebhookEndpoint>(store, 'webhook_endpoints'),
    deliveries: readDeliveries(store).slice(0, PAGE_ROWS_MAX),
    mails: readMails(store).slice(0, PAGE_ROWS_MAX),
    requests: readRequests(store).slice(0, PAGE_ROWS_MAX),
    faults: readFaults(store),
    switches: readSwitches(store),
    tickets: readTicketLines(store, PAGE_ROWS_MAX),
    invocations: readInvocations(store).slice(0, PAGE_ROWS_MAX),
    messages: readMessages(store).slice(0, PAGE_ROWS_MAX),
  }
}
