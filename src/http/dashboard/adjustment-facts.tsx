// What is known of an adjustment and of its invoice.

import type { Adjustment } from '../../db/schema.ts'
import { customerText } from '../../domain/why-texts.ts'
import { Facts, Id, Money, When, type Clock } from './parts.tsx'
import { SETTLEMENTS } from './words.ts'

export const Invoice = ({
  of,
  link,
  clock,
}: {
  of: Adjustment
  link: string | null
  clock: Clock
}) => {
  if (of.invoiceId === null) return <p class="soft">There is none yet.</p>
  const total = {
    amount: of.invoiceTotal ?? of.amount,
    currency: of.invoiceCurrency ?? of.currency,
  }
  return (
    <>
      <Facts
        rows={[
          ['Number', of.invoiceNumber ?? 'not numbered yet'],
          ['Status at billing', of.invoiceStatus],
          ['Total', <Money of={{ ...total, currency: total.currency.toLowerCase() }} />],
          [
            'Tax in it',
            of.invoiceTax === null || of.invoiceTax === 0 ? null : (
              <Money of={{ amount: of.invoiceTax, currency: total.currency.toLowerCase() }} />
            ),
          ],
          ['Made', of.invoicedAt === null ? null : <When at={of.invoicedAt} clock={clock} />],
          ['Link to the PDF', link === null ? null : <LinkTo address={link} />],
        ]}
      />
      {of.answerDifferences === null ? null : (
        <p class="told is-bad">
          {`The billing API answered something else than was asked for: ${of.answerDifferences
            .map(({ field, asked, answered }) => `${field} ${answered} instead of ${asked}`)
            .join('; ')}.`}
        </p>
      )}
    </>
  )
}

const LinkTo = ({ address }: { address: string }) => (
  <span class="id">
    <a href={address} rel="noreferrer">
      {address}
    </a>
    <button type="button" class="copy" data-copy={address} hidden aria-label="Copy the link">
      Copy
    </button>
  </span>
)

export const FactsOf = ({ of, approvers }: { of: Adjustment; approvers: readonly string[] }) => (
  <Facts
    rows={[
      ['Settlement', SETTLEMENTS[of.settlement]],
      ['Reason', of.reason],
      ['Customer', customerText(of)],
      ['Customer at billing', customerLink(of.request?.customerId ?? of.customerId)],
      ['Asked for by', of.asker],
      ['Made by', of.maker],
      ['Approved by', approvers.length === 0 ? null : [...new Set(approvers)].join(', ')],
      ['Note', of.decisionNote === null || of.decisionNote === '' ? null : of.decisionNote],
      ['Rule', of.ruleId],
      ['Event', <a href={`/events/${of.eventId}`}>{of.eventId}</a>],
      ['Undoes', of.reverses && <a href={`/adjustments/${of.reverses}`}>{of.reverses}</a>],
      [
        'Undone by',
        of.reversedBy === 'void' || of.reversedBy === null ? (
          of.reversedBy && 'voiding its invoice'
        ) : (
          <a href={`/adjustments/${of.reversedBy}`}>{of.reversedBy}</a>
        ),
      ],
      ['Adjustment', <Id of={of.id} />],
      ['Attempts', String(of.attempts)],
    ]}
  />
)

const customerLink = (id: string | null) =>
  id === null ? null : <a href={`/customers/${encodeURIComponent(id)}`}>{id}</a>
