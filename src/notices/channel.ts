// What a channel is: one way to write back what became of something. Which address it calls, and with
// which key, comes from the configuration and the environment alone, never from an event.

import type { CustomerInvoice, Notice } from '../domain/notice.ts'
import type { Result } from '../domain/result.ts'

/** Values by the configured names of secrets. Every name that the channel lists is there. */
export type Secrets = (name: string) => string

/** `closed`: the place takes no text any more; it was marked there, and the other channels tell it. */
export type Sent = 'sent' | 'found_there' | 'closed'

export type SendTrouble = {
  /** `transient`: trying again may help. `refused`: it waits until a person mends the key. */
  readonly meaning: 'transient' | 'refused' | 'permanent'
  readonly code: string
  readonly status: number | null
  readonly retryAfterSeconds: number | null
}

/** Has the billing system mail an invoice to its customer: once for a key, for 24 hours. */
export type MailInvoice = (
  invoice: CustomerInvoice,
  idempotencyKey: string,
) => Promise<Result<Sent, SendTrouble>>

export type Attempt = {
  /** When it began, milliseconds since 1970. */
  readonly nowMs: number
  /** Whether enough of the lease is left for a write: without it, somebody else may write as well. */
  readonly mayWrite: () => boolean
  readonly mailInvoice: MailInvoice
}

/** Its messages go to people of the company, whatever the source. */
export const isForStaff = ({ source, isForCustomer }: Channel): boolean =>
  source === null && isForCustomer === undefined

export type Channel = {
  /** By which it is known in records: `zendesk`, `slack`. Each is there once. */
  readonly name: string
  readonly title: string
  /** Names of what the environment has to hold. */
  readonly secrets: readonly string[]
  /** What is wrong with its own options: it does not start. */
  readonly problems: readonly string[]
  /** The one source whose people it tells; null is every one's. */
  readonly source: string | null
  /** Tags that ask at the source, which it takes off with each answer: the rules' own have to be among them. */
  readonly requestTags?: readonly string[]
  /** Whether this notice is its business at all. */
  readonly wants: (notice: Notice) => boolean
  /** Its places may take no text any more: then the channels for people tell it. */
  readonly mayClose?: true
  /** The customer himself reads it: it never tells what another channel could not. */
  readonly isForCustomer?: true
  readonly send: (
    secrets: Secrets,
    notice: Notice,
    attempt: Attempt,
  ) => Promise<Result<Sent, SendTrouble>>
}
