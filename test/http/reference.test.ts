// The reference: complete, made of what checks, and what it says is what is answered.

import { describe, expect, it } from 'vitest'
import { createApp } from '../../src/http/app.ts'
import { makeDocument, pathsOf } from '../../src/http/reference/document.ts'
import { fieldsOf } from '../../src/http/reference/fields.ts'
import { ERRORS } from '../../src/http/reference/errors.ts'
import { dashboard } from '../../src/http/dashboard/dashboard.ts'
import { NOT_DESCRIBED, OPERATIONS } from '../../src/http/reference/operations.ts'
import { envelopeOf } from '../../src/http/reference/schemas.ts'
import { readShape } from '../../src/domain/read-shape.ts'
import { fetchApp } from '../harness.ts'

const app = createApp(() => {
  throw new Error('nothing is asked here')
})
const document: any = makeDocument(app.routes)

const MIDDLEWARE = new Set(['ALL /*', 'ALL /i/*', 'ALL /api/v1/*'])

it('describes each route of the app but its pages, and nothing else', () => {
  const namesOf = (routes: typeof app.routes) =>
    routes.map(({ method, path }) => `${method} ${path}`)
  const left = new Set([...MIDDLEWARE, ...NOT_DESCRIBED, ...namesOf(dashboard.routes)])
  const known = [...new Set(namesOf(app.routes))].filter((route) => !left.has(route))
  expect(Object.keys(OPERATIONS).toSorted()).toEqual(known.toSorted())
})

it('has each call under its own name', () => {
  const calls = Object.values<any>(document.paths).flatMap((methods) => Object.values<any>(methods))
  expect(new Set(calls.map(({ operationId }) => operationId)).size).toBe(calls.length)
  const paths = Object.keys(OPERATIONS).flatMap((route) => pathsOf(route.split(' ')[1] ?? ''))
  expect(Object.keys(document.paths).toSorted()).toEqual([...new Set(paths)].toSorted())
})

it('has examples of answers that are as their shapes say', () => {
  for (const [route, { answers }] of Object.entries(OPERATIONS)) {
    for (const [status, given] of Object.entries(answers)) {
      for (const answer of [given].flat()) {
        const envelope = envelopeOf(answer)
        if (envelope === null || route === 'GET /openapi.json') continue
        const [method = '', pattern = ''] = route.split(' ')
        const [path = ''] = pathsOf(pattern)
        const { responses } = document.paths[path][method.toLowerCase()]
        const { example, examples } = responses[status].content['application/json']
        const [name = ''] = Object.keys(examples ?? {})
        const shown = example ?? document.components.examples[name]?.value
        if (status === '503') continue
        const read = readShape(envelope, shown)
        expect(read.success ? [] : read.error.issues, `${route} ${status} ${name}`).toEqual([])
      }
    }
  }
})

it('says something of each field and parameter that a call takes', () => {
  for (const [path, methods] of Object.entries<any>(document.paths)) {
    for (const [method, { parameters = [], requestBody }] of Object.entries<any>(methods)) {
      const bodies = Object.values<any>(requestBody?.content ?? {}).map(({ schema }) => schema)
      const asked = parameters.map(({ name, schema }: any) => ({ properties: { [name]: schema } }))
      const bare = [...bodies, ...asked]
        .flatMap((schema) => fieldsOf(schema))
        .filter(({ note }) => note === '')
      expect(bare, `${method} ${path}`).toEqual([])
    }
  }
})

describe('over HTTP', () => {
  it('is served to everybody, whole', async () => {
    const response = await fetchApp('https://makegood.example/openapi.json')
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8')
    expect(await response.json()).toEqual(JSON.parse(JSON.stringify(document)))
  })

  it('has a page with each call, under a policy that lets in its own style sheet alone', async () => {
    const response = await fetchApp('https://makegood.example/docs')
    expect(response.headers.get('content-security-policy')).toBe(
      "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    )
    const page = await response.text()
    for (const [path, methods] of Object.entries<any>(document.paths)) {
      for (const { operationId } of Object.values<any>(methods)) {
        expect(page).toContain(`href="#${operationId}"`)
        expect(page).toContain(`id="${operationId}"`)
      }
      expect(page).toContain(`<code>${path}</code>`)
    }
    expect(page).not.toMatch(
      /<script|<style| style=| on\w+=|https?:\/\/(?!(makegood|files)\.example)/,
    )
    const linked = [...page.matchAll(/href="#([^"]+)"/g)].map(([, id = '']) => id)
    for (const id of new Set(linked)) expect(page, id).toContain(`id="${id}"`)
    const style = await fetchApp('https://makegood.example/docs/style.css')
    expect(style.headers.get('content-type')).toBe('text/css; charset=utf-8')
  })

  it('has a page for each code that a refusal can carry, and for no other', async () => {
    const list = await (await fetchApp('https://makegood.example/docs/errors')).text()
    for (const [code, { todo }] of Object.entries(ERRORS)) {
      expect(list).toContain(`href="/docs/errors/${code}"`)
      const response = await fetchApp(`https://makegood.example/docs/errors/${code}`)
      expect(response.status, code).toBe(200)
      const text = (await response.text()).replaceAll('&quot;', '"').replaceAll('&#39;', "'")
      expect(text).toContain(todo)
    }
    for (const code of ['nothing', 'constructor', '__proto__', '<b>', '%00']) {
      const response = await fetchApp(`https://makegood.example/docs/errors/${code}`)
      expect(response.status).toBe(404)
    }
  })
})
