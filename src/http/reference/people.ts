// The calls about who is who: keys, identities, erasures.

import * as z from 'zod/mini'
import { ERASURE_REASONS } from '../../domain/erasure.ts'
import { IDENTITY_KINDS } from '../../domain/identity.ts'
import { SCOPES } from '../../domain/operator.ts'
import {
  flag,
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

const key = {
  object: z.literal('key'),
  id: text('Of the key, not the key.', 'key_0123456789abcdefghjkmnpqrstvwxyz'),
  name: text('By which the audit log knows its holder.', 'boss'),
  email: z.nullable(text('Of a person; null for a program.', 'boss@saas.example')),
  scopes: z.array(words('What it may.', SCOPES)),
  createdAt: time('When it was made.'),
  createdBy: text('Who made it.', 'bootstrap'),
  expiresAt: z.nullable(time('When it ends.')),
  revokedAt: z.nullable(time('When it was revoked.')),
  lastUsedAt: z.nullable(time('When it was used last, to the hour.')),
}
const keyShape = named('Key', z.strictObject(key))
const newKey = named(
  'NewKey',
  z.strictObject({ ...key, key: text('The key itself: it is shown this once.', 'ck_mg_…') }),
)
const keyParams = { id: text('Of the key.', 'key_0123456789abcdefghjkmnpqrstvwxyz') }

export const KEYS: Operations = {
  'GET /api/v1/keys': { does: 'The keys, never their text', answers: page(keyShape) },
  'GET /api/v1/keys/:id': {
    does: 'One key, never its text',
    params: keyParams,
    answers: one(keyShape),
    errors: { 404: ['key_not_found'] },
  },
  'POST /api/v1/keys': {
    does: 'Makes one, and shows it once',
    fields: {
      name: 'By which the audit log knows its holder; never given twice.',
      email: 'Of a person: all keys with it are one approver.',
      scopes: 'What it may; no scope includes another.',
      expiresAt: 'When it ends; or expiresInDays.',
      expiresInDays: 'In how many days it ends; neither: never.',
    },
    answers: one(newKey, 201),
    errors: { 409: ['key_name_taken'] },
    example: { body: { name: 'boss', email: 'boss@saas.example', scopes: ['read', 'approve'] } },
  },
  'DELETE /api/v1/keys/:id': {
    does: 'Revokes it, from the next request on',
    params: keyParams,
    answers: one(keyShape),
    errors: { 404: ['key_not_found'], 409: ['bootstrap_key'] },
  },
}

const identity = {
  object: z.literal('identity'),
  id: text('A number.', '7'),
  account: text('In whose world; empty: in every account.', 'zendesk'),
  kind: words('In which way the source names him.', IDENTITY_KINDS),
  value: text('As the source names him.', 'acme-42'),
  customerId: text('At the billing API.', 'cus_acme'),
  setAt: time('When that was said.'),
  setBy: text('By whom.', 'operator:boss'),
}

const identityShape = named('Identity', z.strictObject(identity))
const identityParams = { id: text('Of the identity.', '7') }

export const IDENTITIES: Operations = {
  'GET /api/v1/identities': {
    does: 'Which source’s customer is which billing customer',
    fields: {
      account: 'Only of this account; empty: those of every account.',
      value: 'As a source names him.',
      customerId: 'At the billing API.',
    },
    answers: page(identityShape),
    example: { query: { value: 'acme-42' } },
  },
  'GET /api/v1/identities/:id': {
    does: 'One',
    params: identityParams,
    hasTag: true,
    answers: one(identityShape),
    errors: { 404: ['identity_not_found'] },
  },
  'POST /api/v1/identities': {
    does: 'Says so of one',
    hasTag: true,
    fields: {
      account: 'In whose world; left out: in every account.',
      kind: 'In which way the source names him.',
      value: 'As the source names him.',
      customerId: 'At the billing API.',
    },
    answers: made(
      named(
        'SetIdentity',
        z.strictObject({ ...identity, isNew: flag('Whether it was not there.') }),
      ),
    ),
    errors: { 422: ['customer_not_found'], 503: ['unavailable'] },
    example: { body: { kind: 'source_id', value: '81', customerId: 'cus_acme' } },
  },
  'POST /api/v1/identities/import': {
    does: 'Says so of up to 5,000: all or nothing',
    answers: one(
      named(
        'IdentityImport',
        z.strictObject({
          object: z.literal('identity_import'),
          rows: whole('Of the list.', 1),
          added: whole('That were not there.', 1),
          changed: whole('That were another customer.', 0),
        }),
      ),
    ),
    errors: { 400: ['validation_error'], 413: ['too_many_rows'], 415: ['unsupported_media_type'] },
    example: {
      text: {
        type: 'text/csv',
        body: 'account,kind,value,customer_id\n,source_id,82,cus_acme\n',
      },
    },
  },
  'DELETE /api/v1/identities/:id': {
    does: 'Forgets one',
    params: identityParams,
    answers: one(
      named('RemovedIdentity', z.strictObject({ ...identity, isRemoved: z.literal(true) })),
    ),
    errors: { 404: ['identity_not_found'] },
  },
}

const erasure = {
  object: z.literal('erasure'),
  id: id('era', 'Of the erasure.'),
  status: words('How far it is.', ['finished', 'waiting', 'running']),
  reason: words('Why.', ERASURE_REASONS),
  askedBy: text('Who asked.', 'operator:boss'),
  requestedAt: time('When.'),
  finishedAt: z.nullable(time('When it ended.')),
  waiting: whole('Payloads and adjustments that wait.', 0),
  notSearched: whole('Of his texts, those that no payload is searched for.', 0),
  erased: z.strictObject({
    adjustments: whole('So many.', 0),
    payloads: whole('So many.', 0),
    identities: whole('So many.', 0),
    notes: whole('So many.', 0),
    unchangeable: whole('That hold a text of his, and are never changed.', 0),
    notSearched: whole('Once it has ended: texts that no payload was searched for.', 0),
  }),
}
const erasureShape = named('Erasure', z.strictObject(erasure))

export const ERASURES: Operations = {
  'GET /api/v1/erasures': { does: 'Erasures, and how far they are', answers: page(erasureShape) },
  'GET /api/v1/erasures/:id': {
    does: 'One, with what it waits for',
    params: { id: id('era', 'Of the erasure.') },
    answers: one(
      named(
        'ErasureInFull',
        z.strictObject({ ...erasure, waitsFor: z.array(text('An adjustment, or an event.')) }),
      ),
    ),
    errors: { 404: ['erasure_not_found'] },
  },
  'POST /api/v1/erasures': {
    does: 'Takes a person out of all that is kept',
    fields: {
      customer: 'By what he is known: at least one of id, externalId and email.',
      'customer.id': 'At the billing API.',
      'customer.externalId': 'Yours.',
      'customer.email': 'His.',
      'customer.also': 'Names, further e-mails, numbers: whatever payloads may call him.',
      reason: 'Why.',
    },
    answers: one(erasureShape, 202),
    errors: { 409: ['too_many_erasures', 'several_customers'] },
    example: { body: { customer: { externalId: 'gone-7', email: 'gone@customer.example' } } },
  },
}
