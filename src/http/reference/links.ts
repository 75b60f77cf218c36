// The calls about links.

import * as z from 'zod/mini'
import { LINK_STATES } from '../../domain/link.ts'
import {
  id,
  made,
  named,
  one,
  page,
  text,
  time,
  whole,
  words,
  type Operations,
} from './operation.ts'

const link = {
  object: z.literal('link'),
  id: id('lnk', 'The hash of its slug.'),
  invoiceId: text('At the billing API.', 'inv_1'),
  label: z.nullable(text('What its maker wrote.', 'for the auditor')),
  state: words('Whether it opens.', LINK_STATES),
  createdAt: time('When it was made.'),
  expiresAt: time('Until when it opens.'),
  revokedAt: z.nullable(time('When it was revoked.')),
  opened: z.strictObject({
    times: whole('How often.', 0),
    firstAt: z.nullable(time('First.')),
    lastAt: z.nullable(time('Last.')),
  }),
}
const linkShape = named('Link', z.strictObject(link))
const linkInFull = named(
  'LinkInFull',
  z.strictObject({
    ...link,
    url: z.nullable(
      text(
        'Its address; null where the key that made it is gone.',
        'https://makegood.example/i/abcdef',
      ),
    ),
  }),
)
const linkParams = { id: id('lnk', 'Of the link.') }

export const LINKS: Operations = {
  'GET /api/v1/links': {
    does: 'Links to PDFs, without their addresses',
    fields: { invoice: 'Only of this invoice.', state: 'Only in this state.' },
    answers: page(linkShape),
    example: { query: { state: 'open' } },
  },
  'GET /api/v1/links/:id': {
    does: 'One, with its address',
    params: linkParams,
    answers: one(linkInFull),
    errors: { 404: ['link_not_found'] },
  },
  'POST /api/v1/links': {
    does: 'Makes one for any invoice',
    fields: {
      invoiceId: 'At the billing API.',
      expiresInDays: 'Left out: as makegood.config.ts has it.',
      label: 'For whom it is; another label makes another link.',
    },
    answers: made(linkInFull),
    errors: {
      404: ['invoice_not_found'],
      409: ['too_many_links', 'made_meanwhile'],
      503: ['billing_unavailable', 'not_configured'],
    },
    example: { body: { invoiceId: 'inv_1', expiresInDays: 30, label: 'for the auditor' } },
  },
  'DELETE /api/v1/links/:id': {
    does: 'Revokes it, for ever',
    params: linkParams,
    answers: one(linkShape),
    errors: { 404: ['link_not_found'] },
  },
}
