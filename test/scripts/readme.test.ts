// What the README shows is true: its configuration is the one that is there, what the pages that it leads to show is
// read, and what it counts are so many. Its commands, links and snippets are looked at with those of docs/.

import * as fs from 'node:fs'
import * as path from 'node:path'
import { describe, expect, it } from 'vitest'
import { decide } from '../../src/domain/decide.ts'
import { usd } from '../../src/domain/money.ts'
import { creditRequested } from '../../src/rules/credit-requested.ts'
import { zendeskTicketCredit } from '../../src/rules/zendesk-ticket-credit.ts'
import { blocksOf } from '../markdown.ts'
import { readPage, ROOT } from './pages.ts'

const README = readPage('README.md')
const blocks = (page: string, language: string): readonly string[] =>
  blocksOf(readPage(page))
    .filter((block) => block.language === language)
    .map(({ text }) => text)

const eventOf = (type: string, data: unknown) => ({
  ownId: null,
  type,
  occurredAt: null,
  mode: null,
  data,
})

describe('README', () => {
  it('shows makegood.config.ts as it is', () => {
    const config = readPage('makegood.config.ts')
    const [shown = ''] = blocks('README.md', 'ts').filter((block) =>
      block.startsWith('export default'),
    )
    const code = (text: string) => text.replaceAll(/^\s*\/\/.*\n/gm, '').trim()
    // Whoever has edited the file has a README of the original still.
    const original =
      config.includes("requestTag: 'credit_requested'") && config.includes('credit_50')
    if (original) expect(code(config)).toContain(code(shown))
    expect(shown).toContain('defineConfig({')
  })

  it('leads to bodies that its rules read', () => {
    const [ticket] = blocks('docs/sources/zendesk.md', 'json').map((text) => JSON.parse(text))
    const [request] = blocks('docs/sources/standard.md', 'json').map((text) => JSON.parse(text))
    const rendered = {
      ...ticket,
      ticket_id: '42',
      tags: 'credit_requested',
      amount: '12.50',
      customer_external_id: 'acme-42',
    }
    const rule = zendeskTicketCredit({
      requestTag: 'credit_requested',
      amounts: { credit_10: usd(10) },
      otherAmountField: true,
    })
    expect(decide([rule], 'zendesk', eventOf(ticket.kind, rendered))).toMatchObject({
      kind: 'adjust',
      proposals: [{ amount: -1250, subject: 'ticket:42' }],
    })
    expect(decide([creditRequested()], 'standard', eventOf(request.type, request))).toMatchObject({
      kind: 'adjust',
      proposals: [{ amount: -1250, subject: 'credit:outage-2026-10/acme' }],
    })
  })

  it('counts the senders and the rules right', () => {
    // Three pages are for any sender: one that is described, one with a password, one with a token.
    const pages = fs.readdirSync(path.join(ROOT, 'docs/sources')).length - 1
    const rules = readPage('docs/rules.md').split('\n## ')[0] ?? ''
    const ready = [...rules.matchAll(/^\| `\w+` \| `[\w-]+` \|/gm)].length
    expect(README).toContain(`${IN_WORDS.get(pages - 3)} senders have [a page each]`)
    expect(README).toContain(`${IN_WORDS.get(ready)} are [ready-made]`)
  })
})

const IN_WORDS: ReadonlyMap<number, string> = new Map(
  ['', '-one', '-two', '-three', '-four', '-five', '-six', '-seven', '-eight', '-nine'].flatMap(
    (digit, one) => [
      [20 + one, `Twenty${digit}`],
      [30 + one, `Thirty${digit}`],
    ],
  ),
)
