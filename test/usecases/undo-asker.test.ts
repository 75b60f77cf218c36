// Who asked for an undo at the source can't let its reversal through; and a reversal that nobody
// answered in time is told to those who look after it.

import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { findAdjustment } from '../../src/db/read-adjustments.ts'
import type { Adjustment } from '../../src/db/schema.ts'
import { SCOPES, type Operator } from '../../src/domain/operator.ts'
import { zendeskCreditUndo } from '../../src/rules/zendesk-credit-undo.ts'
import { approveAdjustment } from '../../src/usecases/approve-adjustment.ts'
import { sandboxControl, ticket } from '../harness.ts'
import config from '../makegood.config.ts'
import { createWorld } from '../world.ts'

const DAY = 86_400

const person = (identity: string): Operator => ({ name: 'desk', identity, scopes: SCOPES })

let world: Awaited<ReturnType<typeof createWorld>>
let tickets = 70_000

beforeEach(async () => {
  await env.DB.exec('UPDATE adjustments SET wake_at = 9e15 WHERE wake_at IS NOT NULL')
  await sandboxControl('POST', '/reset')
  world = await createWorld({
    config: { ...config, rules: [zendeskCreditUndo(), ...config.rules] },
  })
})

/** An issued credit of a ticket whose undo this person asks for: the reversal, held as a charge. */
async function heldReversal(asker: string): Promise<Adjustment> {
  tickets += 1
  const ticket_id = String(tickets)
  const [made] = await world.receive('zendesk', ticket({ ticket_id }))
  expect(await world.work()).toEqual(['issued'])
  const tags = 'credit_requested credit_25 credit_undo'
  await world.receive('zendesk', ticket({ ticket_id, tags, asker, updated_at: 'later' }))
  await world.advance(61)
  await world.sweep()
  expect(await world.work()).toEqual(['reversed'])
  expect(await world.work()).toEqual(['held'])
  const { reversedBy } = await world.adjustment(made!)
  if (reversedBy === null || reversedBy === 'void') throw new Error('not reversed')
  const reversal = await findAdjustment(world.deps.db, reversedBy)
  if (!reversal) throw new Error(`${reversedBy} is not there`)
  return reversal
}

const approve = (reversal: Adjustment, by: string) =>
  approveAdjustment(world.deps, person(by), reversal.id, reversal)

describe('the reversal of an undo', () => {
  it('can not be approved by who asked for it, in whichever spelling', async () => {
    const reversal = await heldReversal(' Agent@Saas.Example ')
    expect(reversal.asker).toBe('agent@saas.example')
    expect(await approve(reversal, 'agent@saas.example')).toMatchObject({
      ok: false,
      error: { refusal: { reason: 'approver_is_asker' } },
    })
    expect((await approve(reversal, 'boss@saas.example')).ok).toBe(true)
  })

  it('has no asker where the source does not name one', async () => {
    const reversal = await heldReversal('')
    expect(reversal.asker).toBeNull()
    expect((await approve(reversal, 'agent@saas.example')).ok).toBe(true)
  })

  it('alarms when nobody answered in time, since what was taken back is still given', async () => {
    const { id, reverses } = await heldReversal('agent@saas.example')
    for (let look = 0; look < 3; look++) {
      await world.advance(15 * DAY)
      await world.sweep()
      await world.work()
    }
    expect(world.lines).toContainEqual(
      expect.objectContaining({
        event: 'alarm.reversal_expired',
        adjustment: id,
        original: reverses,
        reasons: ['charge'],
      }),
    )
  })

  it('does not alarm where something else than a reversal expires', async () => {
    const [id] = await world.receive('zendesk', ticket({ customer_external_id: 'nobody-here' }))
    expect(await world.work()).toEqual(['held'])
    for (let look = 0; look < 3; look++) {
      await world.advance(15 * DAY)
      await world.sweep()
      await world.work()
    }
    expect(await world.adjustment(id!)).toMatchObject({ state: 'rejected' })
    expect(world.lines.map(({ event }) => event)).not.toContain('alarm.reversal_expired')
  })
})
