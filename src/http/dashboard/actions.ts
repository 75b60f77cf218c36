// What forms do. Each asks the operator's API, and goes back to where the form was; what was refused is told on the
// page of the thing itself, as it is now, with what was typed.

import type { AppContext } from '../context.ts'
import { createRoutes } from '../routes.ts'
import { showAdjustment } from './adjustment-page.tsx'
import { makeByHand, typedByHand } from './by-hand.ts'
import { callApi, type ApiAnswer } from './call-api.ts'
import type { DryRunShown } from './dry-run-result.tsx'
import { showEvent, type Trouble } from './event-page.tsx'
import { showRefusal } from './refusal.tsx'
import { ownPath, requireOf } from './session.ts'
import { showSettings } from './settings.tsx'
import type { Done } from './viewer.ts'

type Refused = Extract<ApiAnswer, { ok: false }>
export type Fields = Readonly<Record<string, string>>

/** Of a field that is there more than once the values with a blank between them. A file is none. */
export async function fieldsOf(c: AppContext): Promise<Fields> {
  const form = await c.req.parseBody({ all: true })
  return Object.fromEntries(
    Object.entries(form).map(([name, value]) => {
      const values = Array.isArray(value) ? value : [value]
      return [name, values.filter((each) => typeof each === 'string').join(' ')]
    }),
  )
}

/** What is no number stays what it is: the API says what is wrong with it. */
export const numberOf = (text: string | undefined): number | string | undefined =>
  text !== undefined && /^-?\d{1,15}$/.test(text) ? Number(text) : text

export function troubleOf({ status, message }: Refused): Trouble {
  if (status === 412) return { status, text: CHANGED_SINCE }
  const known = ([400, 403, 404, 409, 413, 415, 422] as const).find((each) => each === status)
  return { status: known ?? 503, text: `This was not done. ${message}` }
}

const CHANGED_SINCE =
  'This was not done: it has changed since the page was made. Below is how it is now.'

/** With what was done in the address, so that a page that is loaded again does nothing again. */
export function goBack(c: AppContext, path: string, did: Done): Response {
  const back = new URL(path, c.req.url)
  back.searchParams.set('did', did)
  return c.redirect(back.pathname + back.search, 303)
}

type Verb = {
  /** The API's fields, of the form's. */
  readonly body: (fields: Fields) => object
  readonly done: (data: Readonly<Record<string, unknown>>, fields: Fields) => Done
}

const version = ({ version: seen }: Fields) => ({ version: numberOf(seen) })

const ADJUSTMENT_VERBS: Readonly<Record<string, Verb>> = {
  approve: {
    body: (fields) => ({
      ...version(fields),
      amount: numberOf(fields['amount']),
      currency: fields['currency'],
    }),
    done: ({ state }) => (state === 'held' ? 'approved-one' : 'approved'),
  },
  reject: {
    body: (fields) => ({ ...version(fields), note: fields['note'] ?? '' }),
    done: () => 'rejected',
  },
  customer: {
    body: (fields) => ({ ...version(fields), customerId: fields['customerId']?.trim() }),
    done: () => 'customer',
  },
  requeue: {
    body: (fields) => ({ ...version(fields), looked: fields['looked'] === 'yes' }),
    done: () => 'requeued',
  },
  adopt: {
    body: (fields) => ({ ...version(fields), invoiceId: fields['invoiceId']?.trim() }),
    done: () => 'adopted',
  },
  reverse: {
    body: (fields) => ({ ...version(fields), how: fields['how'] }),
    done: (_, fields) => (fields['how'] === 'void' ? 'voided' : 'reversed'),
  },
}

const EVENT_VERBS: Readonly<Record<string, Done>> = {
  dismiss: 'dismissed',
  requeue: 'requeued-event',
}

export const actions = createRoutes()
  .post('/adjustments/:id/:verb', async (c) => {
    const { id, verb: name } = c.req.param()
    const verb = Object.hasOwn(ADJUSTMENT_VERBS, name) ? ADJUSTMENT_VERBS[name] : undefined
    if (verb === undefined) return showRefusal(c, 404, 'There is nothing at this address.')
    const fields = await fieldsOf(c)
    // Who posts it once more says with his own hand that he has looked.
    if (fields['looked'] === 'yes' && fields['sure'] !== 'yes') {
      const text = 'This was not done. Say first that you have looked for its invoice.'
      return showAdjustment(c, id, { status: 400, text })
    }
    const path = `/adjustments/${encodeURIComponent(id)}`
    const answer = await callApi(c, 'POST', `${path}/${name}`, { body: verb.body(fields) })
    if (!answer.ok) return showAdjustment(c, id, troubleOf(answer), fields['note'] ?? '')
    return goBack(c, ownPath(fields['back'], path), verb.done(answer.data, fields))
  })
  .post('/events/:id/by-hand', async (c) => {
    const id = c.req.param('id')
    const typed = typedByHand(await fieldsOf(c))
    const made = await makeByHand(c, id, typed)
    if (!made.ok) return showEvent(c, id, { status: 400, text: made.error }, { typed })
    const answer = made.value
    if (!answer.ok) return showEvent(c, id, troubleOf(answer), { typed })
    return goBack(c, `/adjustments/${answer.data.id}`, 'by-hand')
  })
  .post('/events/:id/try', requireOf('read'), async (c) => {
    const id = c.req.param('id')
    const answer = await callApi<DryRunShown>(c, 'POST', '/rules/dry-run', { body: { event: id } })
    return answer.ok
      ? showEvent(c, id, null, { tried: answer.data })
      : showEvent(c, id, troubleOf(answer))
  })
  .post('/events/:id/:verb', async (c) => {
    const { id, verb } = c.req.param()
    const done = Object.hasOwn(EVENT_VERBS, verb) ? EVENT_VERBS[verb] : undefined
    if (done === undefined) return showRefusal(c, 404, 'There is nothing at this address.')
    const fields = await fieldsOf(c)
    const path = `/events/${encodeURIComponent(id)}`
    const answer = await callApi(c, 'POST', `${path}/${verb}`, { body: {} })
    if (!answer.ok) return showEvent(c, id, troubleOf(answer))
    return goBack(c, ownPath(fields['back'], path), done)
  })
  .post('/settings/keys', async (c) => {
    const fields = await fieldsOf(c)
    const { name = '', email = '', scopes = '', days = '' } = fields
    const body = {
      name: name.trim(),
      scopes: scopes.split(' ').filter((scope) => scope !== ''),
      ...(email.trim() === '' ? {} : { email: email.trim() }),
      ...(days === '' ? {} : { expiresInDays: numberOf(days) }),
    }
    const answer = await callApi(c, 'POST', '/keys', { body })
    if (!answer.ok) {
      return showSettings(c, { trouble: troubleOf(answer), typed: { name, email, scopes, days } })
    }
    const { key } = answer.data
    return showSettings(c, { made: { name: name.trim(), key: String(key) } })
  })
  .post('/settings/keys/:id/revoke', async (c) => {
    const answer = await callApi(c, 'DELETE', `/keys/${encodeURIComponent(c.req.param('id'))}`)
    return answer.ok
      ? goBack(c, '/settings', 'revoked')
      : showSettings(c, { trouble: troubleOf(answer) })
  })
  .post('/settings/:what{pause|resume}', async (c) => {
    const isPause = c.req.param('what') === 'pause'
    const { what = '', seen = '' } = await fieldsOf(c)
    const [kind = '', key] = what.split(/\/(.*)/s)
    const path = `/switches/${encodeURIComponent(kind)}${key === undefined ? '' : `/${encodeURIComponent(key)}`}`
    // Ended is the pause that he saw, and none that came since: that of a restored database least of all.
    const answer = isPause
      ? await callApi(c, 'PUT', path)
      : await callApi(c, 'DELETE', path, { ifMatch: seen })
    return answer.ok
      ? goBack(c, '/settings', isPause ? 'paused' : 'resumed')
      : showSettings(c, { trouble: troubleOf(answer) })
  })
