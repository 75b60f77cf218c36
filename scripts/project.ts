// Where this checkout is, and what wrangler.toml says: the one place that both are read from.
import './quiet-tools.ts'
import * as path from 'node:path'
import { unstable_readConfig } from 'wrangler'
import type { Unstable_Config } from 'wrangler'

export const ROOT = path.resolve(import.meta.dirname, '..')

/** What the Worker is built of. */
export const ENTRY = 'src/index.ts'

/** wrangler.toml with Wrangler's own defaults filled in. Throws Wrangler's UserError when it is wrong. */
export function readWranglerConfig(): Unstable_Config {
  return unstable_readConfig({ config: path.join(ROOT, 'wrangler.toml') }, { hideWarnings: true })
}
