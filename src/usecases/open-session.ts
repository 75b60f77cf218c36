// A person shows a key, and gets a session of some hours for it. Nothing is stored of it but its end, where he ends it: a
// session is what its text says, signed, and its key is looked up at each request, so that it ends with its key.

import { commitEnded, isEnded } from '../db/ended-sessions.ts'
import { findKeyWithHash, type Key } from '../db/read-keys.ts'
import type { Deps } from '../deps.ts'
import { base32 } from '../domain/ids.ts'
import { MS_PER_HOUR, SESSION_HOURS, SESSION_NONCE_BYTES } from '../domain/limits.ts'
import { BOOTSTRAP, keyHashOf, type Operator } from '../domain/operator.ts'
import { err, ok, type Result } from '../domain/result.ts'
import {
  BOOTSTRAP_ID,
  formToken,
  isProven,
  readSession,
  sessionText,
  type Session,
  type SessionKeyId,
} from '../domain/session.ts'
import { findOperator, holderOf, type KeyTrouble } from './find-operator.ts'

export type OpenTrouble = KeyTrouble | { readonly reason: 'no_link_key' }

export type OpenedSession = { readonly text: string; readonly operator: Operator }

/** `presented`: the key as it was typed. */
export async function openSession(
  deps: Deps,
  presented: string,
): Promise<Result<OpenedSession, OpenTrouble>> {
  const [linkKey] = deps.settings.linkKeys
  if (linkKey === undefined) return err({ reason: 'no_link_key' })
  const found = await findOperator(deps, presented)
  if (!found.ok) return found
  const { operator, key } = found.value
  const keyHash = await keyHashOf(presented)
  const session: Session = {
    keyId: key?.id ?? BOOTSTRAP_ID,
    endsAt: deps.now() + SESSION_HOURS * MS_PER_HOUR,
    nonce: base32(deps.randomBytes(SESSION_NONCE_BYTES)),
  }
  return ok({ text: await sessionText(session, keyHash, linkKey), operator })
}

export type SessionTrouble =
  | { readonly reason: 'session_missing' }
  | { readonly reason: 'session_unproven' }
  | { readonly reason: 'session_over'; readonly endsAt: number }
  | { readonly reason: 'session_ended' }
  | KeyTrouble

export type FoundSession = {
  readonly operator: Operator
  /** By which it was opened; null for the bootstrap key, which is in no table. */
  readonly key: Key | null
  /** Null for who comes by Cloudflare Access, where he logs out too. */
  readonly end: (() => Promise<void>) | null
  readonly formToken: string
  /** Whether a form's token is this session's. */
  readonly isOwnForm: (token: string) => Promise<boolean>
}

/** Throws where the database doesn't answer. */
export async function findSession(
  deps: Deps,
  text: string | undefined,
): Promise<Result<FoundSession, SessionTrouble>> {
  const read = readSession(text ?? '')
  if (read === null) return err({ reason: 'session_missing' })
  const { session, proof } = read
  if (!(deps.now() < session.endsAt)) return err({ reason: 'session_over', endsAt: session.endsAt })
  const [holder, ended] = await Promise.all([
    findHolder(deps, session.keyId),
    keyHashOf(session.nonce).then((id) => isEnded(deps.db, id)),
  ])
  if (!holder.ok) return holder
  if (ended) return err({ reason: 'session_ended' })
  const { keyHash, operator, key } = holder.value
  for (const linkKey of deps.settings.linkKeys) {
    if (!(await isProven('session', proof, session, keyHash, linkKey))) continue
    return ok({
      operator,
      key,
      end: async () => {
        const id = await keyHashOf(session.nonce)
        await commitEnded(deps.db, { id, until: session.endsAt }, deps.now())
      },
      formToken: await formToken(session, keyHash, linkKey),
      isOwnForm: (token) => isProven('form', token, session, keyHash, linkKey),
    })
  }
  return err({ reason: 'session_unproven' })
}

type Holder = Pick<FoundSession, 'operator' | 'key'> & { readonly keyHash: string }

async function findHolder(deps: Deps, keyId: SessionKeyId): Promise<Result<Holder, KeyTrouble>> {
  if (keyId === BOOTSTRAP_ID) {
    const { bootstrapKey } = deps.settings
    if (bootstrapKey === null) return err({ reason: 'key_unknown' })
    return ok({ keyHash: await keyHashOf(bootstrapKey), operator: BOOTSTRAP, key: null })
  }
  const found = await findKeyWithHash(deps.db, keyId)
  if (found === null) return err({ reason: 'key_unknown' })
  const operator = holderOf(found, deps.now())
  if (!operator.ok) return operator
  const { hash, ...key } = found
  return ok({ keyHash: hash, operator: operator.value, key })
}
