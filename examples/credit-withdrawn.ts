// Takes back what another rule gave for the same subject, whichever of the two comes first.

import * as z from 'zod/mini'
import { rule, undo } from '../src/domain/rule.ts'

export const creditWithdrawn = rule({
  id: 'credit-withdrawn',
  source: 'standard',
  on: ['delivery.was_on_time'],
  settlement: 'owed',
  reason: 'correction',
  causedBy: 'system',
  payload: z.object({ data: z.object({ id: z.string() }) }),
  adjust: ({ data }) => undo(`delivery:${data.id}`, { of: 'late-delivery' }),
})
