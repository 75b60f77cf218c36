// What the README shows is true: its rule compiles and decides, its bodies are read, its commands exist.

import * as fs from 'node:fs'
import * as path from 'node:path'
import { describe, expect, it } from 'vitest'
import { decide } from '../../src/domain/decide.ts'
import { creditRequested } from '../../src/rules/credit-requested.ts'
import { zendeskTicketCredit } from '../../src/rules/zendesk-ticket-credit.ts'
import type { Rule } from '../../src/domain/rule.ts'
import { usd } from '../../src/domain/money.ts'

const ROOT = path.resolve(import.meta.dirname, '../..')
const README = fs.readFileSync(path.join(ROOT, 'README.md'), 'utf8')
const blocks = (language: string): string[] =>
  [...README.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map(
    ([, text = '']) => text,
  )

const eventOf = (type: string, data: unknown) => ({
  ownId: null,
  type,
  occurredAt: null,
  mode: null,
  data,
})

describe('README', () => {
  it('shows makegood.config.ts as it is', () => {
    const config = fs.readFileSync(path.join(ROOT, 'makegood.config.ts'), 'utf8')
    const [shown = ''] = blocks('ts').filter((block) => block.startsWith('export default'))
    const code = (text: string) => text.replaceAll(/^\s*\/\/.*\n/gm, '').trim()
    // Whoever has edited the file has a README of the original still.
    const original =
      config.includes("requestTag: 'credit_requested'") && config.includes('credit_50')
    if (original) expect(code(config)).toContain(code(shown))
    expect(shown).toContain('defineConfig({')
  })

  it('shows a rule that works', async () => {
    const [text = ''] = blocks('ts').filter((block) =>
      block.startsWith('// rules/late-delivery.ts'),
    )
    const folder = fs.mkdtempSync(path.join(ROOT, 'rules-of-a-test-'))
    try {
      fs.writeFileSync(path.join(folder, 'late-delivery.ts'), text)
      const { lateDelivery }: { lateDelivery: Rule } = await import(
        path.join(folder, 'late-delivery.ts')
      )
      const late = (hoursLate: number) => ({ data: { id: 'd1', customer: 'acme-42', hoursLate } })
      const customer = { kind: 'external_id', value: 'acme-42' }
      const answer = (hoursLate: number) =>
        decide([lateDelivery], 'standard', eventOf('delivery.finished', late(hoursLate)))
      expect(answer(30)).toMatchObject({
        kind: 'adjust',
        proposals: [{ amount: -1500, currency: 'usd', subject: 'delivery:d1', customer }],
      })
      expect(answer(3)).toMatchObject({ kind: 'ignored' })
    } finally {
      fs.rmSync(folder, { recursive: true, force: true })
    }
  })

  it('shows bodies that its rules read', () => {
    const bodies = blocks('json').map((text) => JSON.parse(text))
    const [ticket, request] = bodies
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

  it('names only commands and files that exist', () => {
    const { scripts } = JSON.parse(fs.readFileSync(path.join(ROOT, 'package.json'), 'utf8'))
    const commands = [...README.matchAll(/npm run ([\w:]+)/g)].map(([, name = '']) => name)
    expect(commands.length).toBeGreaterThan(3)
    for (const name of commands) expect(scripts).toHaveProperty([name])
    const files = [...README.matchAll(/\]\(([\w./-]+)\)/g)].map(([, file = '']) => file)
    for (const file of files) expect(fs.existsSync(path.join(ROOT, file)), file).toBe(true)
  })
})
