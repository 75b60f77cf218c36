// What docs/audit-format.md shows is what its words say, as a second implementation sees it.

import * as fs from 'node:fs'
import * as path from 'node:path'
import { expect, it } from 'vitest'
import { ROOT } from '../../scripts/project.ts'
import { canonical } from '../../src/domain/canonical.ts'
import { LOG_FAULTS } from '../../src/domain/log-fault.ts'
import { verifiedCheckpoint } from '../rfc9162.ts'

const read = (name: string): string => fs.readFileSync(path.join(ROOT, 'docs', name), 'utf8')

it('the checkpoint of the page is signed by the key of the page', async () => {
  const page = read('audit-format.md')
  const [, note = ''] = /```\n(makegood\.example\/audit\n[^`]+)```/.exec(page) ?? []
  const [, key = ''] = /Its key is `([^`]+)`/.exec(page) ?? []
  expect(await verifiedCheckpoint(note, key)).toMatchObject({ size: 4312 })
})

it('the entry of the page is canonical', () => {
  const [, line = ''] = /```json\n(\{"action".*)\n```/.exec(read('audit-format.md')) ?? []
  expect(canonical(JSON.parse(line))).toBe(line)
})

it('every reason for which nothing is sealed is explained', () => {
  const page = read('audit.md')
  for (const reason of LOG_FAULTS) expect(page).toContain(`| \`${reason}\` |`)
})
