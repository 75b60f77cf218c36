import type { Acknowledged } from './senders.ts'
import type { World } from './world.ts'

export function judgeAcknowledged(
  { database, violations }: Pick<World, 'database' | 'violations'>,
  { delivery, body }: Acknowledged,
): void {
  const { events }: { events: string[] } = JSON.parse(body)
  for (const id of events) {
    const rows = database.rows('SELECT 1 FROM events WHERE id = ?', id)
    if (rows.length !== 1)
      violations.push(`acknowledged_not_committed: ${id} of ${delivery.endpoint}`)
  }
}

export function judge(world: World): string[] {
  return world.commet.invoices.length < 0 ? ['x'] : []
}
