// What is configured, and what it would do: `GET /rules`, and `POST /rules/dry-run` with { event } or with
// { endpoint, payload, type? }, where `type` is the header that some senders have the type in. A dry run
// changes nothing: it needs the scope read. Of a recorded event it tells what was delivered, which is noted.

import * as z from 'zod/mini'
import { listSwitches } from '../../db/read-switches.ts'
import { unreachable } from '../../domain/assert.ts'
import { isEventId } from '../../domain/ids.ts'
import { BODY_BYTES_MAX, EVENT_TYPE_CHARS_MAX, SUBJECT_CHARS_MAX } from '../../domain/limits.ts'
import { ownIds, type Rule } from '../../domain/rule.ts'
import type { Switch } from '../../domain/switch.ts'
import type { Config } from '../../config.ts'
import { dryRun, type DryInput, type DryTrouble } from '../../usecases/dry-run.ts'
import { noteReading } from '../../usecases/note-reading.ts'
import { fail, NOT_FOUND, succeed, TRY_AGAIN, type Failure } from '../answers.ts'
import type { AppContext } from '../context.ts'
import { requireScope } from '../require-key.ts'
import { createRoutes } from '../routes.ts'
import { validBody } from '../validate.ts'
import { presentDryRun } from './present-dry-run.ts'

const ONE_OF = 'either event, or endpoint and payload, is wanted'

const input = z.pipe(
  z.strictObject({
    event: z.optional(
      z
        .custom<`evt_${string}`>((id) => typeof id === 'string' && isEventId(id), {
          message: 'the id of an event is wanted',
        })
        .check(z.meta({ type: 'string', pattern: '^evt_[0-9a-z]{32}$' })),
    ),
    endpoint: z.optional(z.string().check(z.maxLength(SUBJECT_CHARS_MAX))),
    payload: z.optional(z.unknown()),
    type: z.optional(z.string().check(z.maxLength(EVENT_TYPE_CHARS_MAX))),
  }),
  z.transform(({ event, endpoint, payload, type }, ctx): DryInput => {
    if (event !== undefined && endpoint === undefined && payload === undefined) {
      return { kind: 'recorded', event }
    }
    if (event === undefined && endpoint !== undefined && payload !== undefined) {
      return { kind: 'payload', endpoint, payload, type: type ?? null }
    }
    ctx.issues.push({ code: 'custom', path: ['event'], message: ONE_OF, input: event })
    return z.NEVER
  }),
)

export const rules = createRoutes()
  .get('/', requireScope('read'), async (c) => {
    const { config, db, ruleSet } = c.var.deps
    const paused = await listSwitches(db)
    return succeed(c, {
      object: 'rule_set',
      hash: await ruleSet(),
      rules: config.rules.map((rule) => presentRule(config, rule, paused)),
    })
  })
  .post('/dry-run', requireScope('read'), validBody(input, BODY_BYTES_MAX), async (c) => {
    const asked = c.req.valid('json')
    const run = await dryRun(c.var.deps, asked)
    if (!run.ok) return refuse(c, run.error)
    if (asked.kind === 'recorded') await noteReading(c.var.deps, c.var.operator, 'payloads')
    return succeed(c, presentDryRun(run.value))
  })

/** `pausedBy`: the switches that stop it, whatever endpoint or customer an event is of. */
function presentRule(
  { reasons }: Config,
  { id, was, source, on, settlement, reason, causedBy, mode, description, alongside }: Rule,
  paused: readonly Switch[],
) {
  const { label = reason, account = null } = reasons.get(reason) ?? {}
  const ids = ownIds({ id, was })
  return {
    object: 'rule',
    id,
    was,
    source,
    on,
    settlement,
    reason: { code: reason, label, account },
    causedBy,
    mode,
    description,
    alongside,
    pausedBy: paused
      .filter(({ kind, key }) => kind === 'all' || (kind === 'rule' && ids.includes(key)))
      .map(({ kind, key }) => ({ kind, key: key === '' ? null : key })),
  }
}

function refuse(c: AppContext, trouble: DryTrouble): Response {
  for (const [field, value] of Object.entries(trouble)) c.var.logFields.set(field, value)
  return fail(c, answerFor(trouble))
}

const CONFLICT = { status: 409, type: 'conflict_error' } as const

function answerFor(trouble: DryTrouble): Failure {
  switch (trouble.reason) {
    case 'event_unknown':
      return { ...NOT_FOUND, code: 'event_not_found', message: 'There is no event with this id.' }
    case 'endpoint_unknown':
      return {
        ...NOT_FOUND,
        code: 'endpoint_not_found',
        message: 'No endpoint of this name is configured, so no rule reads what it received.',
      }
    case 'made_by_hand':
      return {
        ...CONFLICT,
        code: 'made_by_hand',
        message: 'A person made this by hand: no rule has decided it, and none would.',
      }
    case 'payload_forgotten':
      return {
        ...CONFLICT,
        code: 'payload_forgotten',
        message: 'What was delivered with this event was forgotten, as the retention says.',
      }
    case 'body_hidden':
      return {
        ...CONFLICT,
        code: 'payload_never_kept',
        message: 'The bodies of this source hold a secret and are not kept.',
      }
    case 'not_readable':
    case 'payload_unreadable':
      return {
        status: 400,
        type: 'validation_error',
        code: 'payload_unreadable',
        message: `The source reads no event in this: ${trouble.detail}.`,
        details: { reason: trouble.detail },
      }
    case 'too_many_adjustments':
      return {
        status: 400,
        type: 'validation_error',
        code: 'too_many_adjustments',
        message: `This would be ${trouble.found} adjustments; a dry run looks at ${trouble.max} at most.`,
      }
    case 'not_configured':
      return { ...TRY_AGAIN, code: 'not_configured', message: 'No billing API is configured.' }
    case 'billing_unavailable':
      return {
        ...TRY_AGAIN,
        code: 'billing_unavailable',
        message: 'The billing API could not say who the customer is. Try again.',
      }
    default:
      return unreachable(trouble)
  }
}
