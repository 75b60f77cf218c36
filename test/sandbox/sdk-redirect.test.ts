// The lines of docs/api.md that lead the official SDK to Makegood, as they stand there.

import * as fs from 'node:fs'
import * as os from 'node:os'
import * as path from 'node:path'
import { pathToFileURL } from 'node:url'
import { Commet } from '@commet/node'
import { expect, it } from 'vitest'
import { blocksOf } from '../markdown.ts'
import { dataOf } from '../sdk/answers.ts'

const PAGE = new URL('../../docs/api.md', import.meta.url)

it('the lines of docs/api.md lead the SDK to Makegood, and nothing else', async () => {
  const [block] = blocksOf(fs.readFileSync(PAGE, 'utf8')).filter(
    ({ language }) => language === 'js',
  )
  expect(block?.text.trim().split('\n')).toHaveLength(5)
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'makegood-redirect-'))
  const file = path.join(folder, 'redirect.mjs')
  fs.writeFileSync(file, block?.text ?? '')
  const realFetch = globalThis.fetch
  const asked: { url: string; key: string | null }[] = []
  globalThis.fetch = async (input, init) => {
    const request = new Request(input, init)
    asked.push({ url: request.url, key: request.headers.get('x-api-key') })
    return Response.json({ success: true, data: [] })
  }
  try {
    await import(pathToFileURL(file).href)
    expect(await dataOf(new Commet({ apiKey: 'ck_mg_1' }).features.list())).toEqual([])
    await fetch('https://elsewhere.example/')
  } finally {
    globalThis.fetch = realFetch
    fs.rmSync(folder, { recursive: true, force: true })
  }
  expect(asked).toEqual([
    { url: 'https://makegood.example/api/v1/features', key: 'ck_mg_1' },
    { url: 'https://elsewhere.example/', key: null },
  ])
})
