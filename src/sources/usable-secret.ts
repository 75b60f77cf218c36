// Whether a secret is of the form that an endpoint's schemes need. One that isn't can match nothing:
// that is the operator's trouble, and is said before the first delivery comes.

import { secretBytes } from './bytes.ts'
import type { Scheme, Schemes } from './scheme.ts'
import { isUsable } from './verify-secret.ts'
import { ISSUER_AND_AUDIENCE } from './verify-token.ts'

/** For at least one of the schemes: one secret rarely is of the form of all. */
export const isSecretUsable = (schemes: Schemes, secret: string): boolean =>
  schemes.some((scheme) => fits(scheme, secret))

function fits(scheme: Scheme, secret: string): boolean {
  switch (scheme.kind) {
    case 'signature':
      return secretBytes(scheme.secret, secret) !== null
    case 'secret':
      return isUsable(scheme.place, secret)
    case 'jwt':
      return ISSUER_AND_AUDIENCE.test(secret)
  }
}
