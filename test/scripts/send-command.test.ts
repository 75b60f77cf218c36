// `npm run send` as its user has it: beside `npm start`, in a copy of this checkout.

import { once } from 'node:events'
import * as fs from 'node:fs'
import * as path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { changeField } from '../../scripts/change-field.ts'
import { parseSendArguments } from '../../scripts/send-arguments.ts'
import { copyCheckout, type Checkout, type Running } from './checkout.ts'

const FIXTURES = 'test/fixtures'

let checkout: Checkout
let running: Running

beforeAll(async () => {
  checkout = copyCheckout()
  const from = path.resolve(import.meta.dirname, '../..', FIXTURES)
  fs.cpSync(from, path.join(checkout.folder, FIXTURES), { recursive: true })
  running = await checkout.start('send')
})
afterAll(async () => checkout.remove())

async function send(...args: readonly string[]) {
  const { child, output } = checkout.run({}, process.execPath, ['scripts/send.ts', ...args])
  const [code] = await once(child, 'close')
  return { code, text: output.text }
}
const sendHere = (...args: readonly string[]) => send(...args, '--url', running.app)
const idIn = (text: string): string => /evt_[0-9a-z]{32}/.exec(text)?.[0] ?? `no event in ${text}`

describe('a delivery', () => {
  it('is accepted, and what became of it is printed', async () => {
    const { code, text } = await sendHere(
      'stripe',
      'refund.created',
      '--data.object.amount',
      '1200',
    )
    expect(text).toMatch(/^sent +POST http:\S+\/webhooks\/stripe, stripe refund\.created, \d+ char/)
    expect(text).toMatch(/^answer +202 \{"events":\["evt_/m)
    expect(text).toMatch(/^event +evt_\S+ {2}refund\.created {2}\d{4}-/m)
    expect(text).toMatch(/^fate +adjusted by rule stripe-refund-record$/m)
    expect(text).toContain('12.00 USD')
    expect(code).toBe(0)
  })

  it('sent again is another event, and with --same the same one', async () => {
    const first = await sendHere('zendesk', 'makegood.ticket', '--ticket_id', '77')
    const repeated = await sendHere('zendesk', 'makegood.ticket', '--same')
    const second = await sendHere('zendesk', 'makegood.ticket', '--ticket_id', '77')
    expect(idIn(repeated.text)).toBe(idIn(first.text))
    expect(idIn(second.text)).not.toBe(idIn(first.text))
    expect(first.text).toMatch(/^fate +adjusted/m)
    expect(second.text).toMatch(/^fate +duplicate/m)
  })

  it('of a file of one’s own is signed as a sample is', async () => {
    const file = 'examples/late-delivery.sample.json'
    const { code, text } = await sendHere('standard', file, '--data.id', 'd7')
    expect(text).toMatch(/^event +evt_\S+ {2}delivery\.finished /m)
    expect(text).toMatch(/^fate +ignored: no_rule_for_this_event_type$/m)
    expect(code).toBe(0)
    const gone = await sendHere('standard', 'examples/nothing.json')
    expect(gone).toEqual({ code: 1, text: 'makegood: there is no file examples/nothing.json\n' })
  })

  it('of a wrong secret is refused', async () => {
    const { code, text } = await sendHere('stripe', 'refund.created', '--secret', 'whsec_other')
    expect(text).toMatch(/^answer +401 /m)
    expect(text).toContain('makegood: stripe refused the delivery')
    expect(code).toBe(1)
  })
})

describe('what is wrong is told in one line', () => {
  it.each([
    ['a source', ['strip', 'x'], /^makegood: there is no sample of a source 'strip'; there are: /],
    ['an event', ['stripe', 'x'], /^makegood: there is no sample 'x' of stripe; there are: charge/],
    ['no event', ['stripe'], /^makegood: which event of stripe\? --list shows them$/],
    [
      'a source without an endpoint',
      ['github', 'issues.labeled'],
      /^makegood: makegood\.config\.ts has no endpoint of the source github; it has: stripe/,
    ],
    [
      'a field',
      ['stripe', 'refund.created', '--data.object.amoun', '1'],
      /^makegood: the body has no field 'data\.object\.amoun': there is no 'amoun' among id, /,
    ],
    [
      'a value',
      ['stripe', 'refund.created', '--data.object.amount', 'x'],
      /^makegood: 'data\.object\.amount' is a number, and 'x' is not$/,
    ],
    [
      '--same before anything was sent',
      ['stripe', 'refund.failed', '--same'],
      /^makegood: --same repeats the last refund\.failed, and none was sent yet$/,
    ],
    [
      'an address',
      ['stripe', 'refund.created', '--url', 'somewhere'],
      /^makegood: --url 'somewhere' is no address$/,
    ],
  ])('%s', async (_, args, expected) => {
    const { code, text } = await send(...args)
    expect(text.trimEnd().split('\n')).toEqual([expect.stringMatching(expected)])
    expect(code).toBe(1)
  })

  it('nothing that answers', async () => {
    const { code, text } = await send('stripe', 'refund.created', '--url', 'http://127.0.0.1:9')
    expect(text).toContain('makegood: nothing answers at http://127.0.0.1:9; start it: npm start')
    expect(code).toBe(1)
  })
})

describe('--field', () => {
  it.each([
    ['{"a":{"b":1}}', 'a.b', '2', '{"a":{"b":2}}'],
    ['{"a":"1"}', 'a', '2', '{"a":"2"}'],
    ['{"a":null}', 'a', 'x', '{"a":"x"}'],
    ['{"a":true}', 'a', 'false', '{"a":false}'],
    ['[{"a":1},{"a":1}]', '1.a', '3', '[{"a":1},{"a":3}]'],
    [
      '<x><sf:Amount__c>1</sf:Amount__c></x>',
      'Amount__c',
      '<2&',
      '<x><sf:Amount__c>&lt;2&amp;</sf:Amount__c></x>',
    ],
  ])('of %s at %s', (body, field, value, expected) => {
    expect(changeField(body, field, value)).toBe(expected)
  })

  it.each([
    ['{"a":1}', '__proto__.x', '1'],
    ['{"a":1}', 'a.b', '1'],
    ['<x><a>1</a></x>', 'b', '1'],
    ['<x><a><b>1</b></a></x>', 'a', '1'],
  ])('of %s has nothing at %s', (body, field, value) => {
    expect(() => changeField(body, field, value)).toThrow(/the body has no/)
  })

  it('is any option that is not the command’s own', () => {
    expect(parseSendArguments(['s', 'e', '--a.b=c=d', '--url', 'u', '--n', '-1'])).toEqual({
      kind: 'send',
      source: 's',
      event: 'e',
      same: false,
      url: 'u',
      fields: [
        ['a.b', 'c=d'],
        ['n', '-1'],
      ],
    })
    expect(() => parseSendArguments(['s', 'e', '--a'])).toThrow('--a has no value')
    expect(() => parseSendArguments(['s', 'e', '--same', '--a', '1'])).toThrow('no field changes')
  })
})
