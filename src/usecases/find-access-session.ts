// Who comes to the dashboard by a login at Cloudflare Access: there his session begins and ends. Here is only what
// binds his forms to it.

import type { Deps } from '../deps.ts'
import type { Access } from '../domain/access.ts'
import { keyHashOf } from '../domain/operator.ts'
import { err, ok, type Result } from '../domain/result.ts'
import { accessFormToken, isAccessForm } from '../domain/session.ts'
import { findPerson, type PersonTrouble } from './find-person.ts'
import type { FoundSession } from './open-session.ts'

export type AccessSessionTrouble = PersonTrouble | { readonly reason: 'no_link_key' }

export async function findAccessSession(
  deps: Pick<Deps, 'keysAt' | 'now' | 'settings'>,
  access: Access,
  assertion: string,
): Promise<Result<FoundSession, AccessSessionTrouble>> {
  const { linkKeys } = deps.settings
  const [linkKey] = linkKeys
  if (linkKey === undefined) return err({ reason: 'no_link_key' })
  const person = await findPerson(deps, access, assertion)
  if (!person.ok) return person
  const hash = await keyHashOf(assertion)
  return ok({
    operator: person.value,
    key: null,
    end: null,
    formToken: await accessFormToken(hash, linkKey),
    isOwnForm: async (token) => {
      for (const each of linkKeys) if (await isAccessForm(token, hash, each)) return true
      return false
    },
  })
}
