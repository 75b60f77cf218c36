// Which place an address is of, so that what is said about staging is not done to production.

import { PLACES, readDeployment, type Place } from './deployment.ts'
import { Trouble } from './trouble.ts'

/** By its PUBLIC_URL, or its Worker's name under workers.dev; null where neither tells. */
export function placeAt(root: string, address: string): Place | null {
  const { hostname } = new URL(address)
  const [found, ...others] = PLACES.filter((place) => {
    const { worker, vars } = readDeployment(root, place)
    const own = URL.parse(vars['PUBLIC_URL'] ?? '')?.hostname
    return (
      hostname === own || (hostname.startsWith(`${worker}.`) && hostname.endsWith('.workers.dev'))
    )
  })
  return found !== undefined && others.length === 0 ? found : null
}

/**
 * `named`: by --env, null is not at all. `isGuess`: nothing says that it is the place that is answered.
 * Throws Trouble where the address is known to be another place's.
 */
export function placeFor(
  root: string,
  address: string,
  named: Place | null,
): { readonly place: Place; readonly isGuess: boolean } {
  const known = placeAt(root, address)
  if (known !== null && named !== null && known !== named) {
    throw new Trouble(`${address} is of ${known}, and not of ${named}: --env ${known}`)
  }
  return { place: named ?? known ?? 'production', isGuess: named === null && known === null }
}
