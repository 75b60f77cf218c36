// The code of before goes on while a release adds a column (docs/upgrading.md): so every insert names its columns.

import * as fs from 'node:fs'
import * as path from 'node:path'
import { expect, it } from 'vitest'

const ROOT = path.resolve(import.meta.dirname, '../..')
const NAMELESS = /INSERT (?:OR \w+ )?INTO\s+[\w`${}.]+\s*(?:SELECT|VALUES)/gi

const filesOf = (folder: string, ending: string): string[] =>
  fs
    .readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending))
    .map((name) => path.join(folder, name))

/** Of a migration only its triggers go on; what it inserts itself meets the table as it makes it. */
const goesOn = (file: string, text: string): string =>
  file.endsWith('.sql')
    ? [...text.matchAll(/CREATE TRIGGER [^]*?\nEND;/g)].map(([trigger]) => trigger).join('\n')
    : text

it('no insert of the code, or of a trigger, leaves its columns to the table', () => {
  const files = [...filesOf('src', '.ts'), ...filesOf('migrations', '.sql')]
  expect(files.length).toBeGreaterThan(200)
  const found = files.flatMap((file) =>
    [...goesOn(file, fs.readFileSync(path.join(ROOT, file), 'utf8')).matchAll(NAMELESS)].map(
      ([insert]) => `${file}: ${insert}`,
    ),
  )
  const triggers = goesOn(
    'x.sql',
    'INSERT INTO `y` VALUES (1);\nCREATE TRIGGER t\nBEGIN\n  INSERT INTO x VALUES (1);\nEND;',
  )
  expect(triggers.match(NAMELESS)).toEqual(['INSERT INTO x VALUES'])
  expect(found).toEqual([])
  expect('INSERT INTO links SELECT * FROM x'.match(NAMELESS)).not.toBe(null)
  expect('INSERT OR IGNORE INTO `x` VALUES (1)'.match(NAMELESS)).not.toBe(null)
})
