// Whether what is uploaded is what was tested: one hash over all files that the Worker and its tables are made of.

import { createHash } from 'node:crypto'
import * as fs from 'node:fs'
import * as path from 'node:path'

const PARTS =
  'src rules examples migrations assets scripts makegood.config.ts makegood.staging.config.ts wrangler.toml deployment.toml package.json package-lock.json tsconfig.json'

export function checkoutHash(root: string): string {
  const hash = createHash('sha256')
  for (const part of PARTS.split(' ')) {
    for (const file of filesOf(path.join(root, part)))
      hash.update(`${file}\0`).update(fs.readFileSync(file)).update('\0')
  }
  return hash.digest('hex')
}

function filesOf(place: string): readonly string[] {
  const found = fs.statSync(place, { throwIfNoEntry: false })
  if (found === undefined) return []
  if (found.isFile()) return [place]
  return fs
    .readdirSync(place, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .toSorted()
}
