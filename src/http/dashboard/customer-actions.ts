// What the forms of customers do: map, change, remove, and a whole list.

import { listIdentities } from '../../db/read-identities.ts'
import { comparedValue, isIdentityKind } from '../../domain/identity.ts'
import { LIST_PAGE_ROWS } from '../../domain/limits.ts'
import type { Identity } from '../../db/schema.ts'
import type { AppContext } from '../context.ts'
import { createRoutes } from '../routes.ts'
import { fieldsOf, goBack, troubleOf } from './actions.ts'
import { answerOf, askApi, callApi } from './call-api.ts'
import { showCustomers, type TypedIdentity } from './customers.tsx'
import { showImport } from './import-page.tsx'
import { showRefusal } from './refusal.tsx'
import { IMPORT_PATH, may, ownPath, requireOf } from './session.ts'

export const customerActions = createRoutes()
  .post('/customers/identities', async (c) => {
    const fields = await fieldsOf(c)
    const { account = '', kind = '', value = '', customerId = '', seen } = fields
    const typed = { account, kind, value: value.trim(), customerId: customerId.trim() }
    // Who says it for the first time changes nothing that somebody else has said.
    const condition =
      seen === undefined ? { isOnlyNew: true } : { ifMatch: encodeURIComponent(seen) }
    const answer = await callApi(c, 'POST', '/identities', { body: typed, ...condition })
    if (answer.ok) {
      const otherwise = `/customers/${encodeURIComponent(typed.customerId)}`
      return goBack(
        c,
        ownPath(fields['back'], otherwise),
        answer.data['isNew'] === true ? 'mapped' : 'remapped',
      )
    }
    if (!may(c, 'read')) return showRefusal(c, 403, troubleOf(answer).text)
    if (answer.status !== 412) return showCustomers(c, { trouble: troubleOf(answer), typed })
    const known = await findKnown(c, typed)
    const text = seen === undefined ? IS_THERE : CHANGED_SINCE
    const trouble = { status: 412, text } as const
    return showCustomers(c, { trouble, typed, ...(known === null ? {} : { known }) })
  })
  .post('/customers/identities/:id/remove', async (c) => {
    const { seen = '', back } = await fieldsOf(c)
    const path = `/identities/${encodeURIComponent(c.req.param('id'))}`
    const answer = await callApi(c, 'DELETE', path, { ifMatch: encodeURIComponent(seen) })
    if (answer.ok) return goBack(c, ownPath(back, '/customers'), 'unmapped')
    if (!may(c, 'read')) return showRefusal(c, 403, troubleOf(answer).text)
    const trouble =
      answer.status === 412 ? ({ status: 412, text: CHANGED_SINCE } as const) : troubleOf(answer)
    return showCustomers(c, { trouble })
  })
  .get(IMPORT_PATH, requireOf('write'), (c) => showImport(c, null))
  .post(IMPORT_PATH, async (c) => {
    const list = await listIn(c)
    const asked = askApi(c, 'POST', '/identities/import', {
      headers: { 'content-type': 'text/csv' },
      body: list,
    })
    return showImport(c, { list, answer: await answerOf(asked) })
  })

const IS_THERE = 'This was not done: somebody was named under this before. See below.'
const CHANGED_SINCE =
  'This was not done: somebody else has changed it since the page was made. See how it is now.'

/** What is said of the same by now; null where it is gone. */
async function findKnown(c: AppContext, typed: TypedIdentity): Promise<Identity | null> {
  const { account, kind } = typed
  if (!isIdentityKind(kind)) return null
  const value = comparedValue(kind, typed.value)
  const { rows } = await listIdentities(
    c.var.deps.db,
    { account, value },
    {
      before: null,
      limit: LIST_PAGE_ROWS,
    },
  )
  return rows.find((row) => row.kind === kind && row.value === value) ?? null
}

/** The file, where one was chosen; else what was typed. */
async function listIn(c: AppContext): Promise<ArrayBuffer> {
  const { file, list } = await c.req.parseBody()
  if (file instanceof File && file.size > 0) return file.arrayBuffer()
  const text = typeof list === 'string' ? list : ''
  return Uint8Array.from(new TextEncoder().encode(text)).buffer
}
