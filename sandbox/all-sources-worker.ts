// What `npm run send -- --all` sends to: the product's Worker with an endpoint for every source. Keys
// that a sender publishes are fetched from SAMPLE_KEYS_ADDRESS, whose other half the command holds.

import { env } from 'cloudflare:workers'
import { defineConfig } from '../src/config.ts'
import type { Scheme } from '../src/sources/scheme.ts'
import type { Endpoint } from '../src/sources/source.ts'
import { createWorker } from '../src/worker.ts'
import { ALL_SOURCES } from './all-sources.ts'

const keysAddress = String(Reflect.get(env, 'SAMPLE_KEYS_ADDRESS'))

const withOurKeys = (scheme: Scheme): Scheme =>
  scheme.kind === 'jwt' ? { ...scheme, keysAddress } : scheme

const endpoints = Object.entries<Endpoint>(ALL_SOURCES.endpoints).map(([name, endpoint]) => {
  const [first, ...rest] = endpoint.schemes
  return [name, { ...endpoint, schemes: [withOurKeys(first), ...rest.map(withOurKeys)] }] as const
})

export default createWorker(
  defineConfig({ ...ALL_SOURCES, endpoints: Object.fromEntries(endpoints) }),
)
