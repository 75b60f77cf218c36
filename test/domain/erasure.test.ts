// How one of a person's texts is found where SQLite compares, which lowers the letters of ASCII only.

import { describe, expect, it } from 'vitest'
import { comparable, holdsText, namesHim, spellings } from '../../src/domain/erasure.ts'

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

describe('a text of his', () => {
  const his = ["zoë o'quag & co", 'jo@acme.example', '4711']

  it.each([
    ['a value', { a: [{ b: 'for JO@acme.example.' }] }],
    ['a name', { 'jo@acme.example': 1 }],
    ['a number', { phone: 4711 }],
    ['in HTML', { comment: '<b>Zo&#xEB; O&#39;Quag &amp; Co</b>' }],
    ['in XML by decimal numbers', 'Zo&#235; O&apos;Quag &AMP; Co'],
    ['in JSON within a text', '{"mail":"jo\\u0040acme.example"}'],
    ['with its accent apart', ["Zoe\u0308 O'Quag & Co"]],
  ])('is found as %s', (_, value) => {
    expect(holdsText(value, his)).toBe(true)
  })

  it.each([
    ['a part of a word', ['mojo@acme.example', 'jo@acme.examples', 47110]],
    ['numbers of no letter', ['&#xFFFFFFF;', '&#9999999;', '&nothing;', '\\uZZZZ', '&#;']],
    ['nothing', [null, true, {}, []]],
  ])('is not found in %s', (_, value) => {
    expect(holdsText(value, his)).toBe(false)
  })

  it('is found however deep it lies', () => {
    let nested: unknown = 'jo@acme.example'
    for (let depth = 0; depth < 300_000; depth++)
      nested = depth % 2 === 0 ? [nested] : { a: nested }
    expect(holdsText(nested, his)).toBe(true)
    expect(holdsText(nested, ['somebody'])).toBe(false)
  })

  it('names him in a note also as a part of a word, unless it is too short', () => {
    const customer = { ids: [], texts: ['quagmire', 'jo'] }
    expect(namesHim('the QUAGMIREs have called', customer)).toBe(true)
    expect(namesHim('jo has called', customer)).toBe(false)
  })
})
