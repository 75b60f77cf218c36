// How one of a person's texts is found where SQLite compares, which lowers the letters of ASCII only.

import { describe, expect, it } from 'vitest'
import {
  comparable,
  erasedCustomer,
  holdsText,
  isSearchable,
  namesHim,
  plainPart,
  spellings,
  textsFor,
} from '../../src/domain/erasure.ts'
import { searchEvent } from '../../src/domain/search-event.ts'

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
  const his = ["zoë o'quag & co", 'jo@acme.example', '4711471147']

  it.each([
    ['a value', { a: [{ b: 'for JO@acme.example.' }] }],
    ['a name', { 'jo@acme.example': 1 }],
    ['a number', { phone: 4711471147 }],
    ['in HTML', { comment: '<b>Zo&#xEB; O&#39;Quag &amp; Co</b>' }],
    ['in XML by decimal numbers', 'Zo&#235; O&apos;Quag &AMP; Co'],
    ['in JSON within a text', '{"mail":"jo\\u0040acme.example"}'],
    ['in JSON within JSON', '{\\"mail\\":\\"jo\\\\u0040acme.example\\"}'],
    ['at the beginning of a line of a text within a text', '{"c":"Regards,\\njo@acme.example"}'],
    ['behind a tab that was escaped twice', 'by\\\\tjo@acme.example'],
    ['with its signs escaped', '"zo\u00eb o\'quag \\& co" jo@acme.example\\r'],
    ['with its accent apart', ["Zoe\u0308 O'Quag & Co"]],
    ['with blanks of any kind and number', "Zoë\u00a0 O'Quag\n&\tCo"],
    ['with blanks of HTML', 'Zoë&nbsp;&#32;O&apos;Quag &#160;&amp;&NBSP;Co'],
  ])('is found as %s', (_, value) => {
    expect(holdsText(value, his)).toBe(true)
  })

  it.each([
    ['a part of a word', ['mojo@acme.example', 'jo@acme.examples', 47114711470]],
    ['numbers of no letter', ['&#xFFFFFFF;', '&#9999999;', '&nothing;', '\\uZZZZ', '&#;']],
    ['nothing', [null, true, {}, []]],
  ])('is not found in %s', (_, value) => {
    expect(holdsText(value, his)).toBe(false)
  })

  it.each([
    ['jo@acme.example', 'mary-jo@acme.example'],
    ['smith@acme.example', 'jo.smith@acme.example'],
    ['smith@acme.example', 'jo__smith@acme.example'],
    ['jo@acme.example', 'jo@acme.example.com'],
    ['jo@acme.example', 'jo@acme.example-shop.com'],
    ['jo@acme', 'jo@acme.example'],
    ['acme-42', 'acme-42-eu'],
    ['acme_42', 'x_acme_42'],
    ['1234567890', '0.1234567890'],
    ['1234567890', 'e3b0-1234567890'],
  ])('that is %s is not found in %s', (text, written) => {
    expect(holdsText(`for ${written} of today`, [text])).toBe(false)
  })

  it.each([
    ['jo@acme.example', 'mailto:jo@acme.example?subject=x'],
    ['jo@acme.example', '_jo@acme.example_'],
    ['jo@acme.example', '--jo@acme.example. Regards'],
    ['jo@acme.example', '...jo@acme.example-'],
    ['acme-42', '-acme-42-'],
    ['acme-42', 'Acme-42.'],
    ['quagmire', 'Quagmire-Jones'],
    ['anne marie-louise', 'Anne Marie-Louise-Sophie'],
    ['1234567890', 'Tel.1234567890.'],
  ])('that is %s is found in %s', (text, written) => {
    expect(holdsText(`for ${written} of today`, [text])).toBe(true)
  })

  it.each(['10115', '10000', '2026-11-23', '12345678'])(
    'without a letter, such as %s, is looked for among others only from nine digits on',
    (text) => {
      expect(isSearchable(text)).toBe(false)
      expect(isSearchable(`${text}a`)).toBe(true)
      expect(isSearchable(`${text}9999`)).toBe(true)
      expect(namesHim(`order ${text}`, erasedCustomer([], [text]))).toBe(false)
    },
  )

  it('is no amount, however large the amount is written', () => {
    expect(holdsText({ amount: 123_456_789 }, ['123456789'])).toBe(false)
    expect(holdsText({ customer: '123456789' }, ['123456789'])).toBe(true)
  })

  it('is found in the first of two fields of one name, as payloads were kept once', () => {
    const body = '{"user":"jo@acme.example","user":"x"}'
    const kept = { ownId: null, reason: null, decision: '{}', encoding: 'utf8', body } as const
    expect(holdsText(JSON.parse(body), his)).toBe(false)
    expect(searchEvent(kept, his)).toMatchObject({ isNamed: true })
  })

  it('is looked for where its longest part stands that no blank or letter beyond ASCII is in', () => {
    expect(['anne  marie', 'zoë ångström', 'acme.42', 'jo'].map(plainPart)).toEqual([
      'marie',
      'ngstr',
      'acme.42',
      '',
    ])
  })

  it('has blanks of any kind and number, as what it is looked for in', () => {
    const at = { account: null, isOthers: false }
    expect(textsFor(erasedCustomer([], ['anne \u00a0 marie']), at)).toEqual(['anne marie'])
  })

  it('is found however deep it lies', () => {
    let nested: unknown = 'jo@acme.example'
    for (let depth = 0; depth < 300_000; depth++)
      nested = depth % 2 === 0 ? [nested] : { a: nested }
    expect(holdsText(nested, his)).toBe(true)
    expect(holdsText(nested, ['somebody'])).toBe(false)
  })

  it('names him in a note also as a part of a word, unless it is too short', () => {
    const customer = erasedCustomer([], ['quagmire', 'jo'])
    expect(namesHim('the QUAGMIREs have called', customer)).toBe(true)
    expect(namesHim('jo has called', customer)).toBe(false)
  })
})

describe('a payload of other bytes', () => {
  const name = 'j\u00f6rg m\u00fcller'
  const searched = (body: Uint8Array) =>
    searchEvent(
      { ownId: null, reason: null, decision: '{}', encoding: 'base64', body: body.toBase64() },
      [name],
    ).isNamed

  it('is searched as UTF-8 with a fault in it, and as Windows-1252', () => {
    const utf8 = new TextEncoder().encode(`{"n":"by ${name}","x":"a?b"}`)
    utf8[utf8.indexOf(0x3f)] = 0xff
    expect(searched(utf8)).toBe(true)
    const windows = [...`by ${name}.`].map((each) => each.charCodeAt(0))
    expect(searched(Uint8Array.from(windows))).toBe(true)
    expect(searched(Uint8Array.from([0xff, 0x6a]))).toBe(false)
  })
})
