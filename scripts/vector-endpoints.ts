// Which endpoint of ours a vector's provider is, with the parameters that the vector gives. One line
// for each source.

import { freshdesk, github, hubspot, standard, stripe, zendesk } from '../src/sources/index.ts'
import type { Endpoint } from '../src/sources/source.ts'

/** What of a sender's settings a vector depends on, by the names that the vectors use. */
export type VectorParams = {
  readonly kind?: string
  readonly header?: string
  readonly organizationId?: string
  readonly channel_id?: string
}

const secret = 'VECTOR_SECRET'
const signed = { secret, mode: 'test' } as const
const unsigned = { ...signed, unsigned: 'accept' } as const
const headerOf = ({ header }: VectorParams) => (header === undefined ? {} : { header })

export const VECTOR_ENDPOINTS = new Map<string, (params: VectorParams) => Endpoint>([
  ['freshdesk', (params) => freshdesk({ ...unsigned, ...headerOf(params) })],
  ['github', () => github(signed)],
  ['hubspot', () => hubspot(signed)],
  ['standardwebhooks', () => standard(signed)],
  ['stripe', () => stripe({ secret })],
  ['zendesk', () => zendesk(signed)],
])
