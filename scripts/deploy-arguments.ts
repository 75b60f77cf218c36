// The arguments of `npm run setup` and `npm run deploy`.

import { parseArgs } from 'node:util'
import { placeOf, type Place } from './deployment.ts'
import { Trouble } from './trouble.ts'

export type SetupArguments = {
  readonly place: Place
  readonly dryRun: boolean
  /** Secrets that are asked for although they are set. */
  readonly renew: readonly string[]
  /** Drawn secrets that are stored as the kept file has them, such as one whose former value was taken out. */
  readonly store: readonly string[]
  /** Handed to Wrangler when something is made: an account's data can't move later. */
  readonly jurisdiction: string | null
}

export type DeployArguments = {
  readonly place: Place
  readonly dryRun: boolean
  readonly skipTests: boolean
  /** Where the smoke test asks; null is where Wrangler says that it is. */
  readonly url: string | null
}

const SETUP =
  'npm run setup -- [--env staging] [--dry-run] [--renew NAME] [--store NAME] [--jurisdiction eu]'
const DEPLOY = 'npm run deploy -- [--env staging] [--dry-run] [--skip-tests] [--url https://…]'

const SHARED = {
  env: { type: 'string', default: 'production' },
  'dry-run': { type: 'boolean', default: false },
} as const

/** Throws Trouble on an option that is unknown or has no value. */
export function parseSetupArguments(given: readonly string[]): SetupArguments {
  const { values } = orUsage(SETUP, () =>
    parseArgs({
      args: [...given],
      options: {
        ...SHARED,
        renew: { type: 'string', multiple: true, default: [] },
        store: { type: 'string', multiple: true, default: [] },
        jurisdiction: { type: 'string' },
      },
    }),
  )
  const { env, 'dry-run': dryRun, renew, store, jurisdiction = null } = values
  return { place: placeOf(env), dryRun, renew, store, jurisdiction }
}

/** Likewise. */
export function parseDeployArguments(given: readonly string[]): DeployArguments {
  const { values } = orUsage(DEPLOY, () =>
    parseArgs({
      args: [...given],
      options: {
        ...SHARED,
        'skip-tests': { type: 'boolean', default: false },
        url: { type: 'string' },
      },
    }),
  )
  const { env, 'dry-run': dryRun, 'skip-tests': skipTests, url = null } = values
  return { place: placeOf(env), dryRun, skipTests, url: url?.replace(/\/+$/, '') ?? null }
}

function orUsage<T>(usage: string, parse: () => T): T {
  try {
    return parse()
  } catch (error) {
    const [line] = (error instanceof Error ? error.message : String(error)).split('\n')
    throw new Trouble(`${line} ${usage}`)
  }
}
