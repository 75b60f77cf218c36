// What can be done about an adjustment that is not held, or whose invoice may be there: try again, adopt, reverse, void.

import type { Adjustment } from '../../db/schema.ts'
import { isClosed } from '../../domain/adjustment.ts'
import { BILLING_ID_CHARS_MAX } from '../../domain/limits.ts'
import { Field, Form } from './parts.tsx'
import type { Viewer } from './held-card.tsx'

type Props = { of: Adjustment; viewer: Viewer; back: string }

export const AdjustmentForms = (props: Props) => {
  const { state, holdReasons } = props.of
  if (state === 'held' && holdReasons?.includes('outcome_unknown'))
    return <OutcomeForms {...props} />
  if (state === 'held') return null
  if (state === 'failed') return <FailedForms {...props} />
  if (state === 'invoiced') return <UndoForms {...props} />
  return (
    <p class="soft">{state === 'due' || state === 'issuing' ? SOON : 'Nothing: it is over.'}</p>
  )
}

const SOON = 'Nothing: it goes on by itself.'
const NOT_YOURS = <p class="soft">Your key can do nothing about it.</p>

const again = (looked: boolean, version: number) =>
  looked ? { version, looked: 'yes' } : { version }

const FailedForms = ({ of, viewer, back }: Props) =>
  viewer.mayApprove ? (
    <Form
      token={viewer.token}
      back={back}
      class="stack"
      action={`/adjustments/${of.id}/requeue`}
      fields={again(false, of.version)}
    >
      <button class="main">Try again</button>
    </Form>
  ) : (
    NOT_YOURS
  )

const OutcomeForms = ({ of, viewer, back }: Props) => {
  if (!viewer.mayApprove) return NOT_YOURS
  const common = { token: viewer.token, back, class: 'stack' }
  return (
    <>
      <Form {...common} action={`/adjustments/${of.id}/adopt`} fields={{ version: of.version }}>
        <Field label="Its invoice at billing" hint={`The one with ${of.id} in its metadata.`}>
          <input
            type="text"
            name="invoiceId"
            required
            maxlength={BILLING_ID_CHARS_MAX}
            spellcheck={false}
            placeholder="inv_…"
          />
        </Field>
        <button class="main">Adopt this invoice</button>
      </Form>
      <Form {...common} action={`/adjustments/${of.id}/requeue`} fields={again(true, of.version)}>
        <label class="check">
          <input type="checkbox" name="sure" value="yes" required />
          <span>I have looked at billing: it has none, or only void ones.</span>
        </label>
        <button>Post it</button>
      </Form>
    </>
  )
}

const UndoForms = ({ of, viewer, back }: Props) => {
  const { id, version, reverses, reversedBy, invoiceStatus } = of
  const common = { token: viewer.token, back, class: 'stack', action: `/adjustments/${id}/reverse` }
  const mayReverse =
    viewer.mayWrite && reverses === null && reversedBy === null && !isClosed(invoiceStatus)
  const mayVoid = viewer.mayApprove && reversedBy !== 'void' && invoiceStatus === 'outstanding'
  if (!mayReverse && !mayVoid) {
    return <p class="soft">Nothing is left to do about it, or your key can not do it.</p>
  }
  return (
    <details>
      <summary>Undo it</summary>
      <div class="card-forms">
        {mayReverse ? (
          <Form {...common} fields={{ version, how: 'reversal' }}>
            <p class="soft">A reversal is a second invoice of the opposite amount.</p>
            <button class="danger">Reverse it</button>
          </Form>
        ) : null}
        {mayVoid ? (
          <Form {...common} fields={{ version, how: 'void' }}>
            <p class="soft">Voiding takes its own invoice back, while that is outstanding.</p>
            <button class="danger">Void its invoice</button>
          </Form>
        ) : null}
      </div>
    </details>
  )
}
