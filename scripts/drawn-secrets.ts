// The secrets that setup draws itself, and what it does about each. Pure but for the drawing.

import { SECRETS_PER_ENDPOINT_MAX } from '../src/domain/limits.ts'
import { readPublicKey, readSigningKey } from '../src/domain/signed-note.ts'
import { secretList } from '../src/sources/secret-list.ts'
import { newAuditKey, publicHalves } from './audit-key.ts'
import { removalOf, type Place } from './deployment.ts'
import { keptFile } from './kept-secrets.ts'

export type DrawnSecret = {
  readonly name: string
  readonly what: string
  /** It is a list, `current,previous`: a renewed one leaves what the one before has made as it is. */
  readonly isList: boolean
  /** A row of the database that was made with it, as `text`; with such a one it is never drawn unasked. */
  readonly usedBy: string | null
  /** What to do before another is drawn in its place, where nobody has it any more. */
  readonly lost: string
  /** What others are given of it. */
  readonly tell?: (value: string) => Promise<string>
  /** `worker`: its name. `former`: the value until now. `used`: the text of `usedBy`. */
  readonly draw: (worker: string, former: string, used: string) => Promise<string>
}

const DRAWN_BYTES = 32

const randomText = (): string =>
  Buffer.from(crypto.getRandomValues(new Uint8Array(DRAWN_BYTES))).toString('base64url')

export const DRAWN_SECRETS: readonly DrawnSecret[] = [
  {
    name: 'BOOTSTRAP_KEY',
    what: "the operator's first API key, x-api-key of /api/v1",
    isList: false,
    usedBy: null,
    lost: '',
    draw: async () => `ck_mg_${randomText()}`,
  },
  {
    name: 'LINK_KEY',
    what: 'what the short links are derived from; without it those that are there open, and are never shown again',
    isList: true,
    usedBy: 'SELECT id AS text FROM links LIMIT 1',
    lost: 'links of before then open, and are never shown again',
    draw: async () => randomText(),
  },
  {
    name: 'AUDIT_KEY',
    what: 'what signs the audit log',
    isList: true,
    usedBy: 'SELECT public AS text FROM audit_keys LIMIT 1',
    lost: 'put its public half into AUDIT_KEY_FORMER first, or the sealing stops (docs/audit.md, "Another key")',
    // A log has one name for ever, whichever Worker it is of by now.
    draw: async (worker, former, used) => {
      const [known] = secretList(former).map(readSigningKey)
      const name = known?.name ?? readPublicKey(used)?.name ?? `${worker}/audit`
      return (await newAuditKey(name)).signing
    },
    tell: async (value) => `for auditors: ${(await publicHalves(value))?.[0] ?? ''}`,
  },
]

/** What is known of one: in the Worker, in the kept file, and by its owner's wish. */
export type DrawnState = {
  readonly isSet: boolean
  /** In the file; null is none. */
  readonly kept: string | null
  /** It was kept, and whether it was stored then nobody knows. */
  readonly isUnstored: boolean
  readonly isRenewed: boolean
  /** The text of `usedBy`; null where nothing was made with it. */
  readonly used: string | null
}

export type DrawnPlan =
  | { readonly do: 'leave' }
  | { readonly do: 'store'; readonly value: string }
  /** `former`: null is none, or one that is lost. */
  | { readonly do: 'draw'; readonly former: string | null }
  | { readonly do: 'refuse'; readonly why: string }

/** Of a place: where its former values are looked for, and how one is taken away. */
export function planDrawn(secret: DrawnSecret, state: DrawnState, place: Place): DrawnPlan {
  const file = keptFile(place)
  const { name, isList, lost } = secret
  const { isSet, kept, isUnstored, isRenewed, used } = state
  if (kept !== null && (isUnstored || (!isSet && !isRenewed))) return { do: 'store', value: kept }
  if (isSet && !isRenewed) return { do: 'leave' }
  if (kept === null && isList && isSet) {
    const why = `${name}: the former one is not in ${file}: write it there, and it stays valid behind the new one. If it is lost: ${lost}; then ${removalOf(name, place)}, and this again`
    return { do: 'refuse', why }
  }
  if (kept === null && used !== null && !isRenewed) {
    const why = `${name} is not set, and the database was made with one: write that one into ${file}, and run this again. If it is lost: ${lost}; then --renew ${name}`
    return { do: 'refuse', why }
  }
  if (isList && secretList(kept ?? '').length >= SECRETS_PER_ENDPOINT_MAX) {
    const why = `${name} has ${SECRETS_PER_ENDPOINT_MAX} keys in ${file}, and more are not read: take the last one out first`
    return { do: 'refuse', why }
  }
  return { do: 'draw', former: isList ? kept : null }
}
