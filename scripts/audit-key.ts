import { publicKeyOf, writePublicKey, writeSigningKey } from '../src/domain/signed-note.ts'

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
