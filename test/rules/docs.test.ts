// What docs/rules.md says of the ready-made rules is what their code says.

import { describe, expect, it } from 'vitest'
import * as z from 'zod/mini'
import docs from '../../docs/rules.md?raw'
import { AMOUNT_FORMATS, moneyFromText } from '../../src/domain/money-text.ts'
import { ticketTemplate } from '../../src/rules/ticket-template.ts'
import { READY_MADE } from './ready-made-rows.ts'

declare global {
  interface ImportMeta {
    /** Vite's: the modules of a pattern, by path. */
    glob(
      pattern: string,
      options: { readonly eager: true },
    ): Readonly<Record<string, Readonly<Record<string, unknown>>>>
  }
}

const MODULES = Object.values(import.meta.glob('../../src/rules/*.ts', { eager: true }))

const section = (title: string): string => docs.split(`\n${title}\n`)[1]?.split('\n## ')[0] ?? ''

/** The cells of each row of the tables in a text that begin with a rule's name. */
const rowsIn = (text: string): readonly (readonly string[])[] =>
  [...text.matchAll(/^\| `(\w+)` \|(.*)\|$/gm)].map(([, name = '', rest = '']) => [
    name,
    ...rest.split('|').map((cell) => cell.trim()),
  ])

const words = (cell: string | undefined): readonly string[] =>
  [...(cell ?? '').matchAll(/`([^`]+)`/g)].map(([, word = '']) => word)

const table = rowsIn(docs.split('\n## ')[0] ?? '')

/** The options that a rule knows of its own, as it names them to who has misspelt one. */
function optionsOf(name: string): readonly string[] {
  const factory = MODULES.find((each) => name in each)?.[name]
  if (typeof factory !== 'function') throw new Error(`no file exports ${name}`)
  const { problems } = Reflect.apply(factory, undefined, [{ misspelt: true }])
  const problem: string = problems.find((each: string) => each.startsWith('misspelt'))
  const known = problem.split('known are ')[1]?.split(', ') ?? []
  return known.slice(0, known.indexOf('reason'))
}

describe('the list of rules', () => {
  it('has each rule of src/rules in the order of the tests, and no other', () => {
    expect(table.map(([name]) => name)).toEqual(READY_MADE.map(({ name }) => name))
    const exported = MODULES.flatMap((each) => Object.keys(each))
    for (const { name } of READY_MADE) expect(exported).toContain(name)
  })

  it('leaves out no file that makes a rule', () => {
    const sources = import.meta.glob('../../src/rules/*.ts', {
      query: '?raw',
      import: 'default',
      eager: true,
    })
    const ids = Object.values(sources).flatMap((text) =>
      [...text.matchAll(/^ +id: '([a-z-]+)',$/gm)].map(([, id = '']) => id),
    )
    expect(ids.toSorted()).toEqual(READY_MADE.map(({ rule }) => rule.id).toSorted())
  })

  it.each(READY_MADE)('says of $name what its code says', ({ name, rule, rows }) => {
    const [, id, events, subject, settlement, reason, causedBy] =
      table.find(([each]) => each === name) ?? []
    expect(words(id)).toEqual([rule.id])
    expect(words(events)).toEqual(rule.on)
    expect(words(settlement)).toEqual([rule.settlement])
    expect(words(reason)).toEqual([rule.reason])
    expect(words(causedBy)).toEqual([rule.causedBy])
    // A rule that approves, or notes what others did, has no money of its own.
    if (/^(?:approves|notes) /.test(subject ?? '')) {
      expect(rows.filter(([, , , expected]) => /^-?\d|^undoes/.test(expected))).toEqual([])
      return
    }
    // What its rows make or undo is about such subjects, and about each kind of them.
    const answers = rows.map(([, , , expected]) => expected)
    const told = answers.filter((each) => /^-?\d/.test(each))
    const undone = answers.filter((each) => each.startsWith('undoes'))
    const isUndoing = subject?.startsWith('undoes') === true
    const shown = words(subject).map((each) => each.slice(0, each.indexOf(':')))
    const kinds = new Set((isUndoing ? undone : told).map((each) => kindIn(each)))
    expect([...kinds].toSorted()).toEqual(shown.toSorted())
    expect(told.length > 0).toBe(!isUndoing)
  })

  it('names the options of each', () => {
    const options = rowsIn(section('## Options').split('\n### ')[0] ?? '')
    expect(options.map(([name]) => name)).toEqual(READY_MADE.map(({ name }) => name))
    for (const [name = '', cell] of options) expect(words(cell), name).toEqual(optionsOf(name))
  })

  it('names no rule elsewhere that there is not', () => {
    const names = new Set(READY_MADE.map(({ name }) => name))
    const called = [...docs.matchAll(/`([a-z]+[A-Z]\w+(?:Credit|Record|Undo|Breach|Rating))`/g)]
    expect(called.length).toBeGreaterThan(20)
    for (const [, name = ''] of called) expect(names).toContain(name)
  })
})

/** The kind of a subject in a row's line. */
const kindIn = (told: string): string =>
  /(?:^undoes|(?:external_id|source_id|email) \S+|nobody) ([a-z_]+):/.exec(told)?.[1] ?? told

it('what it shows of formats is read, and what it shows as refused is refused', () => {
  const rows = [...section('## Options').matchAll(/^\| `'([^']+)'`[^|]*\|([^|]*)\|([^|]*)\|$/gm)]
  expect(rows.map(([, format]) => format)).toEqual(AMOUNT_FORMATS)
  for (const [, format = '', read, refused] of rows) {
    const known = AMOUNT_FORMATS.find((each) => each === format)
    if (known === undefined) throw new Error(format)
    const isRead = (text: string) => moneyFromText(text, 'usd', known).ok
    expect(words(read).filter((text) => !isRead(text))).toEqual([])
    expect(words(refused).filter((text) => isRead(text))).toEqual([])
    expect(words(refused)).not.toEqual([])
  }
})

it('the templates that it shows are read', () => {
  const templates = [...docs.matchAll(/^```json\n(.*?)^```/gms)].map(([, text = '']) =>
    JSON.parse(text),
  )
  expect(templates.map(({ kind }) => kind)).toEqual(['makegood.sla_breach', 'makegood.rating'])
  for (const template of templates) {
    const rendered = { ...template, ticket_id: '5158' }
    const { rating: _, updated_at: __, ...fields } = rendered
    const { shape } = ticketTemplate(template.kind)
    expect(z.strictObject(shape).safeParse(fields).error).toBeUndefined()
  }
})
