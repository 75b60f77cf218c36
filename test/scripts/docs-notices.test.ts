// What docs/notices.md says is what people are told, what the channels want, and what verifies a webhook.

import * as fs from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import { pathToFileURL } from 'node:url'
import { Webhook } from 'standardwebhooks'
import { afterAll, describe, expect, it } from 'vitest'
import {
  HOLD_ESCALATE_SECONDS,
  HOLD_EXPIRE_SECONDS,
  HOLD_REMIND_SECONDS,
  MS_PER_HOUR,
  NOTICE_ATTEMPTS_MAX,
  NOTICE_DEADLINE_MS,
  POST_WITHOUT_LOOK_SECONDS,
} from '../../src/domain/limits.ts'
import { backoffSeconds } from '../../src/domain/backoff.ts'
import { NOTE_FIELDS } from '../../src/domain/note-texts.ts'
import { NOTICE_STATUSES, type Notice } from '../../src/domain/notice.ts'
import type { Channel } from '../../src/notices/channel.ts'
import { customerMail } from '../../src/notices/customer-mail.ts'
import { freshdeskNote } from '../../src/notices/freshdesk-note.ts'
import { hubspotNote } from '../../src/notices/hubspot-note.ts'
import { intercomNote } from '../../src/notices/intercom-note.ts'
import { jiraComment } from '../../src/notices/jira-comment.ts'
import { signedWebhook } from '../../src/notices/signed-webhook.ts'
import { slack } from '../../src/notices/slack.ts'
import { zendeskComment } from '../../src/notices/zendesk-comment.ts'

const ROOT = path.resolve(import.meta.dirname, '../..')
const read = (name: string) => fs.readFileSync(path.join(ROOT, name), 'utf8')
const DOCS = read('docs/notices.md')

const section = (title: string): string => DOCS.split(`\n${title}\n`)[1]?.split(/\n##? /)[0] ?? ''
/** The cells of the rows whose first one is a code. */
const rowsOf = (text: string, cells: number): readonly (readonly string[])[] =>
  [...text.matchAll(/^\| (`.*) \|$/gm)]
    .map(([, row = '']) => row.split(' | '))
    .filter((row) => row.length === cells)
const code = (cell: string | undefined): string => cell?.replaceAll('`', '') ?? ''
const codes = (cell: string | undefined): readonly string[] =>
  [...(cell ?? '').matchAll(/`([^`]+)`/g)].map(([, word = '']) => word)

const FACTORIES = {
  zendeskComment,
  hubspotNote,
  intercomNote,
  freshdeskNote,
  jiraComment,
  slack,
  signedWebhook,
  customerMail,
}

/** The options that a channel knows, as it names them to who has misspelt one. */
function optionsOf(factory: (...options: never[]) => Channel): readonly string[] {
  const { problems }: Channel = Reflect.apply(factory, undefined, [{ misspelt: true }])
  return problems[0]?.split('known are ')[1]?.split(', ') ?? []
}

/** A source's own notes are looked for first; chat and webhooks know no key of ours; Commet's mail does. */
const promiseOf = ({ source, isForCustomer }: Channel): string => {
  if (isForCustomer === true) return 'at most once'
  return source === null ? 'at least once' : 'exactly once'
}

describe('the channels', () => {
  const rows = new Map(
    [...section('## Channels').matchAll(/^\| `(\w+)` \|(.*)\|$/gm)]
      .map(
        ([, name = '', rest = '']) => [name, rest.split('|').map((cell) => cell.trim())] as const,
      )
      .filter(([, cells]) => cells.length === 4),
  )
  const places = rowsOf(section('## Channels'), 2).map(([name]) => code(name))

  it('are all there, and none that is not', () => {
    expect([...rows.keys()]).toEqual(Object.keys(FACTORIES))
    const files = fs.readdirSync(path.join(ROOT, 'src/notices'))
    const made = files.filter((file) =>
      /^export function \w+\(.*: Channel \{$/m.test(read(`src/notices/${file}`)),
    )
    expect(made.length).toBe(rows.size + 1)
  })

  it.each(Object.entries(FACTORIES))(
    '%s has these options and secrets, and promises this',
    (name, factory) => {
      const [, options, secrets, promise] = rows.get(name) ?? []
      const channel = factory()
      expect(codes(options)).toEqual(optionsOf(factory))
      expect(codes(secrets)).toEqual(channel.secrets)
      expect(promise).toBe(promiseOf(channel))
      for (const secret of channel.secrets) expect(places).toContain(secret)
    },
  )

  it('Slack is told this, unless it is said otherwise', () => {
    const [told = ''] = section('## Slack').split('Others by')
    const about = (status: (typeof NOTICE_STATUSES)[number]) => ({ ...NOTICE, status })
    expect(codes(told).toSorted()).toEqual(
      NOTICE_STATUSES.filter((status) => slack().wants(about(status))).toSorted(),
    )
  })
})

describe('what is told', () => {
  const blocks = read('test/notices/texts.txt')
    .trim()
    .split('\n\n')
    .map((block) => {
      const [, title = '', status = ''] = /^== (.*) \[(\w+)\]\n/.exec(block) ?? []
      return { title, status, line: block.split('\n')[1] ?? '' }
    })
  const told = section('## What is told')
  const sorted = (lines: readonly string[]) => [...new Set(lines)].toSorted()

  it('is every text of texts.txt, word for word, and no other', () => {
    const shown = rowsOf(told, 3).filter(([status]) =>
      NOTICE_STATUSES.some((each) => each === code(status)),
    )
    const facts = blocks.filter(({ title }) => !/^(?:held|undecided|alarm): /.test(title))
    expect(sorted(shown.map(([status, , line]) => `${code(status)} ${line}`))).toEqual(
      sorted(facts.map(({ status, line }) => `${status} ${line}`)),
    )
  })

  it('is every reason for which it waits', () => {
    const shown = rowsOf(told, 3).filter(
      ([, whom]) => whom === 'a person' || whom === 'an approval',
    )
    const lines = shown.map(
      ([reason, whom, why]) =>
        `held: ${code(reason)} Credit of 25.00 USD for acme-42 waits for ${whom}: ${why}.`,
    )
    const held = blocks.filter(({ title }) => title.startsWith('held: '))
    expect(lines).toEqual(held.map(({ title, line }) => `${title} ${line}`))
  })

  it('is every reason for which an approval lets nothing through', () => {
    const shown = rowsOf(section('## In the Zendesk ticket'), 2)
    const refused = blocks.filter(({ title }) => title.startsWith('undecided: '))
    expect(
      shown.map(([reason, text]) => `undecided: ${code(reason)} Nothing was approved: ${text}`),
    ).toEqual(refused.map(({ title, line }) => `${title} ${line}`))
  })

  it('is every alarm', () => {
    const shown = rowsOf(section('## Alarms'), 2)
    const alarms = blocks.filter(({ status }) => status === 'alarm')
    expect(shown.map(([cause, line]) => `alarm: ${code(cause)} ${line}`)).toEqual(
      alarms.map(({ title, line }) => `${title} ${line}`),
    )
  })

  it('has these fields in texts of one’s own', () => {
    const shown = rowsOf(DOCS.split('### Texts of your own')[1]?.split('\n## ')[0] ?? '', 2)
    const fields = shown.flatMap(([names, cell]) =>
      codes(names).map((name) => [name, codes(cell).map((field) => field.slice(1, -1))]),
    )
    expect(Object.fromEntries(fields)).toEqual(NOTE_FIELDS)
  })

  it('is told for as long, and as often', () => {
    const text = DOCS.replaceAll(/\s+/g, ' ')
    expect([HOLD_REMIND_SECONDS, HOLD_ESCALATE_SECONDS, HOLD_EXPIRE_SECONDS]).toEqual([
      4 * 3_600,
      24 * 3_600,
      14 * 24 * 3_600,
    ])
    const waits = Array.from({ length: NOTICE_ATTEMPTS_MAX - 1 }, (_, at) =>
      backoffSeconds(at + 1, null, 0.5),
    )
    const hours = waits.reduce((sum, each) => sum + each, 0) / 3_600
    expect(text).toContain(
      `After ${NOTICE_ATTEMPTS_MAX} attempts, about ${Math.round(hours)} hours`,
    )
    expect(text).toContain(`no answer in ${NOTICE_DEADLINE_MS / 1_000} s`)
    expect(text).toContain(
      `${(POST_WITHOUT_LOOK_SECONDS * 1_000) / MS_PER_HOUR} hours after the invoice`,
    )
  })
})

const NOTICE: Notice = {
  id: 'ntc_abc',
  about: 'adj_1',
  source: 'zendesk',
  endpoint: 'zendesk',
  subject: 'ticket:5158',
  status: 'issued',
  standing: 'issued',
  at: Date.UTC(2026, 9, 26),
  lines: ['Credit …', 'PDF: …', 'To the customer: …'],
  forCustomer: null,
  data: { fact: 'adjustment.invoiced' },
}

describe('the snippet that verifies', () => {
  const folder = fs.mkdtempSync(path.join(tmpdir(), 'makegood-docs-'))
  afterAll(() => fs.rmSync(folder, { recursive: true, force: true }))
  const SECRET = `whsec_${Buffer.from('a secret of twenty-four bytes').toString('base64')}`
  const OTHER = `whsec_${Buffer.from('another one, of some length').toString('base64')}`

  type Opened = { id: string; type: string; data: { about: string } } | null
  type OpenNotice = (headers: object, body: string, secret: string, nowMs?: number) => Opened

  async function snippet(): Promise<OpenNotice> {
    const [, text = ''] = /^```js\n(\/\/ open-notice\.mjs\n.*?)^```/ms.exec(DOCS) ?? []
    const file = path.join(folder, 'open-notice.mjs')
    fs.writeFileSync(file, text)
    const { openNotice }: { openNotice: OpenNotice } = await import(pathToFileURL(file).href)
    return openNotice
  }

  /** What arrives when Makegood sends it. */
  async function received(nowMs: number) {
    const { promise, resolve } = Promise.withResolvers<{
      headers: Record<string, string>
      body: string
    }>()
    const server = createServer((request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        response.end('{}')
        const headers = Object.entries(request.headers).map(([name, value]) => [
          name,
          String(value),
        ])
        resolve({ headers: Object.fromEntries(headers), body: Buffer.concat(chunks).toString() })
      })
    })
    await new Promise<void>((listening) => void server.listen(0, '127.0.0.1', listening))
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('no port')
    const values = new Map([
      ['NOTICE_WEBHOOK_URL', `http://127.0.0.1:${address.port}/notices`],
      ['NOTICE_WEBHOOK_SECRET', SECRET],
    ])
    const mailInvoice = () => Promise.reject(new Error('no mail is asked for'))
    const attempt = { nowMs, mayWrite: () => true, mailInvoice }
    const sent = await signedWebhook().send((name) => values.get(name) ?? '', NOTICE, attempt)
    expect(sent).toEqual({ ok: true, value: 'sent' })
    server.close()
    return promise
  }

  it('opens what Makegood sends, as the library of Standard Webhooks does', async () => {
    const openNotice = await snippet()
    const { headers, body } = await received(Date.now())
    const opened = openNotice(headers, body, SECRET)
    expect(opened).toMatchObject({
      id: 'ntc_abc',
      type: 'makegood.issued',
      data: { about: 'adj_1' },
    })
    expect(new Webhook(SECRET).verify(body, headers)).toMatchObject({ type: 'makegood.issued' })
  })

  it('opens nothing else', async () => {
    const openNotice = await snippet()
    const now = Date.now()
    const { headers, body } = await received(now)
    const changed = (fields: object) => openNotice({ ...headers, ...fields }, body, SECRET, now)
    expect(changed({})).not.toBeNull()
    expect(openNotice(headers, body.replace('issued', 'failed'), SECRET, now)).toBeNull()
    expect(openNotice(headers, body, OTHER, now)).toBeNull()
    expect(openNotice(headers, body, SECRET, now + 301_000)).toBeNull()
    expect(openNotice(headers, body, SECRET, now - 302_000)).toBeNull()
    expect(changed({ 'webhook-id': 'ntc_other' })).toBeNull()
    expect(changed({ 'webhook-timestamp': 'soon' })).toBeNull()
    expect(changed({ 'webhook-signature': '' })).toBeNull()
    expect(changed({ 'webhook-signature': undefined })).toBeNull()
  })

  it('reads the fields that the page shows', () => {
    const [, text = ''] = /^```json\n(.*?)^```/ms.exec(DOCS) ?? []
    expect(Object.keys(JSON.parse(text))).toEqual(['type', 'timestamp', 'data'])
  })
})
