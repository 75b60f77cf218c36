// Every link of README and docs/ leads somewhere: to a file that is there, to a heading that it has.

import * as fs from 'node:fs'
import * as path from 'node:path'
import { expect, it } from 'vitest'
import { anchorsOf, linksOf } from '../markdown.ts'
import { PAGES, readPage, ROOT } from './pages.ts'

/** In the letters that it is written with, also where the disk doesn't care. */
const isThere = (file: string): boolean =>
  file === '.' ||
  (fs.existsSync(path.join(ROOT, path.dirname(file))) &&
    fs.readdirSync(path.join(ROOT, path.dirname(file))).includes(path.basename(file)) &&
    isThere(path.dirname(file)))

/** The file that a link of a page leads to, from the root on. */
const fileOf = (page: string, target: string): string =>
  target.startsWith('#')
    ? page
    : path.posix.normalize(path.posix.join(path.posix.dirname(page), target.split('#')[0] ?? ''))

function troubleOf(page: string, target: string): string | null {
  if (/^https?:/.test(target)) return URL.canParse(target) ? null : 'is no address'
  const file = fileOf(page, target).replace(/\/$/, '')
  if (file.startsWith('..')) return 'leads out of the repository'
  if (!isThere(file)) return `${file} is not there`
  const [, anchor] = target.split('#')
  if (anchor === undefined || anchorsOf(readPage(file)).has(anchor)) return null
  return `${file} has no heading #${anchor}`
}

it.each([...PAGES.keys()])('every link of %s leads somewhere', (page) => {
  const troubles = linksOf(PAGES.get(page) ?? '').flatMap(({ target, line }) => {
    const trouble = troubleOf(page, target)
    return trouble === null ? [] : [`${page}:${line} ${target}: ${trouble}`]
  })
  expect(troubles).toEqual([])
})

it('every page of docs/ is reached from README', () => {
  const seen = new Set<string>()
  const left = ['README.md']
  for (let page = left.shift(); page !== undefined; page = left.shift()) {
    if (seen.has(page)) continue
    seen.add(page)
    const text = PAGES.get(page)
    if (text === undefined) continue
    const from = page
    left.push(...linksOf(text).map(({ target }) => fileOf(from, target)))
  }
  expect([...PAGES.keys()].filter((page) => !seen.has(page))).toEqual([])
})

it('every image is shown somewhere', () => {
  const shown = [...PAGES].flatMap(([page, text]) =>
    linksOf(text).map(({ target }) => fileOf(page, target)),
  )
  const images = fs.readdirSync(path.join(ROOT, 'docs/images')).map((name) => `docs/images/${name}`)
  expect(images.filter((image) => !shown.includes(image))).toEqual([])
})

it('a link that leads nowhere is found', () => {
  expect(troubleOf('docs/money.md', 'nowhere.md')).toBe('docs/nowhere.md is not there')
  expect(troubleOf('docs/money.md', 'Rules.md')).toBe('docs/Rules.md is not there')
  expect(troubleOf('docs/money.md', 'rules.md#nothing')).toBe(
    'docs/rules.md has no heading #nothing',
  )
  expect(troubleOf('README.md', '../secret')).toBe('leads out of the repository')
})
