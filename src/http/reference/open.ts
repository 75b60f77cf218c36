// What is open to everybody: deliveries, links, health, and the reference itself.

import * as z from 'zod/mini'
import { id, named, text, type Operations } from './operation.ts'

const accepted = named(
  'Accepted',
  z.strictObject({ events: z.array(id('evt', 'One that the delivery carries, new or known.')) }),
)

const health = named(
  'Health',
  z.strictObject({
    status: z.literal('alive'),
    version: z.optional(text('Of the deployment.')),
  }),
)

const readiness = named(
  'Readiness',
  z.strictObject({
    status: z.enum(['ready', 'not_ready']),
    problems: z.array(text('What is missing, by name.')),
    endpoints: z.array(
      z.strictObject({
        name: text('Its name.', 'zendesk'),
        path: text('Where it takes deliveries.', '/webhooks/zendesk'),
        status: text('On, or off and why.', 'on'),
      }),
    ),
    channels: z.array(
      z.strictObject({
        name: text('Its name.', 'slack'),
        status: text('On, or off and why.', 'on'),
      }),
    ),
    limits: z.array(
      z.strictObject({
        name: text('The name of its binding.', 'API_CALLS'),
        status: text('On, or off and why.', 'on'),
      }),
    ),
    findMissed: z.array(
      z.strictObject({
        endpoint: text('Its name.', 'stripe'),
        status: text('On, or off and why.', 'on'),
      }),
    ),
  }),
)

const page = (says: string) => ({ 200: { as: 'other', types: ['text/html'], says } as const })

const takesDeliveries = {
  endpoint: text('Its name in makegood.config.ts.', 'stripe'),
  token: text('Of the endpoint, where its source has it in the address.'),
}

export const OPEN: Operations = {
  'POST /webhooks/:endpoint/:token?': {
    does: 'Takes a delivery in, signed as its source signs',
    more: 'Some sources are answered in their own form, or with 200. What is answered with 2xx is kept.',
    params: takesDeliveries,
    answers: {
      200: {
        as: 'other',
        types: [],
        says: 'Taken in, or a handshake answered, in the source’s form.',
      },
      202: { as: 'json', shape: accepted },
    },
    errors: {
      401: ['unauthorized'],
      404: ['endpoint_not_found'],
      413: ['body_too_large'],
      503: ['endpoint_off', 'keys_unavailable'],
    },
  },
  'GET /i/:slug{[^]*}': {
    does: 'Leads to an invoice’s PDF',
    more: 'Who accepts text/html reads refusals as a page. HEAD and previews of links get a plain page, never the address.',
    params: { slug: text('Whatever stands behind the path.', 'abcdefghjkmnpqrstvwx') },
    answers: {
      200: {
        as: 'other',
        types: ['text/html'],
        says: 'A page that says nothing of the document, for previews.',
      },
      302: { as: 'other', types: [], says: 'To the signed address of the PDF.' },
      403: {
        as: 'other',
        types: ['text/html'],
        says: 'The page again, to a browser that fetches ahead of a click.',
      },
    },
    errors: {
      404: ['link_not_found'],
      410: ['link_gone'],
      429: ['too_many_misses'],
    },
  },
  'GET /healthz': {
    does: 'Alive, and which version',
    answers: { 200: { as: 'json', shape: health } },
  },
  'GET /readyz': {
    does: 'Configured, or 503 with what is missing by name',
    answers: { 200: { as: 'json', shape: readiness }, 503: { as: 'json', shape: readiness } },
  },
  'GET /openapi.json': {
    does: 'This description of every call',
    answers: { 200: { as: 'json', shape: z.looseObject({ openapi: z.string() }) } },
  },
  'GET /docs': { does: 'The same to read', answers: page('The reference.') },
  'GET /docs/style.css': {
    does: 'What the reference looks like',
    answers: { 200: { as: 'other', types: ['text/css'], says: 'A style sheet.' } },
  },
  'GET /docs/errors': { does: 'Every code of a refusal', answers: page('The list.') },
  'GET /docs/errors/:code': {
    does: 'What a code means, and what to do',
    params: { code: text('As error.code has it.', 'version_moved') },
    answers: page('The page of the code.'),
    errors: { 404: ['not_found'] },
  },
}
