// Any sender that can't sign but sends a token: as `Authorization: Bearer …`, or in a header of its own.
// The token proves who called, and nothing proves the body, so `unsigned: 'accept'` has to be said. Id,
// type and time stand where the configuration says; they are only as good as the token is secret.

import { pathProblems, sourceByPaths, type BodyPaths } from './body-paths.ts'
import { headerProblems } from './header-name.ts'
import {
  endpointOf,
  type Endpoint,
  type EndpointOptions,
  type ModeOption,
  type UnsignedOption,
} from './source.ts'

export type BearerOptions = EndpointOptions &
  ModeOption &
  UnsignedOption & {
    readonly event: BodyPaths
    /** Of the token, in small letters, where it isn't a bearer token. */
    readonly header?: string
  }

/** `secret`: the name of the secret that holds the token. `mode`: where the body doesn't say. */
export const bearer = (options: BearerOptions): Endpoint =>
  endpointOf(
    sourceByPaths({ name: 'bearer', title: 'Bearer token', unsignedIdHeader: null }, options.event),
    [
      {
        kind: 'secret',
        place:
          options.header === undefined
            ? { in: 'bearer' }
            : { in: 'header', header: options.header },
      },
    ],
    options,
    {
      own: ['event', 'header'],
      problems: [...headerProblems(options.header), ...pathProblems(options.event)],
    },
  )
