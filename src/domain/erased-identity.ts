// An erased identity as it is found again by its text. Who has the secret can only try texts out, short ones all.

const HMAC = { name: 'HMAC', hash: 'SHA-256' }

/** HMAC-SHA-256 of each value, as hex. `secret`: the database's own, as hex. */
export async function erasedHashes(
  secret: string,
  values: readonly string[],
): Promise<readonly string[]> {
  const key = await crypto.subtle.importKey('raw', Uint8Array.fromHex(secret), HMAC, false, [
    'sign',
  ])
  const hashOf = async (value: string): Promise<string> =>
    new Uint8Array(
      await crypto.subtle.sign(HMAC.name, key, new TextEncoder().encode(value)),
    ).toHex()
  return Promise.all(values.map(hashOf))
}
