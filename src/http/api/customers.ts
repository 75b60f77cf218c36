// The billing API's calls of customers, handed on.

import * as z from 'zod/mini'
import { customerRequest } from '../../commet/contract.ts'
import { callSubject } from '../../domain/call-subject.ts'
import { BATCH_BODY_BYTES_MAX } from '../../domain/limits.ts'
import { forwardRead, forwardWrite } from '../../usecases/forward-call.ts'
import { noteBulk } from '../note-bulk.ts'
import { requireScope } from '../require-key.ts'
import { createRoutes } from '../routes.ts'
import { validBody, validQuery } from '../validate.ts'
import {
  answerForwarded,
  anyBody,
  fieldsOf,
  filter,
  given,
  idOf,
  keyHandedOn,
  keyOf,
  pageFilters,
  refuseId,
} from './billing-calls.ts'

const listQuery = z.strictObject({
  ...pageFilters,
  externalId: filter('Of the customer, in your own system.'),
})

/** The billing API's names. `externalId` decides whom later events pay. */
const FIELDS = Object.keys(customerRequest.shape)

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null

const fieldsOfBatch = (rows: unknown): readonly string[] => {
  const objects = Array.isArray(rows) ? rows.filter(isObject) : []
  return FIELDS.filter((name) => objects.some((row) => Object.hasOwn(row, name)))
}

export const customers = createRoutes()
  .get('/', requireScope('read'), validQuery(listQuery), noteBulk('customers'), async (c) => {
    const read = { path: '/customers', query: given(c.req.valid('query')) }
    return answerForwarded(c, await forwardRead(c.var.deps, read))
  })
  .get('/:id', requireScope('read'), async (c) => {
    const id = idOf(c, 'id')
    if (id === null) return refuseId(c, 'id')
    return answerForwarded(c, await forwardRead(c.var.deps, { path: '/customers/{id}', id }))
  })
  .post('/', requireScope('write'), keyHandedOn, validBody(anyBody), async (c) => {
    const { deps, operator } = c.var
    const write = {
      method: 'POST',
      path: '/customers',
      body: c.req.valid('json'),
      subject: 'customer',
      key: keyOf(c),
      wanted: { fields: fieldsOf(c.req.valid('json'), FIELDS) },
    } as const
    return answerForwarded(c, await forwardWrite(deps, operator, write))
  })
  .post(
    '/batch',
    requireScope('write'),
    keyHandedOn,
    validBody(anyBody, BATCH_BODY_BYTES_MAX),
    async (c) => {
      const { deps, operator } = c.var
      const write = {
        method: 'POST',
        path: '/customers/batch',
        body: c.req.valid('json'),
        subject: 'customer',
        key: keyOf(c),
        wanted: { fields: fieldsOfBatch(c.req.valid('json')['customers']) },
      } as const
      return answerForwarded(c, await forwardWrite(deps, operator, write))
    },
  )
  .put('/:id', requireScope('write'), keyHandedOn, validBody(anyBody), async (c) => {
    const id = idOf(c, 'id')
    if (id === null) return refuseId(c, 'id')
    const { deps, operator } = c.var
    const write = {
      method: 'PUT',
      path: '/customers/{id}',
      id,
      body: c.req.valid('json'),
      subject: callSubject('customer', id),
      key: keyOf(c),
      wanted: { fields: fieldsOf(c.req.valid('json'), FIELDS) },
    } as const
    return answerForwarded(c, await forwardWrite(deps, operator, write))
  })
