// How one of a person's texts is found where SQLite compares, which lowers the letters of ASCII only.

import { describe, expect, it } from 'vitest'
import { comparable, spellings } from '../../src/domain/erasure.ts'

const sqliteLower = (text: string): string =>
  text.replace(/[A-Z]/g, (letter) => letter.toLowerCase())

describe('the spellings of a text', () => {
  it.each(['Zoë Ångström', 'Иван Петров', "Seán O'Écu", 'jo@acme.example'])(
    'hold %s as it is written, in capitals, in small letters, and with its accents apart',
    (name) => {
      const found = spellings(comparable(name))
      for (const written of [name, name.toUpperCase(), name.toLowerCase(), name.normalize('NFD')]) {
        expect(found).toContain(sqliteLower(written))
      }
    },
  )

  it('are one where all of it is ASCII', () => {
    expect(spellings('jo doe')).toEqual(['jo doe'])
  })
})
