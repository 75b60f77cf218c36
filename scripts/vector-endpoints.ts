// Which endpoint of ours a vector's provider is, with the parameters that the vector gives. One line
// for each source.

import {
  attio,
  chargebee,
  close,
  commet,
  freshdesk,
  front,
  github,
  gorgias,
  helpscout,
  hubspot,
  intercom,
  jira,
  kustomer,
  linear,
  paddle,
  pipedrive,
  salesforce,
  shopify,
  standard,
  stripe,
  zendesk,
  zohocrm,
  zohodesk,
} from '../src/sources/index.ts'
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
const channelOf = ({ channel_id: channelId }: VectorParams) =>
  channelId === undefined ? {} : { channelId }

export const VECTOR_ENDPOINTS = new Map<string, (params: VectorParams) => Endpoint>([
  ['attio', () => attio(signed)],
  ['chargebee', () => chargebee(unsigned)],
  ['close', () => close(signed)],
  ['commet', () => commet({ secret })],
  ['freshdesk', (params) => freshdesk({ ...unsigned, ...headerOf(params) })],
  ['front', ({ kind }) => front({ ...signed, kind: kind === 'rule' ? 'rule' : 'application' })],
  ['github', () => github(signed)],
  ['gorgias', (params) => gorgias({ ...unsigned, ...headerOf(params) })],
  ['helpscout', () => helpscout(signed)],
  ['hubspot', () => hubspot(signed)],
  ['intercom', () => intercom(signed)],
  ['jira', () => jira(signed)],
  ['kustomer', () => kustomer(signed)],
  ['linear', () => linear(signed)],
  ['paddle', () => paddle(signed)],
  ['pipedrive', () => pipedrive(unsigned)],
  [
    'salesforce',
    ({ kind, organizationId = '', ...params }) =>
      kind === 'flow'
        ? salesforce({ ...unsigned, kind, ...headerOf(params) })
        : salesforce({ ...unsigned, organizationId }),
  ],
  ['shopify', () => shopify(signed)],
  ['standardwebhooks', () => standard(signed)],
  ['stripe', () => stripe({ secret })],
  ['zendesk', () => zendesk(signed)],
  ['zohocrm', (params) => zohocrm({ ...unsigned, ...channelOf(params) })],
  ['zohodesk', () => zohodesk(unsigned)],
])
