// The billing API's calls of features, handed on.

import * as z from 'zod/mini'
import { callSubject } from '../../domain/call-subject.ts'
import { forwardRead, forwardWrite } from '../../usecases/forward-call.ts'
import { requireScope } from '../require-key.ts'
import { createRoutes } from '../routes.ts'
import { validBody, validQuery } from '../validate.ts'
import {
  answerForwarded,
  anyBody,
  fieldsOf,
  idOf,
  keyHandedOn,
  keyOf,
  refuseId,
} from './billing-calls.ts'

/** What a change of one can name. */
const FIELDS = ['code', 'name', 'type', 'description', 'unitName'] as const

/** The whole catalogue: this list has no page. */
export const features = createRoutes()
  .get('/', requireScope('read'), validQuery(z.strictObject({})), async (c) =>
    answerForwarded(c, await forwardRead(c.var.deps, { path: '/features' })),
  )
  .get('/:code', requireScope('read'), async (c) => {
    const id = idOf(c, 'code')
    if (id === null) return refuseId(c, 'code')
    return answerForwarded(c, await forwardRead(c.var.deps, { path: '/features/{id}', id }))
  })
  .post('/manage', requireScope('write'), keyHandedOn, validBody(anyBody), async (c) => {
    const { deps, operator } = c.var
    const write = {
      method: 'POST',
      path: '/features/manage',
      body: c.req.valid('json'),
      subject: 'feature',
      key: keyOf(c),
      wanted: { fields: fieldsOf(c.req.valid('json'), FIELDS) },
    } as const
    return answerForwarded(c, await forwardWrite(deps, operator, write))
  })
  .put('/:code/manage', requireScope('write'), keyHandedOn, validBody(anyBody), async (c) => {
    const id = idOf(c, 'code')
    if (id === null) return refuseId(c, 'code')
    const { deps, operator } = c.var
    const write = {
      method: 'PUT',
      path: '/features/{id}/manage',
      id,
      body: c.req.valid('json'),
      subject: callSubject('feature', id),
      key: keyOf(c),
      wanted: { fields: fieldsOf(c.req.valid('json'), FIELDS) },
    } as const
    return answerForwarded(c, await forwardWrite(deps, operator, write))
  })
