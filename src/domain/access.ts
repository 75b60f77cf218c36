// Who may do what that comes by Cloudflare Access: a role per e-mail. Access proves the e-mail; what it may do
// is said here alone, whatever groups the person has there.

import { EMAIL_CHARS_MAX } from './limits.ts'
import type { Operator, Scope } from './operator.ts'

export type AccessOptions = {
  /** Of your Zero Trust organization: the `acme` of `acme.cloudflareaccess.com`. */
  readonly team: string
  /** The AUD tag of the application at Access; a list where staging has one of its own. */
  readonly audience: string | readonly string[]
  /** By e-mail, or `*@acme.example` for all others of a domain. Who is not named may do nothing. */
  readonly roles: Readonly<Record<string, readonly Scope[]>>
}

export type Access = {
  readonly issuer: string
  readonly audiences: readonly string[]
  /** Where the team's public keys are. */
  readonly keysAddress: string
  /** By e-mail in small letters. */
  readonly roles: ReadonlyMap<string, readonly Scope[]>
}

export function accessOf({ team, audience, roles }: AccessOptions): Access {
  const issuer = `https://${team}.cloudflareaccess.com`
  return {
    issuer,
    audiences: [audience].flat(),
    keysAddress: `${issuer}/cdn-cgi/access/certs`,
    roles: new Map(
      Object.entries(roles).map(([email, scopes]) => [email.toLowerCase(), [...scopes]]),
    ),
  }
}

/** One address and no list, nothing that could be taken for another part of an entry of the log. */
const EMAIL = /^[^\s@"<>,;:|]+@[^\s@"<>,;:|]+$/

export const isEmail = (text: string): boolean => text.length <= EMAIL_CHARS_MAX && EMAIL.test(text)

/** The role of the person goes before that of his domain, also where it is the smaller one. Null: he has none. */
export function personOf({ roles }: Access, written: string): Operator | null {
  const email = written.toLowerCase()
  const scopes = roles.get(email) ?? roles.get(`*${email.slice(email.lastIndexOf('@'))}`)
  return scopes === undefined ? null : { name: email, identity: email, scopes }
}
