// `npm run send -- <source> <event> [--field value]`: a signed sample delivery to a running app, and
// what became of it. `--list` shows all samples; `--all` sends each of them to a stack of its own.

import * as fs from 'node:fs'
import * as path from 'node:path'
import config from '../makegood.config.ts'
import type { Endpoint } from '../src/sources/source.ts'
import { readDevVars } from './dev-vars.ts'
import { NO_KEY, operatorKey } from './operator-key.ts'
import { ROOT } from './project.ts'
import { listSamples, readSample, type Sample } from './samples.ts'
import { parseSendArguments, type SendArguments } from './send-arguments.ts'
import { sendAll } from './send-all.ts'
import {
  followLetter,
  post,
  signLetter,
  writeLetter,
  type Letter,
  type Story,
} from './send-delivery.ts'
import { tellTrouble, Trouble } from './trouble.ts'

const URL_DEFAULT = 'http://127.0.0.1:8787'
const SENT = path.join(ROOT, '.wrangler', 'sent')

function endpointOf({ source, endpoint: named }: SendArguments): readonly [string, Endpoint] {
  const all = [...config.endpoints]
  const fitting = all.filter(
    ([name, endpoint]) =>
      endpoint.source.name === source && (named === undefined || name === named),
  )
  const [first] = fitting
  if (first) return first
  const known = all.map(([name, endpoint]) => `${name} (${endpoint.source.name})`).join(', ')
  const wanted =
    named === undefined ? `of the source ${source}` : `'${named}' of the source ${source}`
  throw new Trouble(`makegood.config.ts has no endpoint ${wanted}; it has: ${known || 'none'}`)
}

/** The last one sent is kept, so that `--same` can be what a sender's retry is. */
function letterOf(asked: SendArguments, sample: Sample, name: string, endpoint: Endpoint): Letter {
  const file = path.join(SENT, `${name}-${sample.event}.json`)
  if (asked.same) {
    if (!fs.existsSync(file)) {
      throw new Trouble(`--same repeats the last ${sample.event}, and none was sent yet`)
    }
    return JSON.parse(fs.readFileSync(file, 'utf8'))
  }
  const letter = writeLetter(endpoint, sample, asked.fields, Date.now())
  fs.mkdirSync(SENT, { recursive: true })
  fs.writeFileSync(file, JSON.stringify(letter))
  return letter
}

const line = (name: string, text: string): void => console.log(`${name.padEnd(12)}${text}`)

async function send(asked: SendArguments): Promise<void> {
  const sample = readSample(asked.source, asked.event)
  const [name, endpoint] = endpointOf(asked)
  const { vars } = readDevVars()
  // `current,previous` while it is being changed: a sender signs with the current one.
  const [secret = ''] = (asked.secret ?? vars[endpoint.secret] ?? '').split(',')
  if (secret === '') throw new Trouble(`.dev.vars has no ${endpoint.secret}`)
  const letter = letterOf(asked, sample, name, endpoint)
  const appUrl = addressOf(asked.url ?? URL_DEFAULT)
  const url = new URL(appUrl).pathname === '/' ? `${appUrl}/webhooks/${name}` : appUrl
  const address = { url, publicUrl: vars['PUBLIC_URL'] || null }
  const signed = await signLetter(endpoint, secret, letter, address, { nowMs: Date.now() })
  line('sent', `POST ${url}, ${asked.source} ${asked.event}, ${signed.body.length} characters`)
  const { status, text } = await post(url, signed)
  line('answer', `${status} ${text}`)
  if (status !== 200 && status !== 202) {
    throw new Trouble(`${name} refused the delivery; \`npm start\` prints why`)
  }
  const key = await operatorKey(appUrl)
  if (key === null) throw new Trouble(`accepted; what became of it is told to a key; ${NO_KEY}`)
  const stories = await followLetter(
    { appUrl: new URL(url).origin, key },
    { name, endpoint },
    letter,
    signed,
    { status, text },
  )
  if (stories.length === 0) line('event', 'none: the delivery only sets the webhook up')
  for (const story of stories) tell(story)
}

function addressOf(text: string): string {
  const url = URL.parse(text)
  if (!url || !/^https?:$/.test(url.protocol)) throw new Trouble(`--url '${text}' is no address`)
  return text.replace(/\/+$/, '')
}

function tell(story: Story): void {
  line('event', `${story.id}  ${story.type}  ${story.occurredAt ?? 'without a time'}`)
  const by = story.rule === null ? '' : ` by rule ${story.rule}`
  line('fate', `${story.fate}${by}${story.reason === null ? '' : `: ${story.reason}`}`)
  for (const { rule, answer } of story.decision.considered) line('', `${rule}: ${answer}`)
  for (const each of story.adjustments) {
    const state =
      each.state === 'held' ? `held: ${(each.holdReasons ?? []).join(', ')}` : each.state
    const invoice = each.invoice ? `, invoice ${each.invoice.number} ${each.invoice.status}` : ''
    line('adjustment', `${each.id}  ${each.subject}`)
    line('', `${each.amountText} for ${each.customer.reference ?? 'nobody named'}`)
    line('', state + invoice)
  }
}

function tellList(): void {
  for (const [source, events] of listSamples()) line(source, events.join('  '))
}

try {
  const asked = parseSendArguments(process.argv.slice(2))
  if (asked.kind === 'send') await send(asked)
  else if (asked.kind === 'list') tellList()
  else process.exitCode = (await sendAll(console.log)) ? 0 : 1
} catch (error) {
  console.error(tellTrouble(error))
  process.exit(1)
}
