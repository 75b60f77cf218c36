// `npm run connect -- zendesk` against the stand-in: what it makes, twice, cut off anywhere, and taken away.

import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { parseConnectArguments } from '../../scripts/connect-arguments.ts'
import type { Api } from '../../scripts/connect-call.ts'
import { connectZendesk, disconnectZendesk } from '../../scripts/connect-zendesk.ts'
import { zendeskApi } from '../../scripts/connect-zendesk-api.ts'
import { connectSettings } from '../../scripts/connect-settings.ts'
import { placeAt } from '../../scripts/place-of-address.ts'
import { ROOT } from '../../scripts/project.ts'
import { ticketBody } from '../../scripts/zendesk-body.ts'
import { holds } from '../../sandbox/zendesk/conditions.ts'
import { defineConfig } from '../../src/config.ts'
import { decide } from '../../src/domain/decide.ts'
import { usd } from '../../src/domain/money.ts'
import { zendeskTickets } from '../../src/gaps/zendesk-tickets.ts'
import { zendeskComment } from '../../src/notices/zendesk-comment.ts'
import { zendeskApproval } from '../../src/rules/zendesk-approval.ts'
import { zendeskCreditUndo } from '../../src/rules/zendesk-credit-undo.ts'
import { zendeskTicketCredit } from '../../src/rules/zendesk-ticket-credit.ts'
import { zendesk as zendeskEndpoint } from '../../src/sources/index.ts'
import { startSandbox, type Json, type RunningSandbox } from '../sandbox/running-sandbox.ts'
import { startReceiver, type Receiver } from '../sandbox/webhook-receiver.ts'
import { LEAD, zendeskOf } from '../sandbox/zendesk-calls.ts'

const EXAMPLE = 'COMMET_API_KEY="x"\n# Zendesk.\nZENDESK_WEBHOOK_SECRET="b2xk"\nLINK_KEY="y"\n'
const LISTS = ['ticket_fields', 'macros', 'webhooks', 'triggers', 'views']
const TOKEN = 'sandbox_zendesk_token'

const endpoint = zendeskEndpoint({ secret: 'ZENDESK_WEBHOOK_SECRET', mode: 'test' })
const amounts = { credit_10: usd(10), credit_25: usd(25), credit_50: usd(50) }
const credit = { requestTag: 'credit_requested', amounts, otherAmountField: true }
const base = { currency: 'usd', timeZone: 'UTC', endpoints: { zendesk: endpoint } }
const config = defineConfig({
  ...base,
  rules: [zendeskTicketCredit(credit), zendeskCreditUndo(), zendeskApproval()],
  notices: [zendeskComment({ statusField: 'ZENDESK_STATUS_FIELD' })],
  findMissed: [zendeskTickets({ amountField: 'ZENDESK_AMOUNT_FIELD' })],
})

let sandbox: RunningSandbox
let receiver: Receiver
let root: string
const zendesk = zendeskOf(() => sandbox)

beforeAll(async () => {
  sandbox = await startSandbox()
  receiver = await startReceiver()
})
afterAll(async () => {
  await sandbox.stop()
  await receiver.stop()
})
beforeEach(async () => {
  await sandbox.control('POST', '/reset')
  receiver.forget()
  root = fs.mkdtempSync(path.join(tmpdir(), 'makegood-connect-'))
  fs.writeFileSync(path.join(root, '.dev.vars'), EXAMPLE)
  return () => fs.rmSync(root, { recursive: true, force: true })
})

const devVars = (): string => fs.readFileSync(path.join(root, '.dev.vars'), 'utf8')

type Run = {
  readonly lines: string[]
  readonly calls: string[]
  readonly waited: number[]
  readonly trouble: string | null
}
type Options = {
  readonly args?: readonly string[]
  readonly by?: typeof config
  /** The network is gone after so many calls; `lost`: that call arrived, and its answer is lost. */
  readonly dies?: { readonly after: number; readonly lost: boolean }
  readonly env?: Readonly<Record<string, string>>
}

/** The command without its process: the same settings, calls and lines. */
async function run({ args = [], by = config, dies, env = {} }: Options = {}): Promise<Run> {
  const [lines, calls, waited]: [string[], string[], number[]] = [[], [], []]
  const asked = parseConnectArguments(['zendesk', ...args])
  const settings = connectSettings(root, asked)
  const values: Readonly<Record<string, string>> = {
    ZENDESK_URL: `${sandbox.origin}/zendesk`,
    ZENDESK_EMAIL: 'makegood@saas.example',
    ZENDESK_API_TOKEN: TOKEN,
    ...env,
  }
  const outside: Pick<Api, 'fetch' | 'sleep' | 'say'> = {
    async fetch(url, init) {
      calls.push(`${init.method} ${new URL(url).pathname}`)
      const isDead = dies !== undefined && calls.length > dies.after
      if (isDead && !dies.lost) throw new Error('killed')
      const response = await fetch(url, init)
      if (isDead) throw new Error('killed')
      return response
    },
    sleep: async (ms) => waited.push(ms),
    say: (line) => lines.push(line),
  }
  const app = asked.app ?? new URL(receiver.url).origin
  const told = { ...settings, app, value: (name: string) => values[name] || undefined }
  try {
    const api = zendeskApi(told, outside)
    const connection = {
      api,
      config: by,
      name: 'zendesk',
      endpoint,
      app,
      place: placeAt(ROOT, app),
      secrets: settings.secrets,
      asked,
    }
    await (asked.undo ? disconnectZendesk(connection) : connectZendesk(connection))
    return { lines, calls, waited, trouble: null }
  } catch (error) {
    return { lines, calls, waited, trouble: error instanceof Error ? error.message : String(error) }
  }
}

async function everything(): Promise<Record<string, Json[]>> {
  const found: Record<string, Json[]> = {}
  for (const list of LISTS) found[list] = (await zendesk.get(`/${list}.json`)).json[list]
  return found
}
const count = async () =>
  Object.fromEntries(Object.entries(await everything()).map(([list, rows]) => [list, rows.length]))

const EMPTY = { ticket_fields: 2, macros: 0, webhooks: 0, triggers: 0, views: 0 }
const WHOLE = { ticket_fields: 4, macros: 6, webhooks: 1, triggers: 3, views: 1 }
const secretThere = async (): Promise<string> => {
  const [webhook] = (await everything())['webhooks'] ?? []
  const { json } = await zendesk.get(`/webhooks/${String(webhook?.['id'])}/signing_secret`)
  return json.signing_secret.secret
}

describe('on an empty account', () => {
  it('makes each thing once, and a second run changes nothing and says so', async () => {
    expect(await count()).toEqual(EMPTY)
    const first = await run()
    expect([first.trouble, await count()]).toEqual([null, WHOLE])
    const [after, vars] = [await everything(), devVars()]
    const second = await run()
    expect(second.trouble).toBeNull()
    expect(second.calls.filter((each) => !each.startsWith('GET'))).toEqual([])
    expect(second.lines.at(-1)).toContain('nothing was changed')
    expect([await everything(), devVars()]).toEqual([after, vars])
  })

  it('stores the secret before the former one, and keeps everything else of .dev.vars', async () => {
    await run()
    const [secret, fields] = [await secretThere(), (await everything())['ticket_fields'] ?? []]
    const [amount, status] = ['Credit amount', 'Credit status'].map(
      (title) => fields.find((field) => field.title === title)?.['id'],
    )
    const was = EXAMPLE.replace('"b2xk"', `"${secret},b2xk"`)
    expect(devVars()).toBe(
      `${was}ZENDESK_AMOUNT_FIELD="${amount}"\nZENDESK_STATUS_FIELD="${status}"\n`,
    )
  })

  it('leaves no field to customers, and the macro for approving to the leads', async () => {
    await run({ args: ['--leads', 'leads'] })
    const { ticket_fields: fields = [], macros = [] } = await everything()
    const made = fields.filter(({ removable }) => removable === true)
    expect(made.map(({ title, type }) => [title, type])).toEqual([
      ['Credit amount', 'decimal'],
      ['Credit status', 'text'],
    ])
    for (const field of made) {
      expect(field).toMatchObject({ visible_in_portal: false, editable_in_portal: false })
    }
    const restricted = macros.map(({ title, restriction }) => [title, restriction])
    expect(restricted).toEqual([
      ['Credit 10', null],
      ['Credit 25', null],
      ['Credit 50', null],
      ['Credit the amount field', null],
      ['Undo credit', null],
      ['Approve credit', { type: 'Group', id: 502 }],
    ])
  })

  it('writes the currency of the rule into the template, else the configuration’s', async () => {
    const body = async () => {
      const { triggers = [] } = await everything()
      return JSON.stringify(triggers.at(-1)?.['actions'])
    }
    await run()
    expect(await body()).toContain(String.raw`\"currency\": \"USD\"`)
    await run({ args: ['--undo'] })
    const rules = [zendeskTicketCredit({ ...credit, currency: 'eur' })]
    await run({ by: defineConfig({ ...base, rules }) })
    expect(await body()).toContain(String.raw`\"currency\": \"EUR\"`)
  })

  it('makes nothing in a dry run, and says what it would make', async () => {
    const { calls, lines, trouble } = await run({ args: ['--dry-run'] })
    expect(trouble).toBeNull()
    expect(calls.filter((each) => !each.startsWith('GET'))).toEqual([])
    expect(lines.filter((line) => line.startsWith('would make'))).toHaveLength(13)
    expect([await count(), devVars()]).toEqual([EMPTY, EXAMPLE])
  })
})

describe('--undo', () => {
  it('leaves nothing of ours, and everything of others', async () => {
    await zendesk.macro({ title: 'Credit 10', actions: [{ field: 'current_tags', value: 'x' }] })
    await zendesk.field({ type: 'text', title: 'Credit status' })
    const others = '[makegood:other:field:amount]'
    await zendesk.field({ type: 'decimal', title: 'Credit amount', description: others })
    const before = await everything()
    await run()
    expect((await run({ args: ['--undo', '--dry-run'] })).calls.join()).not.toContain('DELETE')
    const { trouble, lines } = await run({ args: ['--undo'] })
    expect([trouble, await everything()]).toEqual([null, before])
    expect(devVars()).toBe(EXAMPLE)
    expect(lines.at(-1)).toContain('nothing of ours is left')
    expect((await run({ args: ['--undo'] })).lines.at(-1)).toContain('nothing of ours')
  })
})

/** As an agent asks, while the account may be half connected. */
async function firedBy(tags: readonly string[]): Promise<unknown[]> {
  const { json } = await sandbox.control('POST', '/zendesk/tickets/5158/act', {
    agent: LEAD,
    addTags: tags,
  })
  expect(json.ticket.tags).toEqual(expect.arrayContaining([tags[0]]))
  return json.fired
}

describe('cut off after any call', () => {
  // What one run makes of an empty account; `null` takes it away again.
  const wholeRun = async (args: readonly string[]) => (await run({ args })).calls.length

  it.each([
    ['before it arrives', false],
    ['after it arrived, its answer lost', true],
  ])(
    '%s: a half credits nobody, and the next run makes it whole, nothing doubled',
    async (_, lost) => {
      const calls = await wholeRun([])
      const titles = Object.values(await everything()).map((rows) =>
        rows.map((row) => row['title'] ?? row['name']),
      )
      expect(calls).toBeGreaterThan(18)
      for (let after = 0; after < calls; after++) {
        await sandbox.control('POST', '/reset')
        fs.writeFileSync(path.join(root, '.dev.vars'), EXAMPLE)
        const { trouble } = await run({ dies: { after, lost } })
        expect(trouble).toContain('run this again')
        const { triggers = [] } = await everything()
        const asks = triggers.some(({ title }) => title === 'Makegood: an agent asks')
        if (!asks)
          expect([after, await firedBy(['credit_requested', 'credit_25'])]).toEqual([after, []])
        else expect(devVars()).toContain(await secretThere())
        expect([after, (await run()).trouble]).toEqual([after, null])
        expect([after, await count()]).toEqual([after, WHOLE])
        const now = Object.values(await everything())
        expect(now.map((rows) => rows.map((row) => row['title'] ?? row['name']))).toEqual(titles)
        expect(devVars()).toContain(`"${await secretThere()},b2xk"`)
      }
    },
  )

  it.each([
    ['a connection', []],
    ['an undoing', ['--undo']],
  ])('%s can be undone: nothing is left', async (_, args) => {
    await run()
    const calls = await wholeRun(args.length === 0 ? ['--undo'] : args)
    const most = args.length === 0 ? await wholeRun([]) : calls
    for (let after = 0; after < most; after++) {
      for (const lost of [false, true]) {
        await sandbox.control('POST', '/reset')
        fs.writeFileSync(path.join(root, '.dev.vars'), EXAMPLE)
        if (args.length > 0) await run()
        expect((await run({ args, dies: { after, lost } })).trouble).not.toBeNull()
        expect((await run({ args: ['--undo'] })).trouble).toBeNull()
        expect([after, await count(), devVars()]).toEqual([after, EMPTY, EXAMPLE])
      }
    }
  })
})

describe('one request', () => {
  const invocations = async (): Promise<any[]> =>
    (await sandbox.control('GET', '/zendesk/invocations')).json.invocations
  const asked = async (macro: string, more: Json = {}) =>
    expect((await zendesk.act(5158, { agent: LEAD, macro, ...more })).status).toBe(200)
  const deciding = (body: string) => {
    const data = JSON.parse(body)
    const facts = { ownId: null, type: data.kind, occurredAt: null, mode: null, data }
    return decide(config.rules, 'zendesk', facts)
  }
  /** What the comment of a notice does to the tags, with its statement of what is final. */
  const answer = async () => {
    const { tags } = await zendesk.ticket(5158)
    const kept = tags.filter((tag: string) => !/^credit_(requested|undo|approved)$/.test(tag))
    const marked = [...kept, 'makegood_status_issued', 'makegood_ntc_1']
    await zendesk.update(5158, { tags: marked, comment: { body: 'Issued.', public: false } })
  }

  it('is one delivery, which the rules read, also while agents go on and after it is answered', async () => {
    await run()
    await asked('Credit 25')
    await zendesk.act(5158, { status: 'pending' })
    await zendesk.act(5158, { addTags: ['vip'] })
    await receiver.arrived(1)
    await answer()
    await zendesk.act(5158, { status: 'open' })
    expect(await invocations()).toHaveLength(1)
    expect(receiver.received).toHaveLength(1)
    expect(deciding(receiver.received[0]?.body ?? '')).toMatchObject({
      kind: 'adjust',
      proposals: [{ amount: -2500, currency: 'usd', subject: 'ticket:5158', asker: LEAD }],
    })
    expect((await zendesk.ticket(5158)).tags).not.toContain('makegood_asked')
  })

  it('comes through each time that an agent asks again, answered or not', async () => {
    await run()
    await asked('Credit 25')
    await asked('Credit 50')
    await answer()
    await asked('Undo credit')
    await answer()
    await asked('Approve credit')
    await answer()
    await zendesk.act(5158, { addTags: ['credit_requested'] })
    const bodies = (await invocations()).map(({ body }) => body).toReversed()
    expect(bodies.map((body) => JSON.parse(body).tags.match(/credit_\w+/g))).toEqual([
      ['credit_requested', 'credit_25'],
      ['credit_requested', 'credit_50'],
      ['credit_undo'],
      ['credit_approved'],
      ['credit_requested'],
    ])
    expect(bodies.slice(1, 4).map(deciding)).toMatchObject([
      { kind: 'adjust', proposals: [{ amount: -5000 }] },
      { kind: 'undo' },
      { kind: 'approve' },
    ])
  })

  it('carries what stands in the amount field', async () => {
    await run()
    const fields = (await everything())['ticket_fields'] ?? []
    const amount = fields.find(({ title }) => title === 'Credit amount')
    await asked('Credit the amount field', { fields: { [String(amount?.['id'])]: '42.50' } })
    const [{ body }] = await invocations()
    expect(deciding(body)).toMatchObject({ kind: 'adjust', proposals: [{ amount: -4250 }] })
  })

  it('is never a customer’s: the tags of a ticket that he opens are taken off, by the first trigger', async () => {
    await run()
    const triggers: any[] = (await everything())['triggers'] ?? []
    const [guard, , ask] = triggers
    expect(triggers.map(({ position }) => position)).toEqual([1, 2, 3])
    const after = { ...(await zendesk.ticket(5158)), tags: ['credit_requested', 'credit_25'] }
    const customer = { before: null, after, by: { role: 'end-user' as const } }
    expect([holds(guard.conditions, customer), holds(ask.conditions, customer)]).toEqual([
      true,
      false,
    ])
    expect(guard.actions).toEqual([
      {
        field: 'remove_tags',
        value:
          'credit_requested credit_undo credit_approved credit_10 credit_25 credit_50 makegood_asked',
      },
    ])
    const agent = { ...customer, by: { role: 'agent' as const } }
    expect([holds(guard.conditions, agent), holds(ask.conditions, agent)]).toEqual([false, true])
    // Nor does it help him to say himself that it was asked.
    const asked = { ...after, tags: [...after.tags, 'makegood_asked'] }
    expect(holds(guard.conditions, { ...customer, after: asked })).toBe(true)
  })

  it.each([
    ['a credit', ['credit_requested', 'credit_50']],
    ['an approval', ['credit_approved']],
    ['an undoing', ['credit_undo']],
    ['a credit that was asked for already', ['credit_requested', 'credit_50', 'makegood_asked']],
  ])('is never a customer’s who sets the tags of %s with a later message', async (_, addTags) => {
    await run()
    const message = { customer: 'ap@acme.example', comment: 'Any news?', addTags }
    expect((await sandbox.control('POST', '/zendesk/tickets/5158/act', message)).status).toBe(200)
    await zendesk.act(5158, { status: 'pending' })
    await zendesk.act(5158, { agent: LEAD, addTags: ['vip'] })
    expect(await invocations()).toEqual([])
    // What an agent asks for afterwards is his own request.
    await asked('Credit 10')
    expect((await invocations()).map(({ body }) => JSON.parse(body).tags)).toEqual([
      expect.not.stringMatching(/credit_(50|approved|undo)/),
    ])
  })

  it('of an agent stays as it is when the customer writes before it is answered', async () => {
    await run()
    await asked('Credit 25')
    const message = { customer: 'ap@acme.example', comment: 'Any news?' }
    await sandbox.control('POST', '/zendesk/tickets/5158/act', message)
    const { tags } = await zendesk.ticket(5158)
    expect(tags).toEqual(['billing', 'credit_requested', 'credit_25', 'makegood_asked'])
    await answer()
    await sandbox.control('POST', '/zendesk/tickets/5158/act', message)
    await zendesk.act(5158, { status: 'pending' })
    expect(await invocations()).toHaveLength(1)
  })
})

describe('what stands in the way is told in one line', () => {
  it.each([
    [
      'a wrong token',
      { env: { ZENDESK_API_TOKEN: 'wrong' } },
      /401.*ZENDESK_EMAIL and ZENDESK_API_TOKEN/,
    ],
    [
      'no token',
      { env: { ZENDESK_API_TOKEN: '' } },
      /^ZENDESK_API_TOKEN not set.*docs\/sources\/zendesk\.md$/,
    ],
    ['http', { env: { ZENDESK_URL: 'http://acme.zendesk.com' } }, /^ZENDESK_URL .*https address/],
    [
      'an address of this machine',
      { env: { ZENDESK_URL: 'https://a.zendesk.com' } },
      /can't reach .*--app/,
    ],
    [
      'an unknown group',
      { args: ['--leads', 'Bosses'] },
      /no group of this name; it has: Support, Leads/,
    ],
    [
      'no rule',
      { by: defineConfig({ ...base, rules: [zendeskCreditUndo()] }) },
      /no zendeskTicketCredit/,
    ],
  ])('%s', async (_, options: Options, expected) => {
    const { trouble } = await run(options)
    expect(trouble).toMatch(expected)
    expect(trouble?.split('\n')).toHaveLength(1)
    expect(await count()).toEqual(EMPTY)
  })

  it('403 names the role, and 5xx says to go on', async () => {
    const faults = [{ kind: 'html', status: 403, path: '/zendesk/api/v2/ticket_fields' }]
    await sandbox.control('PUT', '/faults', { faults })
    expect((await run()).trouble).toMatch(/403 to GET \/ticket_fields.*has to be an admin/)
    const failing = [{ kind: 'server_error', status: 502, path: '/zendesk/api/v2/webhooks' }]
    await sandbox.control('PUT', '/faults', { faults: failing })
    expect((await run()).trouble).toMatch(/502 .*run this again: it goes on/)
  })

  it('429 waits as long as it says, and goes on', async () => {
    const faults = [
      {
        kind: 'rate_limited',
        retryAfterSeconds: 7,
        path: '/zendesk/api/v2/**',
        method: 'POST',
        times: 2,
      },
    ]
    await sandbox.control('PUT', '/faults', { faults })
    const { trouble, waited } = await run()
    expect([trouble, waited, await count()]).toEqual([null, [7_000, 7_000], WHOLE])
  })

  it('a list that never ends makes nothing', async () => {
    await zendesk.macro({ title: 'x', actions: [{ field: 'current_tags', value: 'x' }] })
    const faults = [{ kind: 'repeating_cursor', path: '/zendesk/api/v2/macros' }]
    await sandbox.control('PUT', '/faults', { faults })
    const { trouble, calls } = await run()
    expect(trouble).toContain('does not end')
    expect(calls.filter((each) => each.startsWith('POST'))).toEqual([])
  })

  it('a field that customers may fill in stops it before anything asks', async () => {
    const description = '[makegood:zendesk:field:amount]'
    const open = { visible_in_portal: true, editable_in_portal: true, description }
    await zendesk.field({ type: 'decimal', title: 'Credit amount', ...open })
    expect((await run()).trouble).toContain('open to customers in the portal')
    expect(await count()).toEqual({ ...EMPTY, ticket_fields: 3 })
  })

  it('a webhook to another app stops it', async () => {
    await run()
    const { trouble } = await run({ args: ['--app', 'https://elsewhere.example'] })
    expect(trouble).toMatch(
      /calls http:\/\/127.*, not https:\/\/elsewhere.example\/webhooks\/zendesk/,
    )
  })

  it('what somebody changed is named and left as it is', async () => {
    await run()
    const { macros = [], webhooks = [] } = await everything()
    await zendesk.remove(`/macros/${String(macros[0]?.['id'])}.json`)
    const { description } = macros[0] ?? {}
    await zendesk.macro({
      title: 'Mine',
      description,
      actions: [{ field: 'current_tags', value: 'x' }],
    })
    const { lines, calls } = await run()
    expect(lines.filter((line) => line.startsWith('differs'))).toEqual([
      expect.stringMatching(/macro +Credit 10: differs in actions and is left as it is/),
    ])
    expect(calls.filter((each) => !each.startsWith('GET'))).toEqual([])
    expect(webhooks).toHaveLength(1)
  })
})

describe('secrets', () => {
  it('are printed only where --print-secret says so, and the token never', async () => {
    const quiet = await run()
    const secret = await secretThere()
    const again = await run({ args: ['--print-secret'] })
    const undone = await run({ args: ['--undo'] })
    for (const { lines } of [quiet, undone]) expect(lines.join('\n')).not.toContain(secret)
    expect(again.lines.join('\n')).toContain(`ZENDESK_WEBHOOK_SECRET="${secret}"`)
    for (const { lines } of [quiet, again, undone]) expect(lines.join('\n')).not.toContain(TOKEN)
  })

  it('of a deployed app are the operator’s to store: .dev.vars stays, the command is said', async () => {
    const { lines, trouble } = await run({ args: ['--app', 'https://makegood.example'] })
    expect([trouble, devVars()]).toEqual([null, EXAMPLE])
    expect(lines.join('\n')).toContain('npm run setup -- --renew ZENDESK_WEBHOOK_SECRET')
    expect(lines.join('\n')).not.toContain(await secretThere())
  })

  it('of staging are stored there, and taken out there; of an address that says neither, both are told', async () => {
    const told = async (...args: readonly string[]) => (await run({ args })).lines.join('\n')
    const staging = 'https://makegood-staging.acme.workers.dev'
    const there = await told('--app', staging)
    expect(there).toContain(
      'store it: npm run setup -- --env staging --renew ZENDESK_WEBHOOK_SECRET',
    )
    expect(there).toMatch(
      /store it, \d+: npm run setup -- --env staging --renew ZENDESK_STATUS_FIELD/,
    )
    expect(there).not.toMatch(/npm run setup(?! -- --env staging)/)
    expect(await told('--app', staging, '--undo')).toMatch(
      /then: npx wrangler secret delete ZENDESK_WEBHOOK_SECRET --config \S+\/staging\/look\.json$/,
    )
    const production = 'https://makegood.acme.workers.dev'
    expect(await told('--app', production)).toMatch(
      /store it: npm run setup -- --renew ZENDESK_WEBHOOK_SECRET$/m,
    )
    await told('--app', production, '--undo')
    expect(await told('--app', 'https://credits.acme.example')).toContain(
      'ZENDESK_WEBHOOK_SECRET (if this is staging: npm run setup -- --env staging --renew',
    )
  })

  it('that Zendesk publishes for its test button are told as unsafe', async () => {
    const [published] = endpoint.source.publicSecrets ?? []
    fs.writeFileSync(path.join(root, '.dev.vars'), EXAMPLE.replace('b2xk', published ?? ''))
    const { lines } = await run()
    expect(lines.join('\n')).toMatch(/unsafe +ZENDESK_WEBHOOK_SECRET .*"Test webhook"/s)
  })
})

describe('the files beside it', () => {
  const shown = (file: string) =>
    fs.readFileSync(path.resolve(import.meta.dirname, '../..', file), 'utf8')

  it('no version of .dev.vars is for git, but the example is', () => {
    const ignored = shown('.gitignore').split('\n')
    expect(ignored.slice(ignored.indexOf('.dev.vars*'))).toContain('!.dev.vars.example')
    expect(shown('scripts/secret-file.ts')).toContain('`${file}.new`')
  })

  it('the page shows the very values of the stand-in', () => {
    const [line = ''] = /^ZENDESK_URL=.*$/m.exec(shown('docs/sources/zendesk.md')) ?? []
    for (const value of ['8790/zendesk ', 'ZENDESK_EMAIL=makegood@saas.example ', `=${TOKEN} `]) {
      expect(line).toContain(value)
    }
  })
})

describe('the template', () => {
  const shown = { amountField: 360_012_345_678, currency: 'USD', customer: 'requester' } as const
  it('that the page shows is the one that is made', () => {
    const file = path.resolve(import.meta.dirname, '../../docs/sources/zendesk.md')
    const [, body] = /^```json\n(.*?)\n```/ms.exec(fs.readFileSync(file, 'utf8')) ?? []
    expect(body).toBe(ticketBody(shown))
  })
})
