// What is paused. `PUT /switches/all`, `/rule/<id>`, `/endpoint/<name>` or `/customer/<billing id>` pauses,
// `DELETE` resumes. Both say what is now, and change nothing where it is so already.

import { listSwitches, type SwitchRow } from '../../db/read-switches.ts'
import { unreachable } from '../../domain/assert.ts'
import { SWITCH_KINDS, type Switch } from '../../domain/switch.ts'
import { findPause, pause, type SwitchTrouble } from '../../usecases/pause.ts'
import { resume } from '../../usecases/resume.ts'
import { fail, NOT_FOUND, succeed, type Failure } from '../answers.ts'
import { ifMatch, isMatch, PRECONDITION_FAILED, setTag, takesCondition } from '../conditions.ts'
import type { AppContext } from '../context.ts'
import { requireScope } from '../require-key.ts'
import { createRoutes } from '../routes.ts'

export const switches = createRoutes()
  .get('/', requireScope('read'), async (c) => {
    const rows = await listSwitches(c.var.deps.db)
    return succeed(c, rows.map(presentSwitch))
  })
  .get('/:kind/:key?', requireScope('read'), async (c) => {
    const wanted = switchOf(c.req.param('kind'), c.req.param('key'))
    if (wanted === null) return fail(c, NOT_FOUND)
    const found = await findPause(c.var.deps, wanted)
    if (!found.ok) return refuse(c, found.error)
    setTag(c, tagOf(found.value))
    const isPaused = found.value.length > 0
    return succeed(c, { ...stateOf(wanted, isPaused), switches: found.value.map(presentSwitch) })
  })
  .put('/:kind/:key?', requireScope('write'), takesCondition('If-Match'), async (c) => {
    const wanted = switchOf(c.req.param('kind'), c.req.param('key'))
    if (wanted === null) return fail(c, NOT_FOUND)
    const seen = await findSeen(c, wanted)
    if (seen === 'otherwise') return fail(c, PRECONDITION_FAILED)
    const paused = await pause(c.var.deps, c.var.operator, wanted)
    if (!paused.ok) return refuse(c, paused.error)
    setTag(c, tagOf(paused.value))
    return succeed(c, { ...stateOf(wanted, true), switches: paused.value.map(presentSwitch) })
  })
  .delete('/:kind/:key?', requireScope('approve'), takesCondition('If-Match'), async (c) => {
    const wanted = switchOf(c.req.param('kind'), c.req.param('key'))
    if (wanted === null) return fail(c, NOT_FOUND)
    const seen = await findSeen(c, wanted)
    if (seen === 'otherwise') return fail(c, PRECONDITION_FAILED)
    const resumed = await resume(c.var.deps, c.var.operator, wanted, seen)
    if (!resumed.ok) return refuse(c, resumed.error)
    // Only what was seen has ended: somebody may have paused it anew between the two.
    if (seen !== null && (await isPausedNow(c, wanted))) return fail(c, PRECONDITION_FAILED)
    return succeed(c, { ...stateOf(wanted, false), due: resumed.value })
  })

/** Of a switch that isn't paused, and of each pause another one. */
export const tagOf = (rows: readonly SwitchRow[]): string =>
  rows.length === 0
    ? 'running'
    : rows.map(({ key, at }) => `${encodeURIComponent(key)}@${at.toString(36)}`).join('+')

/** The pauses that a condition means; null without one, 'otherwise' where they are no longer those. */
async function findSeen(
  c: AppContext,
  wanted: Switch,
): Promise<readonly SwitchRow[] | 'otherwise' | null> {
  const condition = ifMatch(c)
  if (condition === null || condition === '*') return null
  const found = await findPause(c.var.deps, wanted)
  if (!found.ok) return null
  return isMatch(condition, tagOf(found.value)) ? found.value : 'otherwise'
}

async function isPausedNow(c: AppContext, wanted: Switch): Promise<boolean> {
  const found = await findPause(c.var.deps, wanted)
  return found.ok && found.value.length > 0
}

/** Only `all` has no key. */
function switchOf(text: string, key: string | undefined): Switch | null {
  const kind = SWITCH_KINDS.find((each) => each === text)
  if (kind === undefined || (kind === 'all') !== (key === undefined)) return null
  return { kind, key: key ?? '' }
}

const stateOf = ({ kind, key }: Switch, isPaused: boolean) => ({
  object: 'switch_state',
  kind,
  key: key === '' ? null : key,
  isPaused,
})

/** `cause`: a code where Makegood itself paused it, else null. */
export const presentSwitch = ({ kind, key, at, actor, cause }: SwitchRow) => ({
  object: 'switch',
  kind,
  key: key === '' ? null : key,
  pausedAt: new Date(at).toISOString(),
  actor,
  cause,
})

function refuse(c: AppContext, trouble: SwitchTrouble): Response {
  for (const [field, value] of Object.entries(trouble)) c.var.logFields.set(field, value)
  return fail(c, answerFor(trouble))
}

function answerFor(trouble: SwitchTrouble): Failure {
  switch (trouble.reason) {
    case 'rule_unknown':
      return { ...NOT_FOUND, code: 'rule_not_found', message: 'There is no rule with this id.' }
    case 'endpoint_unknown':
      return {
        ...NOT_FOUND,
        code: 'endpoint_not_found',
        message: 'There is no endpoint of this name.',
      }
    case 'customer_unusable':
      return {
        status: 400,
        type: 'validation_error',
        code: 'validation_error',
        message: `key: a customer's id at the billing API is wanted, of at most ${trouble.max} characters`,
        param: 'key',
      }
    case 'customer_unknown':
      return {
        ...NOT_FOUND,
        code: 'customer_not_found',
        message: 'The billing API has no customer with this id. His id there is wanted: cus_…',
      }
    case 'too_many_customers':
      return {
        status: 409,
        type: 'conflict_error',
        code: 'too_many_customers_paused',
        message: `At most ${trouble.max} customers are paused at a time. Resume some, or pause all.`,
      }
    default:
      return unreachable(trouble)
  }
}
