// What is paused. `PUT /switches/all`, `/rule/<id>`, `/endpoint/<name>` or `/customer/<billing id>` pauses,
// `DELETE` resumes. Both say what is now, and change nothing where it is so already.

import { listSwitches, type SwitchRow } from '../../db/read-switches.ts'
import { unreachable } from '../../domain/assert.ts'
import { SWITCH_KINDS, type Switch } from '../../domain/switch.ts'
import { pause, type SwitchTrouble } from '../../usecases/pause.ts'
import { resume } from '../../usecases/resume.ts'
import { fail, NOT_FOUND, succeed, type Failure } from '../answers.ts'
import type { AppContext } from '../context.ts'
import { requireScope } from '../require-key.ts'
import { createRoutes } from '../routes.ts'

export const switches = createRoutes()
  .get('/', requireScope('read'), async (c) => {
    const rows = await listSwitches(c.var.deps.db)
    return succeed(c, rows.map(presentSwitch))
  })
  .put('/:kind/:key?', requireScope('write'), async (c) => {
    const wanted = switchOf(c.req.param('kind'), c.req.param('key'))
    if (wanted === null) return fail(c, NOT_FOUND)
    const paused = await pause(c.var.deps, c.var.operator, wanted)
    if (!paused.ok) return refuse(c, paused.error)
    return succeed(c, { ...stateOf(wanted, true), switches: paused.value.map(presentSwitch) })
  })
  .delete('/:kind/:key?', requireScope('approve'), async (c) => {
    const wanted = switchOf(c.req.param('kind'), c.req.param('key'))
    if (wanted === null) return fail(c, NOT_FOUND)
    const resumed = await resume(c.var.deps, c.var.operator, wanted)
    if (!resumed.ok) return refuse(c, resumed.error)
    return succeed(c, { ...stateOf(wanted, false), due: resumed.value })
  })

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
