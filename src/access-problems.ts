// What the configuration says of Cloudflare Access, and what is wrong with it.

import { isEmail, type AccessOptions } from './domain/access.ts'
import { ACCESS_AUDIENCES_MAX, ACCESS_ROLES_MAX } from './domain/limits.ts'
import { SCOPES, type Scope } from './domain/operator.ts'
import { unknownFields } from './domain/unknown-fields.ts'

const ACCESS_FIELDS = ['team', 'audience', 'roles']
const TEAM = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/
const AUDIENCE = /^[0-9a-f]{64}$/

/** It is in braces: whoever asks has seen to that. */
export function accessProblems(access: AccessOptions): string[] {
  const { team, audience, roles } = access
  const audiences: readonly unknown[] = [audience].flat()
  return [
    ...unknownFields(access, ACCESS_FIELDS, 'access.'),
    ...(typeof team === 'string' && TEAM.test(team)
      ? []
      : [
          'access.team: the name of the organization is wanted, the acme of acme.cloudflareaccess.com',
        ]),
    ...(audiences.length <= ACCESS_AUDIENCES_MAX &&
    audiences.length > 0 &&
    audiences.every(isAudience)
      ? []
      : [
          `access.audience: the AUD tag of the application is wanted, 64 hex digits, or a list of up to ${ACCESS_AUDIENCES_MAX}`,
        ]),
    ...roleProblems(roles),
  ]
}

const isAudience = (tag: unknown): boolean => typeof tag === 'string' && AUDIENCE.test(tag)

function roleProblems(roles: AccessOptions['roles']): string[] {
  if (typeof roles !== 'object' || roles === null || Array.isArray(roles)) {
    return ["access.roles: scopes by e-mail are wanted, such as { 'ann@acme.example': ['read'] }"]
  }
  const named = Object.entries(roles)
  const spelled = new Set(named.map(([email]) => email.toLowerCase()))
  return [
    ...(named.length === 0 ? ['access.roles: nobody is named, so nobody could do anything'] : []),
    ...(named.length > ACCESS_ROLES_MAX
      ? [`access.roles: more than ${ACCESS_ROLES_MAX}; a program takes a key, a domain takes *@`]
      : []),
    ...(spelled.size < named.length ? ['access.roles: an e-mail is there twice'] : []),
    ...named.flatMap(([email, scopes]) => [
      ...(isRoleName(email)
        ? []
        : [`access.roles: ${email} is neither an e-mail nor *@ and a domain`]),
      ...(isScopes(scopes)
        ? []
        : [`access.roles.${email}: a list of ${SCOPES.join(', ')} is wanted, each at most once`]),
    ]),
  ]
}

function isRoleName(email: string): boolean {
  const address = email.startsWith('*@') ? `all${email.slice(1)}` : email
  return isEmail(address) && !address.includes('*')
}

const isScopes = (scopes: unknown): scopes is readonly Scope[] =>
  Array.isArray(scopes) &&
  scopes.length > 0 &&
  new Set(scopes).size === scopes.length &&
  scopes.every((scope) => SCOPES.some((each) => each === scope))
