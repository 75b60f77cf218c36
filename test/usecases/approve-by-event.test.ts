// Approving from the ticket: a lead's macro sends the same template, and what was held there goes out.

import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openDatabase } from '../../src/db/database.ts'
import { findEvent } from '../../src/db/read-events.ts'
import type { Adjustment, Event } from '../../src/db/schema.ts'
import { revokeKey } from '../../src/db/write-keys.ts'
import type { Deps } from '../../src/deps.ts'
import type { EventId } from '../../src/domain/ids.ts'
import { limitsOf, type LimitOptions } from '../../src/domain/money-limits.ts'
import { usd } from '../../src/domain/money.ts'
import { BOOTSTRAP, type Scope } from '../../src/domain/operator.ts'
import { zendeskApproval } from '../../src/rules/zendesk-approval.ts'
import { makeKey } from '../../src/usecases/make-key.ts'
import { invoicesOf, sandboxControl, ticket } from '../harness.ts'
import { actionsOf, createWorld, entriesOf, setFaults } from '../world.ts'
import config from '../makegood.config.ts'

const HOUR = 3_600

const withApproval = (limits: LimitOptions = {}): Deps['config'] => ({
  ...config,
  limits: limitsOf({ duplicateHours: 0, olderThanEndpoint: 'allow', ...limits }),
  rules: [...config.rules, zendeskApproval()],
})

let world: Awaited<ReturnType<typeof createWorld>>
let next = 0

beforeEach(async () => {
  await env.DB.batch([
    env.DB.prepare('UPDATE adjustments SET wake_at = 9e15 WHERE wake_at IS NOT NULL'),
    env.DB.prepare('DELETE FROM limit_sums'),
  ])
  await sandboxControl('POST', '/reset')
  world = await createWorld({ config: withApproval() })
})
afterEach(() => setFaults())

/** A person with a key, and his e-mail. */
async function person(
  scopes: readonly Scope[] = ['approve'],
  expiresAt: number | null = null,
): Promise<{ email: string; key: Parameters<typeof revokeKey>[1] }> {
  const email = `lead-${(next += 1)}@saas.example`
  const made = await makeKey(
    world.deps,
    { name: `lead-key-${next}`, email, scopes, expiresAt },
    BOOTSTRAP,
  )
  if (!made.ok) throw new Error(made.error.reason)
  return { email, key: made.value.key.id }
}

type Body = ReturnType<typeof ticket>

/** A ticket's credit above 250.00: held. */
async function held(
  fields: Record<string, unknown> = {},
  how: Partial<Deps> = {},
): Promise<{ body: Body; event: EventId; adjustment: Adjustment }> {
  const body = ticket({ tags: 'credit_requested', amount: '300.00', ...fields })
  const [event] = await world.receive('zendesk', body)
  expect(await world.work(how)).toEqual(['held'])
  return { body, event: event!, adjustment: await world.adjustment(event!) }
}

/** What the macro sends a minute later: the approval's tag beside those that are there. */
const macro = (body: Body, asker: string, at = world.now()) => ({
  ...body,
  tags: `${body.tags} credit_approved`,
  asker,
  updated_at: new Date(at).toISOString(),
})

async function approve(body: unknown, endpoint = 'zendesk', by = world): Promise<Event> {
  const [id] = await by.receive(endpoint, body)
  const found = await findEvent(world.deps.db, id!)
  return found!.event
}

const stateOf = async (event: EventId) => (await world.adjustment(event)).state

describe('a macro that only leads have', () => {
  it('lets through what is held on its ticket, and the credit is issued', async () => {
    const { body, event, adjustment } = await held()
    await world.advance(60)
    const { email } = await person()
    const approval = await approve(macro(body, email.toUpperCase()))
    expect(approval).toMatchObject({
      fate: 'adjusted',
      ruleId: 'zendesk-approval',
      decision: {
        approves: {
          subject: adjustment.subject,
          ruleIds: ['zendesk-ticket-credit'],
          adjustments: [adjustment.id],
          refused: [],
        },
      },
    })
    expect(JSON.stringify(approval.decision)).not.toContain('@')
    expect(await world.work()).toEqual(['issued'])
    expect(await invoicesOf(adjustment.id, 'cus_acme')).toHaveLength(1)
    expect(await stateOf(event)).toBe('invoiced')
    const [entry] = (await entriesOf(adjustment.id)).filter(
      ({ action }) => action === 'adjustment.approved',
    )
    expect(entry?.data).toMatchObject({ event: approval.id, amount: -30_000, approvals: 1 })
  })

  it('is one yes of two where two have to approve, and another lead gives the other', async () => {
    const how = { config: withApproval({ twoApproversAbove: usd(400) }) }
    const { body, event } = await held({ amount: '500.00' }, how)
    await world.advance(60)
    const [one, other] = [await person(), await person()]
    expect(await approve(macro(body, one.email))).toMatchObject({ fate: 'adjusted' })
    expect(await world.adjustment(event)).toMatchObject({ state: 'held', version: 3 })
    await world.advance(60)
    expect(await approve(macro(body, one.email))).toMatchObject({
      fate: 'undecided',
      reason: 'already_approved',
    })
    expect(await stateOf(event)).toBe('held')
    expect(await approve(macro(body, other.email))).toMatchObject({ fate: 'adjusted' })
    expect(await stateOf(event)).toBe('due')
    expect(await world.work(how)).toEqual(['issued'])
  })

  it('approves at most what the rule made, of this ticket and this mode', async () => {
    const one = await held()
    const other = await held()
    await world.advance(60)
    const { email } = await person()
    await approve(macro(one.body, email))
    expect(await stateOf(one.event)).toBe('due')
    expect(await stateOf(other.event)).toBe('held')
    const elsewhere = await approve(macro(other.body, email), 'zendesk-live')
    expect(elsewhere).toMatchObject({ fate: 'undecided', reason: 'nothing_held' })
    expect(await stateOf(other.event)).toBe('held')
  })
})

describe('a macro that counts for nothing', () => {
  /** Nothing is let through, the ticket is told why, and no e-mail is kept with the decision. */
  async function expectRefused(
    reason: string,
    { body, event, adjustment }: Awaited<ReturnType<typeof held>>,
    sent: unknown,
  ): Promise<void> {
    const telling = await createWorld({
      config: withApproval(),
      db: openDatabase(env.DB, () => true),
      now: world.now,
    })
    const before = await world.adjustment(event)
    const approval = await approve(sent, 'zendesk', telling)
    expect(approval).toMatchObject({
      fate: 'undecided',
      reason,
      decision: { subject: `ticket:${body.ticket_id}`, detail: expect.stringMatching(/\S{2}/) },
    })
    expect(JSON.stringify(approval.decision)).not.toContain('@')
    expect(await world.adjustment(event)).toEqual(before)
    expect(await actionsOf(adjustment.id)).not.toContain('adjustment.approved')
    const { results } = await env.DB.prepare('SELECT action FROM notices WHERE about = ?')
      .bind(approval.id)
      .all()
    expect(results).toEqual([{ action: 'event.received' }])
  }

  it('is of somebody without a key', async () => {
    const there = await held()
    await world.advance(60)
    await expectRefused('approver_unknown', there, macro(there.body, 'nobody@saas.example'))
  })

  it('is of somebody whose key may not approve', async () => {
    const there = await held()
    await world.advance(60)
    const { email } = await person(['read', 'write', 'admin'])
    await expectRefused('approver_unknown', there, macro(there.body, email))
  })

  it('is of somebody whose key is revoked', async () => {
    const there = await held()
    await world.advance(60)
    const { email, key } = await person()
    await revokeKey(world.deps.db, key, BOOTSTRAP, world.now())
    await expectRefused('approver_unknown', there, macro(there.body, email))
  })

  it('is of somebody whose key has ended, from that moment on', async () => {
    const there = await held()
    const { email } = await person(['approve'], world.now() + 60_000)
    await world.advance(60)
    await expectRefused('approver_unknown', there, macro(there.body, email))
  })

  it('is of who asked for it, however it is written', async () => {
    const { email } = await person()
    const there = await held({ asker: email })
    await world.advance(60)
    await expectRefused('approver_is_asker', there, macro(there.body, email.toUpperCase()))
  })

  it('comes where an approval is not enough', async () => {
    const there = await held({ customer_external_id: 'nobody-knows-him' })
    await world.advance(60)
    const { email } = await person()
    await expectRefused('not_approvable', there, macro(there.body, email))
  })

  it('comes after fourteen days', async () => {
    const there = await held()
    await world.advance(14 * 24 * HOUR)
    const { email } = await person()
    await expectRefused('hold_expired', there, macro(there.body, email))
  })

  it('was applied before it was held: nobody has seen that', async () => {
    const there = await held()
    await world.advance(60)
    const { email } = await person()
    await expectRefused('held_since', there, macro(there.body, email, world.now() - 120_000))
  })

  it('does not say when it was applied', async () => {
    const there = await held()
    const { email } = await person()
    await expectRefused('approval_undated', there, { ...macro(there.body, email), updated_at: '' })
  })

  it('finds nothing that waits', async () => {
    const body = ticket()
    const [event] = await world.receive('zendesk', body)
    expect(await world.work()).toEqual(['issued'])
    const { email } = await person()
    const there = { body, event: event!, adjustment: await world.adjustment(event!) }
    await expectRefused('nothing_held', there, macro(body, email))
  })
})

describe('an approval that comes again', () => {
  it('has no effect once it is known, also on a later hold of the same credit', async () => {
    const { body, event, adjustment } = await held()
    await world.advance(60)
    const { email } = await person()
    const sent = macro(body, email)
    expect(await approve(sent)).toMatchObject({ fate: 'adjusted' })
    // Held again, and for longer than the person had seen.
    await env.DB.prepare(
      `UPDATE adjustments SET state = 'held', holds = 2, hold_reasons = '["over_limit:perDay"]',
         held_at = 1, cleared_reasons = NULL, version = version + 1 WHERE id = ?`,
    )
      .bind(adjustment.id)
      .run()
    await world.advance(60)
    await approve(sent)
    expect(await stateOf(event)).toBe('held')
    expect((await actionsOf(adjustment.id)).filter((each) => /approved/.test(each))).toHaveLength(1)
  })

  it('counts once after a crash between the approval and its event, whatever came meanwhile', async () => {
    const { body, event, adjustment } = await held()
    await world.advance(60)
    const { email, key } = await person()
    const sent = macro(body, email)
    const dying = await createWorld({
      config: withApproval(),
      db: dyingAtTheDoor(),
      now: world.now,
    })
    await expect(dying.receive('zendesk', sent)).rejects.toThrow('the process died here')
    expect(await stateOf(event)).toBe('due')
    // Meanwhile it is held for another reason, and the key is revoked.
    await env.DB.prepare(
      `UPDATE adjustments SET state = 'held', holds = 2, hold_reasons = '["over_limit:perDay"]',
         held_at = 1, cleared_reasons = NULL, version = version + 1 WHERE id = ?`,
    )
      .bind(adjustment.id)
      .run()
    await revokeKey(world.deps.db, key, BOOTSTRAP, world.now())
    const again = await approve(sent)
    expect(again).toMatchObject({
      fate: 'adjusted',
      decision: { approves: { adjustments: [adjustment.id] } },
    })
    expect(await stateOf(event)).toBe('held')
    expect((await actionsOf(adjustment.id)).filter((each) => /approved/.test(each))).toHaveLength(1)
  })

  it('counts once when it is delivered twice at once', async () => {
    const { body, event, adjustment } = await held()
    await world.advance(60)
    const { email } = await person()
    const sent = macro(body, email)
    const [one, other] = await Promise.all([approve(sent), approve(sent)])
    expect(one.id).toBe(other.id)
    expect(one.fate).toBe('adjusted')
    expect(await stateOf(event)).toBe('due')
    expect((await actionsOf(adjustment.id)).filter((each) => /approved/.test(each))).toHaveLength(1)
  })
})

/** A database in which approvals are committed, and no delivery: its batch writes an event. */
function dyingAtTheDoor(): Deps['db'] {
  const db = openDatabase(env.DB)
  const batch: typeof db.batch = async (statements) => {
    const texts = statements.map(
      (each) => (each as { toSQL?: () => { sql: string } }).toSQL?.().sql ?? '',
    )
    if (texts.some((text) => text.startsWith('insert into "events"')))
      throw new Error('the process died here')
    return db.batch(statements)
  }
  return new Proxy(db, {
    get: (target, name) => (name === 'batch' ? batch : Reflect.get(target, name)),
  })
}
