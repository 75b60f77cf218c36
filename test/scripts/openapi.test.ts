// The description of the calls is OpenAPI 3.1 as a linter knows it, with nothing that it would warn of.

import { createConfig, lintFromString } from '@redocly/openapi-core'
import { expect, it } from 'vitest'
import { createApp } from '../../src/http/app.ts'
import { makeDocument } from '../../src/http/reference/document.ts'

const { routes } = createApp(() => {
  throw new Error('nothing is asked here')
})

/** What cannot be refused with a 4xx: it takes nothing, and is open to everybody. */
const NEVER_REFUSED =
  /^#\/paths\/(~1healthz|~1readyz|~1openapi\.json|~1docs(~1errors|~1style\.css)?)\//

async function problemsOf(document: object): Promise<string[]> {
  const config = await createConfig({ extends: ['recommended-strict'] })
  const problems = await lintFromString({ source: JSON.stringify(document), config })
  return problems
    .map(({ ruleId, message, location }) => `${ruleId}: ${message} ${location[0]?.pointer}`)
    .filter((line) => {
      const pointer = line.split(' ').at(-1) ?? ''
      return !(line.startsWith('operation-4xx-response') && NEVER_REFUSED.test(pointer))
    })
}

it('passes the linter', async () => {
  expect(await problemsOf(makeDocument(routes))).toEqual([])
})

it('would not pass it with a path parameter that is not described', async () => {
  const document = structuredClone(makeDocument(routes))
  const call = document.paths['/api/v1/events/{id}']?.['get']
  if (!call) throw new Error('the call is gone')
  delete call.parameters
  expect(await problemsOf(document)).toHaveLength(1)
})
