// The secrets that setup draws, kept beside the checkout until their owner has put them into his password
// manager: Cloudflare never shows one again, and whoever loses LINK_KEY can't rotate it.

import * as fs from 'node:fs'
import * as path from 'node:path'
import { parseEnv } from 'node:util'
import type { Place } from './deployment.ts'

/** `.gitignore` has it; its folder is no place that somebody clears. */
export const keptFile = (place: Place): string => `.secrets.${place}`

const HEAD =
  '# Drawn by `npm run setup`, and stored in the Worker. Put these into your password manager, then delete this file.\n'

export function readKept(root: string, place: Place): Readonly<Record<string, string>> {
  const file = path.join(root, keptFile(place))
  if (!fs.existsSync(file)) return {}
  const entries = Object.entries(parseEnv(fs.readFileSync(file, 'utf8')))
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => Boolean(entry[1])))
}

/** Before they are stored: whoever is cut off in between has them still. Never half written. */
export function keep(root: string, place: Place, values: Readonly<Record<string, string>>): void {
  const file = path.join(root, keptFile(place))
  const all = { ...readKept(root, place), ...values }
  const lines = Object.entries(all).map(([name, value]) => `${name}="${value}"\n`)
  fs.writeFileSync(`${file}.new`, HEAD + lines.join(''), { mode: 0o600 })
  fs.renameSync(`${file}.new`, file)
}
