// The planted bugs: a patch each, whose first line says what it is.

import * as fs from 'node:fs'
import * as path from 'node:path'

const PATCHES = import.meta.dirname

export type Mutant = { readonly name: string; readonly purpose: string; readonly patch: string }

/** `wanted`: their names; empty is all of them. */
export function readMutants(wanted: readonly string[] = []): Mutant[] {
  const files = fs.readdirSync(PATCHES).filter((file) => file.endsWith('.patch'))
  return files
    .toSorted()
    .map((file) => {
      const patch = path.join(PATCHES, file)
      const [purpose = ''] = fs.readFileSync(patch, 'utf8').split('\n', 1)
      return { name: file.replace('.patch', ''), purpose, patch }
    })
    .filter(({ name }) => wanted.length === 0 || wanted.includes(name))
}
