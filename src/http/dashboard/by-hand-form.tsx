// An adjustment by hand, in answer to an event that waits for a person: filled in with what the event asks for. The event
// is answered once, whoever sends it and however often, and every limit is asked.

import type { Child } from 'hono/jsx'
import type { Event } from '../../db/schema.ts'
import { isDismissable } from '../../domain/event.ts'
import { AMOUNT_TEXT_CHARS_MAX, CUSTOMER_REFERENCE_CHARS_MAX } from '../../domain/limits.ts'
import { decimalText } from '../../domain/money.ts'
import { prefillByHand, type ByHandPrefill } from '../../usecases/prefill-by-hand.ts'
import type { AppContext } from '../context.ts'
import { BY_HAND_KINDS, type TypedByHand } from './by-hand.ts'
import { Field, Form } from './parts.tsx'
import { amountShown } from './shown.ts'
import { viewerOf } from './viewer.ts'
import { SETTLEMENTS } from './words.ts'

/** `typed`: what was not taken, so that it is not lost. Null where this person can answer nothing here. */
export async function byHandSection(
  c: AppContext,
  event: Event,
  typed: TypedByHand | null,
): Promise<Child | null> {
  if (!isDismissable(event.fate) || !viewerOf(c).mayWrite) return null
  const prefill = await prefillByHand(c.var.deps, event)
  return <ByHand c={c} event={event} prefill={prefill} typed={typed} />
}

type Props = { c: AppContext; event: Event; prefill: ByHandPrefill; typed: TypedByHand | null }

const ByHand = ({ c, event, prefill, typed }: Props) => {
  const { config, billing } = c.var.deps
  const values = typed ?? valuesOf(prefill, config.currency)
  const isOtherMode = event.mode !== null && billing !== null && billing.mode !== event.mode
  return (
    <section class="sheet" id="by-hand">
      <h2>Make it by hand</h2>
      <p class="soft">
        It answers this event, which is settled by it. Nothing that was made before is changed, and
        every limit is asked.
      </p>
      <Asked of={prefill} currency={config.currency} />
      {isOtherMode ? (
        <p>{`This event is of ${event.mode} mode. What you make is billed in ${billing.mode} mode.`}</p>
      ) : null}
      <Form token={viewerOf(c).token} class="stack" action={`/events/${event.id}/by-hand`}>
        <Choice label="What" name="direction" chosen={values.direction} of={DIRECTIONS} />
        <Text
          label={`Amount, ${config.currency.toUpperCase()}`}
          name="amount"
          value={values.amount}
          charsMax={AMOUNT_TEXT_CHARS_MAX}
          inputmode="decimal"
        />
        <Choice label="Customer by" name="kind" chosen={values.kind} of={BY_HAND_KINDS} />
        <Text
          label="Customer"
          name="customer"
          value={values.customer}
          charsMax={CUSTOMER_REFERENCE_CHARS_MAX}
        />
        <Choice
          label="Reason"
          name="reason"
          chosen={values.reason}
          of={[...config.reasons].map(([code, { label }]) => [code, label])}
        />
        <Choice
          label="Settlement"
          name="settlement"
          chosen={values.settlement}
          of={Object.entries(SETTLEMENTS)}
        />
        <Text
          label="Number of the invoice that it is about"
          name="originalInvoice"
          value={values.originalInvoice}
          charsMax={CUSTOMER_REFERENCE_CHARS_MAX}
          isOptional
        />
        <button>Make it</button>
      </Form>
    </section>
  )
}

const DIRECTIONS = [
  ['credit', 'A credit: given to him'],
  ['charge', 'A charge: taken from him'],
] as const

/** What is asked for in a currency that nobody is billed in can't be filled in. */
const Asked = ({ of: { amount }, currency }: { of: ByHandPrefill; currency: string }) => {
  if (amount === null) return <p class="soft">The rules of now don't say how much.</p>
  if (amount.currency === currency) return null
  return (
    <p>{`It asks for ${amountShown(amount)}, and here customers are billed in ${currency.toUpperCase()}.`}</p>
  )
}

function valuesOf(prefill: ByHandPrefill, currency: string): TypedByHand {
  const { amount, customer, reason, settlement, originalInvoice } = prefill
  const isBilled = amount !== null && amount.currency === currency
  return {
    direction: (amount?.amount ?? -1) < 0 ? 'credit' : 'charge',
    amount: isBilled ? decimalText(Math.abs(amount.amount), currency) : '',
    kind: customer?.kind ?? 'external_id',
    customer: customer?.value ?? '',
    reason: reason ?? 'goodwill',
    settlement: settlement ?? 'owed',
    originalInvoice: originalInvoice ?? '',
  }
}

type TextProps = {
  label: string
  name: keyof TypedByHand
  value: string
  charsMax: number
  inputmode?: 'decimal' | 'text'
  isOptional?: boolean
}

const Text = ({ label, name, value, charsMax, inputmode = 'text', isOptional }: TextProps) => (
  <Field label={label} {...(isOptional ? { hint: 'If it is about one.' } : {})}>
    <input
      type="text"
      name={name}
      value={value}
      required={!isOptional}
      maxlength={charsMax}
      inputmode={inputmode}
      autocomplete="off"
      spellcheck={false}
    />
  </Field>
)

type ChoiceProps = {
  label: string
  name: keyof TypedByHand
  chosen: string
  of: readonly (readonly [string, string])[]
}

const Choice = ({ label, name, chosen, of }: ChoiceProps) => (
  <Field label={label}>
    <select name={name}>
      {of.map(([value, text]) => (
        <option value={value} selected={value === chosen}>
          {text}
        </option>
      ))}
    </select>
  </Field>
)
