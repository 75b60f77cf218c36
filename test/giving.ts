// A rule of the tests' own, which gives or undoes exactly what an event of the source `batch` says.

import * as z from 'zod'
import {
  charge,
  credit,
  hold,
  rule,
  several,
  undo,
  type Rule,
  type RuleDefinition,
} from '../src/domain/rule.ts'

const part = z.object({
  subject: z.string(),
  part: z.string().default(''),
  /** Minor units: negative is a credit. */
  amount: z.number(),
  customer: z.string().nullable().default('acme-42'),
  asker: z.string().nullable().default(null),
  happenedAt: z.number().nullable().default(null),
  originalInvoice: z.string().nullable().default(null),
})
const payload = z.union([
  z.object({ undo: z.string(), of: z.string().nullable().default(null) }),
  z.object({ parts: z.array(part), hold: z.string().optional() }),
])

export type Given = z.input<typeof part>

/** An event of the source `batch`. `type`: the id of a rule made by `giving`. */
export const given = (id: string, type: string, ...parts: readonly Given[]) => ({ id, type, parts })

type Changed = Partial<Omit<RuleDefinition<typeof payload>, 'payload' | 'adjust'>>

/** It is on events whose type is its id, unless `changed` says otherwise. */
export const giving = (id: string, changed: Changed = {}): Rule =>
  rule({
    id,
    source: 'batch',
    on: [id],
    settlement: 'owed',
    reason: 'goodwill',
    causedBy: 'system',
    ...changed,
    payload,
    adjust(event) {
      if ('undo' in event) return undo(event.undo, { of: event.of })
      const parts = event.parts.map(({ amount, ...fields }) =>
        (amount < 0 ? credit : charge)({ minorUnits: Math.abs(amount), currency: 'usd' }, fields),
      )
      return event.hold === undefined ? several(...parts) : hold(event.hold, several(...parts))
    },
  })
