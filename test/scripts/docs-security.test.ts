// Every threat of docs/security.md names a test that exists, and every letter of STRIDE has threats.

import * as fs from 'node:fs'
import * as path from 'node:path'
import { describe, expect, it } from 'vitest'
import { readPage, ROOT } from './pages.ts'

const DOCS = readPage('docs/security.md')
const LETTERS = [
  'Spoofing',
  'Tampering',
  'Repudiation',
  'Information disclosure',
  'Denial of service',
  'Elevation of privilege',
]
const section = (title: string): string =>
  DOCS.split(new RegExp(`\\n### ${title}[^\\n]*\\n`))[1]?.split(/\n##/)[0] ?? ''

type Threat = { readonly threat: string; readonly shownBy: string }
const threatsOf = (text: string): readonly Threat[] =>
  text
    .split('\n')
    .filter(
      (line) => line.startsWith('| ') && !line.startsWith('| ---') && !line.startsWith('| threat'),
    )
    .map((line) => line.split(' | '))
    .map(([threat = '', , shownBy = '']) => ({
      threat: threat.slice(2),
      shownBy: shownBy.replace(/ \|$/, ''),
    }))

/** Why what is said to show it does not; null where it does. */
function troubleOf(shownBy: string): string | null {
  const [, file = '', name] = /^`(test\/[\w./-]+\.test\.ts)`(?: "([^"]+)")?$/.exec(shownBy) ?? []
  if (file === '') return `no test is named: ${shownBy}`
  if (!fs.existsSync(path.join(ROOT, file))) return `${file} is not there`
  if (name === undefined) return null
  const text = readPage(file)
  return ["'", '`', '"'].some((quote) => text.includes(`${quote}${name}${quote}`))
    ? null
    : `${file} has no test of this name: ${name}`
}

describe.each(LETTERS)('%s', (letter) => {
  const threats = threatsOf(section(letter))

  it('has threats', () => {
    expect(threats.length).toBeGreaterThanOrEqual(4)
  })

  it.each(threats.map((each) => [each.threat, each.shownBy]))('%s', (_, shownBy) => {
    expect(troubleOf(shownBy)).toBeNull()
  })
})

it('a threat whose test has gone is found', () => {
  expect(troubleOf('`test/log.test.ts` "nothing of the kind"')).toContain(
    'has no test of this name',
  )
  expect(troubleOf('`test/nothing.test.ts`')).toBe('test/nothing.test.ts is not there')
  expect(troubleOf('somewhere')).toContain('no test is named')
})

it('names the packages that run in the Worker', () => {
  const { dependencies } = JSON.parse(readPage('package.json'))
  const [, listed = ''] = /\*\*Dependencies\*\*: \w+ run in the Worker \(([^)]*)\)/.exec(DOCS) ?? []
  const names = [...listed.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name)
  expect(names.toSorted()).toEqual(Object.keys(dependencies).toSorted())
})
