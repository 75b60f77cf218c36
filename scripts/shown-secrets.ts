// A secret in the vars of deployment.toml or wrangler.toml: whoever reads the repository has it, and Wrangler prints it.

import type { Deployment } from './deployment.ts'
import { DRAWN_SECRETS } from './drawn-secrets.ts'
import { Trouble } from './trouble.ts'
import type { WantedSecret } from './wanted-secrets.ts'

/** Throws Trouble where one stands there. */
export function requireHidden(
  { vars }: Pick<Deployment, 'vars'>,
  wanted: readonly WantedSecret[],
): void {
  const names = [...wanted, ...DRAWN_SECRETS].map(({ name }) => name)
  const shown = names.filter((name) => Object.hasOwn(vars, name))
  if (shown.length > 0) {
    throw new Trouble(`deployment.toml has ${shown.join(', ')} in its vars, where all can read it`)
  }
}
