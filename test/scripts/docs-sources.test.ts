// What docs/sources says is true: a page, fixtures and a row for every source, the row as the code is, and
// configurations that start.

import * as fs from 'node:fs'
import * as path from 'node:path'
import * as vm from 'node:vm'
import { describe, expect, it } from 'vitest'
import { defineConfig } from '../../src/config.ts'
import * as sources from '../../src/sources/index.ts'
import { coversBody } from '../../src/sources/scheme.ts'
import type { Endpoint } from '../../src/sources/source.ts'

const ROOT = path.resolve(import.meta.dirname, '../..')
const read = (name: string) => fs.readFileSync(path.join(ROOT, name), 'utf8')
const NAMES = Object.keys(sources).toSorted()

/** What any of the factories wants; each takes of it what it knows. */
const OPTIONS = {
  secret: 'A_WEBHOOK_SECRET',
  mode: 'test',
  unsigned: 'accept',
  organizationId: '00D5g00000ACMEzEAO',
  signature: { header: 'x-signature' },
  event: { type: 'type' },
}
const endpointOf = (name: string): Endpoint =>
  Reflect.apply(Reflect.get(sources, name), undefined, [OPTIONS])

const ROWS = new Map(
  [...read('docs/sources/README.md').matchAll(/^\| \[(\w+)\]\((\w+)\.md\) (\|.*\|)$/gm)].map(
    ([, name = '', page = '', rest = '']) => {
      const [, , covers = '', time = '', id = '', , mode = ''] = rest.split('|')
      return [name, { page, covers, time, id, mode }] as const
    },
  ),
)

/** Whether what it proves shows its age: in a header, in a token, or in a signed body. */
const tellsTime = ({ schemes, admits }: Endpoint): boolean =>
  schemes.some(({ kind }) => kind === 'jwt') ||
  schemes.some((scheme) => scheme.kind === 'signature' && scheme.timestamp !== 'none') ||
  admits?.({ webhookTimestamp: 0 }, Date.UTC(2026, 9, 26))?.reason === 'timestamp_stale'

describe('the list of sources', () => {
  it('has a row for each of them in order, and for nothing else', () => {
    expect([...ROWS.keys()]).toEqual(NAMES)
    for (const [name, { page }] of ROWS) expect(page).toBe(name)
  })

  it('has no page without a source', () => {
    const pages = fs
      .readdirSync(path.join(ROOT, 'docs/sources'))
      .map((each) => path.parse(each).name)
    expect(pages.filter((page) => page !== 'README').toSorted()).toEqual(NAMES)
  })
})

describe.each(NAMES)('%s', (name) => {
  const endpoint = endpointOf(name)
  const row = ROWS.get(name)

  it('has a body of its sender among the fixtures', () => {
    const bodies = fs.readdirSync(path.join(ROOT, 'test/fixtures', name))
    expect(bodies.length).toBeGreaterThan(0)
    for (const body of bodies) expect(body).toMatch(/^[\w.-]+\.(json|xml)$/)
  })

  it('is described in its row as its code is', () => {
    expect(endpoint.source.name).toBe(name)
    expect(row?.covers.trim().startsWith('yes')).toBe(endpoint.schemes.every(coversBody))
    expect(row?.mode.trim() === "event's own").toBe(endpoint.source.saysMode)
    const stored = /stored: `([^`]+)`/.exec(row?.id ?? '')?.[1] ?? null
    expect(stored).toBe(endpoint.source.unsignedIdHeader)
    if (row?.time.trim() !== 'as described') {
      expect(row?.time.trim() !== 'no').toBe(tellsTime(endpoint))
    }
  })

  it('is configured as its page shows, under the name of a secret that the page has stored', () => {
    const page = read(`docs/sources/${name}.md`)
    const words = page.replaceAll(/\s+/g, ' ')
    const blocks = [...page.matchAll(/^```ts\n(.*?)^```/gms)].map(([, text = '']) => text)
    const shown = blocks.filter((block) => new RegExp(`: ${name}\\(`).test(block))
    expect(shown.length).toBeGreaterThan(0)
    for (const block of shown) {
      const written = vm.runInNewContext(`({${block}})`, { ...sources })
      const { endpoints } = defineConfig({
        currency: 'usd',
        timeZone: 'UTC',
        endpoints: written.endpoints ?? written,
        rules: [],
      })
      const made = [...endpoints.values()]
      expect(made.map(({ source }) => source.name)).toContain(name)
      for (const { secret } of made) expect(words).toContain(`npm run setup -- --renew ${secret}`)
    }
  })
})

it.each(['freshdesk', 'gorgias'])(
  'the template for %s says when the ticket changed: 10, 25 and again 10 are three events',
  (name) => {
    const [, text = ''] =
      /^```json\n(\{\n {2}"kind".*?)^```/ms.exec(read(`docs/sources/${name}.md`)) ?? []
    const template = JSON.parse(text)
    expect(template.updated_at).toMatch(/^\{\{ticket\.updated_\w+\}\}$/)
    const sample = JSON.parse(read(`test/fixtures/${name}/makegood.ticket.json`))
    expect(Object.keys(sample)).toEqual(Object.keys(template))
  },
)
