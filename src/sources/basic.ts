// Any sender that can't sign but sends a user and a password (RFC 7617). They prove who called, and
// nothing proves the body, so `unsigned: 'accept'` has to be said. Id, type and time stand where the
// configuration says; they are only as good as the password is secret.

import { pathProblems, sourceByPaths, type BodyPaths } from './body-paths.ts'
import {
  endpointOf,
  type Endpoint,
  type EndpointOptions,
  type ModeOption,
  type UnsignedOption,
} from './source.ts'

export type BasicOptions = EndpointOptions &
  ModeOption &
  UnsignedOption & { readonly event: BodyPaths }

/** `secret`: the name of the secret that holds `user:password`. `mode`: where the body doesn't say. */
export const basic = (options: BasicOptions): Endpoint =>
  endpointOf(
    sourceByPaths(
      { name: 'basic', title: 'Basic authentication', unsignedIdHeader: null },
      options.event,
    ),
    [{ kind: 'secret', place: { in: 'basic' } }],
    options,
    { own: ['event'], problems: pathProblems(options.event) },
  )
