// What is refused before any handler looks at it: one envelope, one id, and what to do next.

import { expect, it } from 'vitest'
import { API_BODY_BYTES_MAX } from '../../src/domain/limits.ts'
import { fetchApp, OPERATOR } from '../harness.ts'

const call = async (method: string, path: string, init: RequestInit = {}) => {
  const url = `https://makegood.example${path}`
  const headers = { ...OPERATOR, ...Object(init.headers) }
  const response = await fetchApp(url, { ...init, method, headers })
  const { status } = response
  const { success, error } = await response.json<any>()
  expect(success).toBe(false)
  expect(error.doc_url).toBe(`https://makegood.example/docs/errors/${error.code}`)
  expect(response.headers.get('x-request-id')).toMatch(/^[\w-]{10,}$/)
  return { status, error, allow: response.headers.get('allow') }
}

it.each([
  ['DELETE', '/api/v1/adjustments', 'GET, POST, HEAD'],
  ['PATCH', '/api/v1/adjustments/adj_1', 'GET, HEAD'],
  ['GET', '/api/v1/adjustments/adj_1/approve', 'POST'],
  ['PUT', '/api/v1/adjustments/requeue', 'GET, POST, HEAD'],
  ['POST', '/api/v1/switches/all', 'DELETE, GET, PUT, HEAD'],
  ['POST', '/api/v1/switches/rule/x', 'DELETE, GET, PUT, HEAD'],
  ['POST', '/healthz', 'GET, HEAD'],
  ['OPTIONS', '/api/v1/status', 'GET, HEAD'],
  ['POST', '/docs/errors/not_found', 'GET, HEAD'],
  ['PUT', '/webhooks/zendesk', 'POST'],
  ['POST', '/i/abcdef', 'GET, HEAD'],
])('%s %s is 405, and says what is allowed: %s', async (method, path, allow) => {
  const { status, error, allow: told } = await call(method, path)
  expect([status, error.code, told]).toEqual([405, 'method_not_allowed', allow])
})

it.each([
  '/nothing',
  '/api',
  '/api/v1',
  '/api/v1/',
  '/api/v1/nothing',
  '/docs/nothing/at/all',
  '/healthz/x',
  '/openapi.json/',
])('%s is 404 to every method', async (path) => {
  for (const method of ['GET', 'POST', 'DELETE', 'OPTIONS']) {
    const { status, error, allow } = await call(method, path)
    expect([status, error.code, allow]).toEqual([404, 'not_found', null])
  }
})

const NEW_KEY = '{"name":"x","scopes":[]}'

it.each([
  'application/x-www-form-urlencoded',
  'text/csv',
  'text/html',
  'multipart/form-data; boundary=x',
  'application/jsonp',
  'application/xml',
  'text/plainest',
])('a JSON body that says it is %s is 415', async (type) => {
  const init = { body: NEW_KEY, headers: { 'content-type': type } }
  const { status, error } = await call('POST', '/api/v1/keys', init)
  expect([status, error.code]).toEqual([415, 'unsupported_media_type'])
  expect(error.message).toContain('application/json')
})

it.each([
  'application/json',
  'application/json; charset=utf-8',
  'Application/JSON;charset=UTF-8',
  'application/vnd.api+json',
  'text/plain;charset=UTF-8',
])('a JSON body that says it is %s is read', async (type) => {
  const init = { body: NEW_KEY, headers: { 'content-type': type } }
  const { status, error } = await call('POST', '/api/v1/keys', init)
  expect([status, error.code, error.param]).toEqual([400, 'validation_error', 'scopes'])
})

it('a JSON body that says nothing is read', async () => {
  const init = { body: new TextEncoder().encode(NEW_KEY) }
  const { status, error } = await call('POST', '/api/v1/keys', init)
  expect([status, error.param]).toEqual([400, 'scopes'])
})

it('where nothing has to be in the body, what it would be doesn’t matter', async () => {
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  const { status, error } = await call('POST', '/api/v1/events/evt_1/dismiss', { headers })
  expect([status, error.code]).toEqual([404, 'event_not_found'])
})

it('a list of identities is text/csv, and says so', async () => {
  const init = { body: 'x', headers: { 'content-type': 'application/json' } }
  const { status, error } = await call('POST', '/api/v1/identities/import', init)
  expect([status, error.code]).toEqual([415, 'unsupported_media_type'])
})

it('a body that is too large is 413, whatever it says that it is', async () => {
  const init = {
    body: ' '.repeat(API_BODY_BYTES_MAX + 1),
    headers: { 'content-type': 'text/csv' },
  }
  const { status, error } = await call('POST', '/api/v1/keys', init)
  expect([status, error.code]).toEqual([413, 'body_too_large'])
})

it('without a key nothing is told but that: neither what is there nor what it takes', async () => {
  for (const path of ['/api/v1/adjustments', '/api/v1/nothing', '/api/v1/keys']) {
    for (const method of ['GET', 'PATCH', 'OPTIONS']) {
      const { status, error, allow } = await call(method, path, { headers: { 'x-api-key': '' } })
      expect([status, error.code, allow]).toEqual([401, 'unauthorized', null])
    }
  }
})
