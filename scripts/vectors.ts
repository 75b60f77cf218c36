// `npm run vectors -- FILE`: a file of signed deliveries through the very code that guards the door.
// One line a vector; exits 1 if we disagree with one, or don't know its source.

import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { readVectors, runVector } from './run-vector.ts'
import { tellTrouble, Trouble } from './trouble.ts'

async function run(): Promise<void> {
  const { positionals } = parseArgs({ allowPositionals: true })
  const [file] = positionals
  if (file === undefined) throw new Trouble('which file? npm run vectors -- FILE')
  const counts = new Map<string, number>()
  for (const vector of readVectors(readFileSync(file, 'utf8'))) {
    const { verdict, ours } = await runVector(vector)
    counts.set(verdict, (counts.get(verdict) ?? 0) + 1)
    const name = `${vector.provider} ${vector.name}`
    console.log(`${verdict.padEnd(15)}${name.padEnd(52)}${vector.expect.padEnd(9)}${ours}`)
    if (verdict === 'policy') console.log(`${''.padEnd(15)}${vector.note}`)
  }
  console.log([...counts].map(([verdict, count]) => `${count} ${verdict}`).join(', '))
  if (counts.has('disagrees') || counts.has('unknown source')) process.exitCode = 1
}

try {
  await run()
} catch (error) {
  console.error(tellTrouble(error))
  process.exitCode = 1
}
