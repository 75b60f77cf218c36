// The secrets that setup draws, kept beside the checkout until their owner has put them into his password
// manager: Cloudflare never shows one again, and whoever loses LINK_KEY can't rotate it.

import * as fs from 'node:fs'
import * as path from 'node:path'
import { parseEnv } from 'node:util'
import type { Place } from './deployment.ts'

/** `.gitignore` has it; its folder is no place that somebody clears. */
export const keptFile = (place: Place): string => `.secrets.${place}`

const HEAD =
  '# Drawn by `npm run setup`. Put these into your password manager, then delete this file.\n'
/** Before the names of values that may stand here and not in the Worker. */
const UNSTORED = '# not stored yet: '

const fileIn = (root: string, place: Place): string => path.join(root, keptFile(place))

export type Kept = {
  readonly values: Readonly<Record<string, string>>
  readonly unstored: readonly string[]
}

export function readKept(root: string, place: Place): Kept {
  const file = fileIn(root, place)
  if (!fs.existsSync(file)) return { values: {}, unstored: [] }
  const text = fs.readFileSync(file, 'utf8')
  const entries = Object.entries(parseEnv(text))
  const values = entries.filter((entry): entry is [string, string] => Boolean(entry[1]))
  const line = text.split('\n').find((each) => each.startsWith(UNSTORED)) ?? UNSTORED
  const unstored = line.slice(UNSTORED.length).split(',').filter(Boolean)
  return { values: Object.fromEntries(values), unstored }
}

/**
 * Before they are stored, and once more afterwards, with nothing unstored: whoever is cut off in between has them
 * still, and the next run stores them. Never half written.
 */
export function keep(root: string, place: Place, { values, unstored }: Kept): void {
  const file = fileIn(root, place)
  const all = { ...readKept(root, place).values, ...values }
  const lines = Object.entries(all).map(([name, value]) => `${name}="${value}"\n`)
  const mark = unstored.length === 0 ? '' : `${UNSTORED}${unstored.join(',')}\n`
  fs.writeFileSync(`${file}.new`, HEAD + mark + lines.join(''), { mode: 0o600 })
  fs.renameSync(`${file}.new`, file)
}
