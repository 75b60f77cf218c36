import {
  publicKeyOf,
  readSigningKey,
  writePublicKey,
  writeSigningKey,
} from '../src/domain/signed-note.ts'
import { secretList } from '../src/sources/secret-list.ts'
import { ROOT } from './project.ts'
import { secretFile } from './secret-file.ts'

const SEED_BYTES = 32

/** A new pair: what AUDIT_KEY holds, and what auditors are given. `name`: of the log, without blanks. */
export async function newAuditKey(
  name: string,
): Promise<{ readonly signing: string; readonly verifier: string }> {
  const key = { name, seed: crypto.getRandomValues(new Uint8Array(SEED_BYTES)) }
  return {
    signing: await writeSigningKey(key),
    verifier: writePublicKey(await publicKeyOf(key)),
  }
}

/** What auditors are given of each key that signs; null where one of them can't be read. */
export async function publicHalves(auditKey: string): Promise<readonly string[] | null> {
  const keys = secretList(auditKey).map(readSigningKey)
  if (!keys.every((key) => key !== null)) return null
  return Promise.all(keys.map(async (key) => writePublicKey(await publicKeyOf(key))))
}

/** For the local log: drawn once, and kept in .dev.vars, so that no two logs have a key in common. */
export async function keepAuditKey(
  vars: Readonly<Record<string, string>>,
  root: string = ROOT,
): Promise<Record<string, string>> {
  if (vars['AUDIT_KEY']) return { ...vars }
  const { signing } = await newAuditKey('localhost/audit')
  secretFile(root).keepFirst('AUDIT_KEY', signing)
  return { ...vars, AUDIT_KEY: signing }
}
