// What it costs to verify and to read one delivery, of each source: our own code in this process, without HTTP and D1.

import * as fs from 'node:fs'
import * as path from 'node:path'
import { ROOT } from '../scripts/project.ts'
import { readVectors, requestOf, type Vector } from '../scripts/run-vector.ts'
import { openDelivery } from '../src/sources/open-delivery.ts'
import { ofRounds, type Figure } from './figures.ts'
import type { Effort } from './measure-speed.ts'

const PER_TURN = 1_000

export async function measureCpu({ rounds, share }: Effort): Promise<Figure[]> {
  const perTurn = Math.ceil(PER_TURN * share)
  const vectors = oneOfEach()
  const times = vectors.map((): number[] => [])
  // The first round warms up.
  for (let round = 0; round <= rounds; round += 1) {
    for (const [nth, vector] of vectors.entries()) {
      const taken = await microsecondsOf(vector, perTurn)
      if (round > 0) times[nth]!.push(taken)
    }
  }
  const how = `${rounds} rounds of ${perTurn}, processor time of Node and its crypto threads`
  return vectors.map(({ provider, body }, nth) =>
    ofRounds(times[nth]!, {
      name: `${provider}, ${Buffer.byteLength(body)} bytes`,
      unit: 'µs/delivery',
      how,
    }),
  )
}

function oneOfEach(): readonly Vector[] {
  const file = path.join(ROOT, 'test', 'fixtures', 'vectors.json')
  const found = new Map<string, Vector>()
  for (const vector of readVectors(fs.readFileSync(file, 'utf8'))) {
    if (vector.expect === 'valid' && !found.has(vector.provider)) found.set(vector.provider, vector)
  }
  return [...found.values()]
}

async function microsecondsOf(vector: Vector, count: number): Promise<number> {
  const asked = requestOf(vector)
  if (asked === null) throw new Error(`no endpoint of ${vector.provider}`)
  const { endpoint, request, keys } = asked
  const before = process.cpuUsage()
  for (let nth = 0; nth < count; nth += 1) {
    const opened = await openDelivery(endpoint, [vector.secret], request, vector.nowMs, keys)
    if (!opened.ok) throw new Error(`${vector.provider}: ${opened.error.reason}`)
  }
  const { user, system } = process.cpuUsage(before)
  return (user + system) / count
}
