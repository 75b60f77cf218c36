// What docs/scale.md counts with is what D1 itself says of an event that is ignored, repeated, adjusted and held.

import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import scale from '../docs/scale.md?raw'
import { countedDatabase } from './counted-database.ts'
import { refund, ticket } from './harness.ts'
import { createWorld } from './world.ts'

/** The cells of the table's row that begins so. */
const said = (what: string): readonly number[] => {
  const row = scale.split('\n').find((line) => line.startsWith(`| ${what} |`))
  return (row?.split('|') ?? []).slice(2, 5).map((cell) => Number(cell.trim()))
}

/** Rows written, rows read and statements: from the delivery to the invoice, with the notices' rows. */
async function costOf(
  source: string,
  bodies: readonly unknown[],
  ends: readonly string[],
): Promise<readonly number[]> {
  const { db, counts, reset } = countedDatabase(() => true)
  const world = await createWorld({ db })
  // The first of a day, a customer and a rule also makes the rows that the next ones only add to.
  await world.receive(source, source === 'stripe' ? refund({ amount: 1 }) : ticket())
  await world.work()
  for (const body of bodies.slice(0, -1)) await world.receive(source, body)
  await world.work()
  reset()
  await world.receive(source, bodies.at(-1))
  expect(await world.work()).toEqual(ends)
  return [counts.rowsWritten, counts.rowsRead, counts.queries.length]
}

describe('what an event costs', () => {
  const again = refund({ amount: 777 })
  it.each<[string, string, readonly unknown[], readonly string[]]>([
    ['ignored', 'stripe', [refund({ status: 'pending' })], []],
    ['delivered again', 'stripe', [again, again], []],
    [
      'adjusted and invoiced',
      'zendesk',
      [ticket({ tags: 'credit_requested', amount: '12.34' })],
      ['issued'],
    ],
    ['held', 'zendesk', [ticket({ tags: 'credit_requested', amount: '300.00' })], ['held']],
  ])('that is %s is as it is written', async (what, source, bodies, ends) => {
    expect(await costOf(source, bodies, ends)).toEqual(said(what))
  })
})

describe('what an event takes of the ten gigabytes', () => {
  const sizeNow = async (): Promise<number> =>
    (await env.DB.prepare('SELECT 1').run()).meta.size_after ?? 0

  it.each<[string, number, (nth: number) => [string, unknown]]>([
    ['ignored', 300, () => ['stripe', refund({ status: 'pending' })]],
    [
      'adjusted and invoiced',
      100,
      (nth) => [
        'zendesk',
        ticket({ tags: 'credit_requested', amount: `1.${String(nth).padStart(2, '0')}` }),
      ],
    ],
  ])(
    'that is %s',
    async (what, count, body) => {
      const { db } = countedDatabase(() => true)
      const world = await createWorld({ db })
      const before = await sizeNow()
      for (let nth = 0; nth < count; nth += 1) {
        const [source, sent] = body(nth)
        await world.receive(source, sent)
        await world.work()
      }
      const bytes = ((await sizeNow()) - before) / count
      const without = bytes - JSON.stringify(body(0)[1]).length
      const [, told = ''] =
        what === 'ignored'
          ? /about (\d+) bytes and/.exec(scale)!
          : /about (\d+) kB and/.exec(scale)!
      const unit = what === 'ignored' ? 1 : 1_000
      expect(without / unit / Number(told)).toBeGreaterThan(0.8)
      expect(without / unit / Number(told)).toBeLessThan(1.2)
    },
    60_000,
  )
})
