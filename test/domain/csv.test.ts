import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readCsv } from '../../src/domain/csv.ts'

describe('a list as CSV', () => {
  it.each<[string, string, (readonly string[] | null)[]]>([
    ['plain fields', 'a,b,c', [['a', 'b', 'c']]],
    ['empty fields, the last one too', ',,', [['', '', '']]],
    ['quoted fields with commas', '"a,b",c', [['a,b', 'c']]],
    ['doubled quotes', '"say ""hi""",""""', [['say "hi"', '"']]],
    ['an empty quoted field', '"",a,""', [['', 'a', '']]],
    ['blanks are kept', ' a , b ', [[' a ', ' b ']]],
    ['lines that end in CRLF, LF and CR', 'a\r\nb\nc\rd', [['a'], ['b'], ['c'], ['d']]],
    ['a quote inside a plain field', 'a"b,c', [null]],
    ['text behind a closing quote', '"a"b,c', [null]],
    ['a quote that is not closed', '"a,b', [null]],
    ['a line break inside quotes: two lines that are wrong', '"a\nb",c', [null, null]],
    ['nothing', '', []],
  ])('%s', (_name, text, rows) => {
    expect(readCsv(text).map(({ fields }) => fields)).toEqual(rows)
  })

  it('counts the lines that it leaves out', () => {
    expect(readCsv('a\n\n\r\nb\n').map(({ line }) => line)).toEqual([1, 4])
  })

  it('reads back whatever was written by the rules of RFC 4180', () => {
    const field = fc.string({ unit: 'grapheme', maxLength: 8 }).filter((s) => !/[\r\n]/.test(s))
    const row = fc.array(field, { minLength: 2, maxLength: 5 })
    const quoted = (text: string, always: boolean) =>
      always || /[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
    fc.assert(
      fc.property(fc.array(row), fc.boolean(), (rows, always) => {
        const text = rows.map((each) => each.map((f) => quoted(f, always)).join(',')).join('\r\n')
        expect(readCsv(text).map(({ fields }) => fields)).toEqual(rows)
      }),
    )
  })

  it.each([
    ['doubled quotes', `"${'""'.repeat(500_000)}"`, 1],
    ['doubled quotes without an end', `"${'""'.repeat(500_000)}x`, null],
    ['one long field', 'x'.repeat(1_000_000), 1],
    ['commas', ','.repeat(1_000_000), 1_000_001],
  ])('reads a line of a million characters: %s', (_name, text, fields) => {
    expect(readCsv(text)[0]?.fields?.length ?? null).toBe(fields)
  })
})
