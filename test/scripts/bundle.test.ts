// What the Worker is made into: which modules a delivery waits for, and which only an operator or the cron.

import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { bundleWorker, type WorkerModule } from '../../scripts/bundle.ts'
import { ENTRY } from '../../scripts/project.ts'

const folder = fs.mkdtempSync(path.join(tmpdir(), 'makegood-bundle-'))
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }))

const write = (name: string, text: string): string => {
  fs.writeFileSync(path.join(folder, name), text)
  return path.join(folder, name)
}
const textOf = (modules: readonly WorkerModule[], isLater: boolean): string =>
  modules
    .filter((part) => part.isLater === isLater)
    .map(({ text }) => text)
    .join('\n')

it('has the door at once, and the operator’s API and the cron in modules that come later', async () => {
  const { modules } = await bundleWorker(ENTRY, 'upload')
  const [first, ...others] = modules
  expect(first).toMatchObject({ name: 'index.js', isLater: false })
  const later = others.filter(({ isLater }) => isLater).map(({ name }) => name.split('-')[0])
  expect(later).toEqual(expect.arrayContaining(['app', 'scheduled']))
  expect(textOf(modules, false)).toContain('"/webhooks"')
  expect(textOf(modules, false)).not.toContain('"/reconciliations"')
  expect(textOf(modules, true)).toContain('"/reconciliations"')
})

it('counts whatever else is imported late as needed at once, with what that one needs', async () => {
  write('deep.js', "export const word = 'found deep'")
  write('late.js', "import { word } from './deep.js'\nexport const said = `late: ${word}`")
  const entry = write('entry.js', "export const ask = () => import('./late.js')")
  const { modules } = await bundleWorker(entry, 'upload')
  expect(modules.length).toBeGreaterThan(1)
  expect(textOf(modules, false)).toContain('found deep')
  expect(textOf(modules, true)).toBe('')
})

it('gives each uploaded module a map that names the files of this checkout', async () => {
  const { modules, maps } = await bundleWorker(ENTRY, 'upload')
  expect(maps.map(({ name }) => name).toSorted()).toEqual(
    modules.map(({ name }) => `${name}.map`).toSorted(),
  )
  const sources = maps.flatMap(({ text }): string[] => JSON.parse(text).sources)
  expect(sources).toEqual(expect.arrayContaining(['../src/worker.ts', '../src/http/app.ts']))
  for (const { name, text } of modules) expect(text).toContain(`sourceMappingURL=${name}.map`)
})

it('splits a local run as the upload, with maps inside', async () => {
  const { modules, maps } = await bundleWorker(ENTRY, 'local')
  expect(maps).toEqual([])
  expect(modules.filter(({ isLater }) => isLater).length).toBeGreaterThan(1)
  for (const { text } of modules) expect(text).toContain('sourceMappingURL=data:')
})
