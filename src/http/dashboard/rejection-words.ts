// Why deliveries were not taken in, and what to do about each, for the person who connects a source.

import type { RejectionReason } from '../../domain/rejection.ts'

type Words = { readonly what: string; readonly todo: (secret: string) => string }

const words = (what: string, todo: string | Words['todo']): Words => ({
  what,
  todo: typeof todo === 'string' ? () => todo : todo,
})

const renew = (secret: string): string => `npm run setup -- --renew ${secret}`

export const REJECTIONS: Readonly<Record<RejectionReason, Words>> = {
  signature_mismatch: words(
    'Signed with another secret',
    (secret) =>
      `Copy the secret from the source once more, and store it: ${renew(secret)}. A proxy that changes the body or the address has the same effect.`,
  ),
  secret_mismatch: words(
    'Came with another secret',
    (secret) => `Store the one that the source sends (${renew(secret)}), or set ours there.`,
  ),
  header_missing: words(
    'Without the proof that its source sends',
    'Switch signing on at the source, and look that its own kind of webhook is used. Few of them are strangers who try: nothing is to be done.',
  ),
  header_malformed: words(
    'With a proof in another form',
    'The address of another endpoint was pasted at the source, or something on the way rewrites headers.',
  ),
  too_many_signatures: words(
    'With more signatures than any sender has',
    'No source does so. Nothing is to be done, unless it is told that one does.',
  ),
  timestamp_unreadable: words(
    'With a time that can not be read',
    'The address of another endpoint was pasted at the source.',
  ),
  timestamp_stale: words(
    'Signed too long ago',
    'One or two were sent again by somebody on the way. All of them: the clock of the source is behind.',
  ),
  timestamp_ahead: words('Signed in the future', 'The clock of the source is ahead.'),
  token_claim_wrong: words(
    'With a token for somebody else',
    (secret) => `Compare issuer and audience at the source with ${secret}.`,
  ),
  body_not_admitted: words(
    'Proven, but of another account',
    'The configuration takes this endpoint’s own account alone. Correct the one that it names, or the address at the source.',
  ),
  secret_unusable: words(
    'Our secret is of another form',
    (secret) => `Store the secret as the source shows it, with its prefix: ${renew(secret)}.`,
  ),
  endpoint_off: words(
    'It is off',
    (secret) => `Store its secret: ${renew(secret)}. Senders that try again lose nothing.`,
  ),
  keys_unavailable: words(
    'The keys of the sender could not be fetched',
    'It tries again by itself. If it goes on, the sender’s own status page says more.',
  ),
  body_too_large: words(
    'Larger than is taken',
    'Have the source send less: fewer events at a time, or a smaller template.',
  ),
}
