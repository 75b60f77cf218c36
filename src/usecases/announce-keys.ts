import { readKeys, type SealingRow } from '../db/read-seal.ts'
import { commitKeys } from '../db/write-seal.ts'
import type { Deps } from '../deps.ts'
import { publicKeyOf, writePublicKey } from '../domain/signed-note.ts'

/**
 * Writes down which keys sign, before they do: every public key stays known, and each change is an entry, signed
 * by the former key too where that still stands in AUDIT_KEY. `not_configured` where a key is not what its id
 * says; `busy` where the lease has become somebody else's.
 */
export async function announceKeys(
  { db, now, settings, log }: Deps,
  lease: SealingRow,
): Promise<'announced' | 'not_configured' | 'busy'> {
  const keys = await Promise.all(
    settings.auditKeys.map(async (key) => ({ key, own: await publicKeyOf(key) })),
  )
  const wrong = keys.find(({ key, own }) => key.id !== own.id)
  if (wrong) {
    log({ event: 'alarm.audit_key_unusable', key: wrong.key.id })
    return 'not_configured'
  }
  const known = await readKeys(db)
  const at = now()
  const added = keys
    .filter(({ own }) => !known.some(({ id }) => id === own.id))
    .map(({ own }) => ({
      id: own.id,
      public: writePublicKey(own),
      firstSeenAt: at,
      retiredAt: null,
    }))
  const signing = new Set(keys.map(({ own }) => own.id))
  const retired = known.filter((key) => key.retiredAt === null && !signing.has(key.id))
  const back = known.filter((key) => key.retiredAt !== null && signing.has(key.id))
  if (added.length + retired.length + back.length === 0) return 'announced'
  const ids = (list: readonly { readonly id: string }[]) => list.map(({ id }) => id)
  const isOurs = await commitKeys(
    db,
    lease,
    { added, back: ids(back), retired: ids(retired) },
    {
      at,
      actor: 'system:audit',
      action: 'audit.key_changed',
      subject: 'audit:keys',
      data: { signing: keys.map(({ own }) => writePublicKey(own)), retired: ids(retired) },
    },
  )
  return isOurs ? 'announced' : 'busy'
}
