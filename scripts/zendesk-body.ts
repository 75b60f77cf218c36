// The body that a trigger of Zendesk sends: what the docs show, and `npm run connect` makes.

export type TicketBody = {
  /** The number of the amount's field; null where the rule reads none. */
  readonly amountField: number | null
  /** In capital letters, as the template has it. */
  readonly currency: string
  /** Whose external id is the billing customer's. */
  readonly customer: 'requester' | 'organization'
}

/** JSON with Zendesk's placeholders. No free text: Zendesk doesn't escape it. */
export const ticketBody = ({ amountField, currency, customer }: TicketBody): string =>
  JSON.stringify(
    {
      kind: 'makegood.ticket',
      ticket_id: '{{ticket.id}}',
      tags: '{{ticket.tags}}',
      ...(amountField === null ? {} : { amount: `{{ticket.ticket_field_${amountField}}}` }),
      currency,
      customer_external_id: `{{ticket.${customer}.external_id}}`,
      requester_email: '{{ticket.requester.email}}',
      asker: '{{current_user.email}}',
      updated_at: '{{ticket.updated_at_with_timestamp}}',
    },
    null,
    2,
  )
