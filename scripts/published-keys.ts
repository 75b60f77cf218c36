// A sender that signs tokens, for samples: a pair of keys, and the address that publishes one of them.

import { once } from 'node:events'
import { createServer } from 'node:http'
import { HOST } from './ports.ts'
import { Trouble } from './trouble.ts'

const KEY_ID = 'sample-key-1'

export type PublishedKeys = {
  readonly address: string
  readonly privateKey: { readonly key: CryptoKey; readonly kid: string }
  close(): Promise<void>
}

export async function publishKeys(): Promise<PublishedKeys> {
  const algorithm = {
    name: 'RSASSA-PKCS1-v1_5',
    modulusLength: 2048,
    publicExponent: Uint8Array.of(1, 0, 1),
    hash: 'SHA-256',
  }
  const pair = await crypto.subtle.generateKey(algorithm, false, ['sign', 'verify'])
  const jwk = await crypto.subtle.exportKey('jwk', pair.publicKey)
  const set = JSON.stringify({ keys: [{ ...jwk, kid: KEY_ID, alg: 'RS256', use: 'sig' }] })
  const server = createServer((_, response) => {
    response.setHeader('content-type', 'application/json').end(set)
  })
  server.listen(0, HOST)
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Trouble('no port for keys')
  return {
    address: `http://${HOST}:${address.port}/jwks.json`,
    privateKey: { key: pair.privateKey, kid: KEY_ID },
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
