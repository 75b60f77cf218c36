// Whether a list of keys that is about to be stored lacks one that is in use: `.secrets` may be older than the Worker's
// list, which Cloudflare never shows. The database knows which keys sign the log, and which made its newest link.

import { linkIdOf, slugOf } from '../src/domain/link.ts'
import { readPublicKey } from '../src/domain/signed-note.ts'
import { secretList } from '../src/sources/secret-list.ts'
import type { Account, NewestLink, SigningNow } from './account.ts'
import { publicHalves } from './audit-key.ts'

export type KeysInUse = {
  /** The newest first. */
  readonly signing: readonly SigningNow[]
  /** Public halves of keys that were taken out on purpose: AUDIT_KEY_FORMER. */
  readonly former: readonly string[]
  /** Null where there is none. */
  readonly link: NewestLink | null
}

export type Dropped = {
  /** What it is, as far as it can be named. */
  readonly what: string
  readonly todo: string
  /** Whether whoever cuts the list by hand may take it out. */
  readonly mayBeCut: boolean
}

/** `former`: AUDIT_KEY_FORMER as it will be deployed. `account`: of a database that is there. */
export async function keysInUse(
  name: string,
  account: Pick<Account, 'signingNow' | 'newestLink'>,
  former: string | undefined,
): Promise<KeysInUse> {
  return {
    signing: name === 'AUDIT_KEY' ? await account.signingNow() : [],
    former: secretList(former),
    link: name === 'LINK_KEY' ? await account.newestLink() : null,
  }
}

/** The first that is in use and would be in no list any more; null where nothing is. */
export async function droppedBy(value: string, inUse: KeysInUse): Promise<Dropped | null> {
  return (await droppedSigning(value, inUse)) ?? (await droppedLink(value, inUse))
}

async function droppedSigning(
  value: string,
  { signing, former }: KeysInUse,
): Promise<Dropped | null> {
  if (signing.length === 0) return null
  const kept = [...((await publicHalves(value)) ?? []), ...former]
  const ids = new Set(kept.map((each) => readPublicKey(each)?.id))
  const dropped = signing.filter((each) => !ids.has(readPublicKey(each.public)?.id))
  // Of those that came last one has to stay, or nothing says any more whose log it is.
  const newest = signing.filter(({ at }) => at === signing[0]?.at)
  const isNewest = newest.every((each) => dropped.includes(each))
  const [key] = dropped
  if (key === undefined) return null
  return {
    what: `${key.public}, which signs the log now`,
    todo: 'put this public half into AUDIT_KEY_FORMER (docs/audit.md, "Another key"), and this again',
    mayBeCut: !isNewest,
  }
}

async function droppedLink(value: string, { link }: KeysInUse): Promise<Dropped | null> {
  if (link === null) return null
  for (const key of secretList(value)) {
    if ((await linkIdOf(await slugOf(link.invoiceId, link.nth, key))) === link.id) return null
  }
  return {
    what: 'the key of the newest link, which opens without it, and is never shown again',
    todo: 'take LINK_KEY out of the file and of the Worker, and this again',
    mayBeCut: true,
  }
}
