// Notes at Freshdesk, Intercom, HubSpot and Jira: exactly one for each fact that is told, whatever crashes.
// Slack and the signed webhook: at least one, and by its id a receiver knows one that came twice. The places are
// the sandbox's; requests come over an endpoint of the tests' own that is called as the source.

import { env } from 'cloudflare:workers'
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import * as z from 'zod'
import { defineConfig } from '../../src/config.ts'
import { openDatabase } from '../../src/db/database.ts'
import type { Deps } from '../../src/deps.ts'
import {
  INTERCOM_PARTS_MAX,
  NOTE_PAGE_ROWS,
  NOTE_PAGES_MAX,
  NOTE_SETTLE_SECONDS,
  NOTICE_ATTEMPTS_MAX,
  NOTICE_KEY_TROUBLE_RETRY_SECONDS,
  NOTICE_LEASE_SECONDS,
  NOTICE_WAIT_SECONDS_MAX,
} from '../../src/domain/limits.ts'
import { usd } from '../../src/domain/money.ts'
import { credit, rule } from '../../src/domain/rule.ts'
import type { NoticeWakeUp } from '../../src/domain/wake-up.ts'
import type { Channel } from '../../src/notices/channel.ts'
import { freshdeskNote } from '../../src/notices/freshdesk-note.ts'
import { hubspotNote } from '../../src/notices/hubspot-note.ts'
import { intercomNote } from '../../src/notices/intercom-note.ts'
import { jiraComment } from '../../src/notices/jira-comment.ts'
import { signedWebhook } from '../../src/notices/signed-webhook.ts'
import { slack } from '../../src/notices/slack.ts'
import { zendesk } from '../../src/sources/index.ts'
import { sendNotices, type SendResult } from '../../src/usecases/send-notices.ts'
import { depsWith, sandboxControl } from '../harness.ts'
import { batchSource } from '../makegood.config.ts'
import { dyingBeforeSending, dyingBehindSending } from '../notice-world.ts'
import { createWorld, entriesOf, setFaults, type Fault } from '../world.ts'

const SANDBOX = 'http://sandbox.localhost'
const SECRETS: Readonly<Record<string, string>> = {
  FRESHDESK_URL: `${SANDBOX}/freshdesk/`,
  FRESHDESK_API_KEY: 'sandbox_freshdesk_key',
  INTERCOM_URL: `${SANDBOX}/intercom`,
  INTERCOM_TOKEN: 'sandbox_intercom_token',
  INTERCOM_ADMIN_ID: '814860',
  HUBSPOT_URL: `${SANDBOX}/hubspot`,
  HUBSPOT_TOKEN: 'sandbox_hubspot_token',
  JIRA_URL: `${SANDBOX}/jira`,
  JIRA_EMAIL: 'makegood@saas.example',
  JIRA_API_TOKEN: 'sandbox_jira_token',
  SLACK_WEBHOOK_URL: `${SANDBOX}/slack/services/T000/B000/XXX`,
  NOTICE_WEBHOOK_URL: 'https://hooks.saas.example/makegood',
  NOTICE_WEBHOOK_SECRET: `whsec_${btoa('secret-of-the-notice-webhook')}`,
}

const ONCE = [
  {
    source: 'freshdesk',
    kind: 'ticket',
    channel: freshdeskNote(),
    secret: 'FRESHDESK_API_KEY',
    placeOf: (id: string) => id,
    /** How many notes it can look through. */
    notesMax: NOTE_PAGES_MAX * NOTE_PAGE_ROWS,
  },
  {
    source: 'intercom',
    kind: 'ticket',
    channel: intercomNote({ url: 'INTERCOM_URL' }),
    secret: 'INTERCOM_TOKEN',
    placeOf: (id: string) => `tickets:${id}`,
    notesMax: INTERCOM_PARTS_MAX,
  },
  {
    source: 'hubspot',
    kind: 'deal',
    channel: hubspotNote({ url: 'HUBSPOT_URL' }),
    secret: 'HUBSPOT_TOKEN',
    placeOf: (id: string) => `deals:${id}`,
    notesMax: 501,
  },
  {
    source: 'jira',
    kind: 'issue',
    channel: jiraComment(),
    secret: 'JIRA_API_TOKEN',
    placeOf: (id: string) => id,
    notesMax: NOTE_PAGES_MAX * NOTE_PAGE_ROWS,
  },
] as const
type Once = (typeof ONCE)[number]

let next = 4_000
const newId = () => String((next += 1))

type Note = { readonly text: string; readonly isPublic: boolean }

const placeAt = ({ source, placeOf }: Once, id: string) =>
  `/notes/${source}/${encodeURIComponent(placeOf(id))}`

async function notesOf(once: Once, id: string): Promise<readonly Note[]> {
  const { notes } = await (await sandboxControl('GET', placeAt(once, id))).json<any>()
  return notes.filter(({ text }: Note) => text.includes('Makegood ntc_'))
}

/** Notes that other people write at the same place. */
const addNotes = (once: Once, id: string, count: number) =>
  sandboxControl('POST', placeAt(once, id), { count })

const messages = async (): Promise<string[]> =>
  (await (await sandboxControl('GET', '/slack')).json<any>()).messages.map((each: any) => each.text)

const secretsOf = ({ secrets }: Channel, values: Readonly<Record<string, string>>) =>
  new Map(secrets.map((name) => [name, values[name] ?? '']))

async function noteWorld(
  source: string,
  channels: readonly Channel[],
  values: Readonly<Record<string, string>> = SECRETS,
) {
  const { settings } = depsWith()
  const config = defineConfig({
    currency: 'usd',
    timeZone: 'Europe/Berlin',
    endpoints: {
      batch: {
        ...zendesk({ secret: 'ZENDESK_WEBHOOK_SECRET', mode: 'test' }),
        source: { ...batchSource, name: source, title: source },
      },
    },
    rules: [
      rule({
        id: `${source}-credit`,
        source,
        on: ['credit'],
        settlement: 'owed',
        reason: 'goodwill',
        causedBy: 'system',
        description: 'Credit',
        payload: z.object({ subject: z.string(), customer: z.string() }),
        adjust: ({ subject, customer }) => credit(usd(25), { subject, customer }),
      }),
    ],
    notices: channels,
    limits: { duplicateHours: 0, olderThanEndpoint: 'allow' },
  })
  const wakeUps: NoticeWakeUp[] = []
  const world = await createWorld({
    db: openDatabase(env.DB, (its) => its === source),
    config,
    settings: {
      ...settings,
      channelSecrets: new Map(channels.map((each) => [each.name, secretsOf(each, values)])),
    },
    wakeNotices: async (more) => {
      wakeUps.push(...more)
    },
  })
  return {
    ...world,
    /** Somebody asks for a credit; what he is told is due. */
    async request(subject: string, customer = 'acme-42') {
      const id = `evt-${newId()}`
      const [event] = await world.receive('batch', [{ id, type: 'credit', subject, customer }])
      await world.work()
      return world.adjustment(event!)
    },
    /** The sweep finds what has to be told, and each is told. */
    async tell(how: Partial<Deps> = {}): Promise<SendResult[]> {
      await world.sweep()
      const results: SendResult[] = []
      for (const { about } of wakeUps.splice(0)) {
        results.push(await sendNotices({ ...world.deps, ...how }, about))
      }
      return results
    },
  }
}
type World = Awaited<ReturnType<typeof noteWorld>>

const toldEntries = async (about: string) =>
  (await entriesOf(about)).filter(({ action }) => action.startsWith('notice.'))

/** With other channels than the world's, for one attempt. */
const withChannels = ({ deps }: World, change: (channel: Channel) => Channel): Partial<Deps> => ({
  config: { ...deps.config, notices: deps.config.notices.map(change) },
})

/** Long enough for any wait between two attempts; both clocks. */
async function tellUntilDone(world: World): Promise<void> {
  for (let round = 0; round < 12; round++) {
    await world.advance(4_000)
    await world.tell().catch(() => undefined)
  }
}

beforeAll(async () => {
  await sandboxControl('POST', '/reset')
})
beforeEach(async () => {
  await setFaults()
  await env.DB.prepare('DELETE FROM notices').run()
})
afterEach(() => {
  vi.restoreAllMocks()
})

describe.each(ONCE)('a note at $source', (once) => {
  const { source, kind, channel } = once

  it('is there once in a quiet run, is internal, and has all lines and its id', async () => {
    const world = await noteWorld(source, [channel])
    const id = newId()
    const { id: about, invoiceNumber } = await world.request(`${kind}:${id}`)
    expect(await world.tell()).toEqual(['told'])
    await world.advance(10_000)
    expect(await world.tell()).toEqual([])
    const notes = await notesOf(once, id)
    expect(notes).toHaveLength(1)
    expect(notes[0]).toMatchObject({ isPublic: false })
    expect(notes[0]?.text).toContain(`is issued as invoice ${invoiceNumber}`)
    expect(notes[0]?.text).toMatch(/https:\/\/makegood\.example\/i\/\w+/)
    expect(await toldEntries(about)).toMatchObject([
      { action: 'notice.sent', data: { channel: source, result: 'sent', attempts: 1 } },
    ])
  })

  it('is there once after a crash before its write, after it, and before its commit', async () => {
    const world = await noteWorld(source, [channel])
    const id = newId()
    const { id: about } = await world.request(`${kind}:${id}`)
    await expect(world.tell(dyingBeforeSending(world.deps))).rejects.toThrow('died here')
    expect(await notesOf(once, id)).toEqual([])
    await world.advance(NOTICE_LEASE_SECONDS + 60)
    await expect(world.tell(dyingBehindSending(world.deps))).rejects.toThrow('died here')
    expect(await notesOf(once, id)).toHaveLength(1)
    // Nobody else takes it while its lease lasts.
    expect(await world.tell()).toEqual([])
    await world.advance(NOTICE_LEASE_SECONDS + 60)
    expect(await world.tell()).toEqual(['told'])
    expect(await notesOf(once, id)).toHaveLength(1)
    expect(await toldEntries(about)).toMatchObject([
      { data: { channel: source, result: 'found_there', attempts: 3 } },
    ])
  })

  it.each<Fault>([
    { kind: 'server_error', status: 500, applied: true },
    { kind: 'server_error', status: 503, applied: false },
    { kind: 'timeout', ms: 50, applied: true },
    { kind: 'timeout', ms: 50, applied: false },
    { kind: 'reset_body' },
    { kind: 'truncated_json' },
    { kind: 'wrong_shape' },
    { kind: 'html', status: 200, applied: true },
    { kind: 'html', status: 200, applied: false },
    { kind: 'html', status: 502, applied: true },
    { kind: 'rate_limited' },
  ])('is there once although its write meets %j', async (fault) => {
    const world = await noteWorld(source, [channel])
    const id = newId()
    await world.request(`${kind}:${id}`)
    const path = WRITES[source](id)
    await setFaults({ ...fault, times: 1, method: 'POST', path })
    expect(await world.tell()).toEqual(['postponed'])
    await tellUntilDone(world)
    expect(await notesOf(once, id)).toHaveLength(1)
  })

  it.each<Fault>([
    { kind: 'server_error', status: 500 },
    { kind: 'reset_body' },
    { kind: 'truncated_json' },
    { kind: 'wrong_shape' },
    { kind: 'html', status: 200 },
    { kind: 'rate_limited' },
  ])('is there once although a look after a crash meets %j', async (fault) => {
    const world = await noteWorld(source, [channel])
    const id = newId()
    await world.request(`${kind}:${id}`)
    await expect(world.tell(dyingBehindSending(world.deps))).rejects.toThrow('died here')
    await world.advance(NOTICE_LEASE_SECONDS + 60)
    for (const { method, path } of LOOKS[source](id)) {
      await setFaults({ ...fault, times: 1, method, path })
      expect(await world.tell()).toEqual(['postponed'])
      await world.advance(4_000)
    }
    expect(await world.tell()).toEqual(['told'])
    expect(await notesOf(once, id)).toHaveLength(1)
  })

  it('is written once by consumers that are woken at once', async () => {
    const world = await noteWorld(source, [channel])
    const id = newId()
    const { id: about } = await world.request(`${kind}:${id}`)
    const results = await Promise.all([1, 2, 3].map(() => sendNotices(world.deps, about)))
    expect(results.toSorted()).toEqual(['stale', 'stale', 'told'])
    expect(await notesOf(once, id)).toHaveLength(1)
  })

  it('is not written by who has looked until his lease ended', async () => {
    const world = await noteWorld(source, [channel])
    const id = newId()
    const { id: about } = await world.request(`${kind}:${id}`)
    const start = world.now()
    let looks = 0
    const slow: Partial<Deps> = {
      ...withChannels(world, (each) => ({
        ...each,
        send: (secrets, notice, attempt) => {
          looks += 1
          return each.send(secrets, notice, attempt)
        },
      })),
      // From the channel's start on it is a hundred seconds later.
      now: () => (looks === 0 ? start : start + 100_000),
    }
    expect(await sendNotices({ ...world.deps, ...slow }, about)).toBe('postponed')
    expect(await notesOf(once, id)).toEqual([])
    expect(world.lines.at(-1)).toMatchObject({ event: 'notice_postponed', code: 'lease_ends' })
    await tellUntilDone(world)
    expect(await notesOf(once, id)).toHaveLength(1)
  })

  it('is found below three hundred others, and not written twice', async () => {
    const world = await noteWorld(source, [channel])
    const id = newId()
    await addNotes(once, id, 50)
    const { id: about } = await world.request(`${kind}:${id}`)
    await expect(world.tell(dyingBehindSending(world.deps))).rejects.toThrow('died here')
    await addNotes(once, id, 300)
    await world.advance(NOTICE_LEASE_SECONDS + 60)
    expect(await world.tell()).toEqual(['told'])
    expect(await toldEntries(about)).toMatchObject([{ data: { result: 'found_there' } }])
    expect(await notesOf(once, id)).toHaveLength(1)
  })

  it('is given up and shown where there are too many others to tell', async () => {
    const world = await noteWorld(source, [channel])
    const id = newId()
    await addNotes(once, id, once.notesMax)
    const { id: about } = await world.request(`${kind}:${id}`)
    expect(await world.tell()).toEqual(['told'])
    expect(await notesOf(once, id)).toEqual([])
    expect(await toldEntries(about)).toMatchObject([{ action: 'notice.given_up' }])
    expect(world.lines).toContainEqual(
      expect.objectContaining({ event: 'alarm.notice_given_up', code: 'too_many_notes' }),
    )
  })

  it('waits as long as a 429 says', async () => {
    const world = await noteWorld(source, [channel])
    const id = newId()
    await world.request(`${kind}:${id}`)
    await setFaults({
      kind: 'rate_limited',
      retryAfterSeconds: 900,
      times: 1,
      path: `/${source}/**`,
    })
    expect(await world.tell()).toEqual(['postponed'])
    await world.advance(880)
    expect(await world.tell()).toEqual([])
    await world.advance(30)
    expect(await world.tell()).toEqual(['told'])
    expect(await notesOf(once, id)).toHaveLength(1)
  })

  it('is looked for again only when what may have been written can be found', async () => {
    const world = await noteWorld(source, [channel])
    const id = newId()
    await world.request(`${kind}:${id}`)
    const path = WRITES[source](id)
    await setFaults({ kind: 'server_error', applied: true, times: 1, method: 'POST', path })
    expect(await world.tell()).toEqual(['postponed'])
    await world.advance(NOTE_SETTLE_SECONDS - 5)
    expect(await world.tell()).toEqual([])
    await world.advance(10)
    expect(await world.tell()).toEqual(['told'])
    expect(await notesOf(once, id)).toHaveLength(1)
  })

  it('waits for a refused key, which uses up no attempts, and is there once when it is mended', async () => {
    const world = await noteWorld(source, [channel], { ...SECRETS, [once.secret]: 'revoked' })
    const id = newId()
    const { id: about } = await world.request(`${kind}:${id}`)
    for (let attempt = 0; attempt <= NOTICE_ATTEMPTS_MAX; attempt++) {
      expect(await world.tell()).toEqual(['postponed'])
      expect(world.lines.at(-1)).toMatchObject({
        event: 'alarm.channel_refused',
        channel: source,
        code: 'http_401',
      })
      await world.advance(NOTICE_KEY_TROUBLE_RETRY_SECONDS - 5)
      expect(await world.tell()).toEqual([])
      await world.advance(10)
    }
    expect(await toldEntries(about)).toEqual([])
    const mended = await noteWorld(source, [channel])
    expect(await mended.tell()).toEqual(['told'])
    expect(await notesOf(once, id)).toHaveLength(1)
    expect(await toldEntries(about)).toMatchObject([{ action: 'notice.sent' }])
  })

  it('is given up and shown where nobody has mended its key in time', async () => {
    const world = await noteWorld(source, [channel], { ...SECRETS, [once.secret]: 'revoked' })
    const { id: about } = await world.request(`${kind}:${newId()}`)
    expect(await world.tell()).toEqual(['postponed'])
    await world.advance(NOTICE_WAIT_SECONDS_MAX)
    expect(await world.tell()).toEqual(['told'])
    await world.advance(5_000)
    expect(await world.tell()).toEqual([])
    expect(await toldEntries(about)).toMatchObject([
      { action: 'notice.given_up', data: { channel: source } },
    ])
    const givenUp = world.lines.filter(({ event }) => event === 'alarm.notice_given_up')
    expect(givenUp).toMatchObject([{ channel: source, code: 'waited_too_long' }])
  })

  it('is given up at once where its place is not there, and shown', async () => {
    const world = await noteWorld(source, [channel])
    const { id: about } = await world.request(`${kind}:9${newId()}`)
    expect(await world.tell()).toEqual(['told'])
    expect(await world.tell()).toEqual([])
    expect(await toldEntries(about)).toMatchObject([{ action: 'notice.given_up' }])
    expect(world.lines).toContainEqual(
      expect.objectContaining({ event: 'alarm.notice_given_up', code: 'http_404', status: 404 }),
    )
  })

  it('has no markup of what other people typed', async () => {
    const world = await noteWorld(source, [channel])
    const id = newId()
    await world.request(`${kind}:${id}`, TYPED)
    await world.tell()
    const [note] = await notesOf(once, id)
    const read = source === 'jira' ? await jiraText(id) : htmlText(note?.text ?? '')
    expect(read).toContain(`Credit of 25.00 USD for ${TYPED} waits for a person`)
    expect(read).toMatch(/\nMakegood ntc_\w+$/)
  })

  it('is there once in each of many rounds of random faults', async () => {
    const world = await noteWorld(source, [channel])
    for (const seed of SEEDS) {
      const id = newId()
      await world.request(`${kind}:${id}`)
      await setFaults(...randomFaults(seed, `/${source}/**`))
      for (let round = 0; round < 6; round++) {
        const isDying = (seed * 7 + round) % 3 === 0
        const how = isDying ? dyingBehindSending(world.deps) : {}
        await world.tell(how).catch(() => undefined)
        await world.advance(4_000)
      }
      await setFaults()
      await tellUntilDone(world)
      expect({ seed, notes: (await notesOf(once, id)).length }).toEqual({ seed, notes: 1 })
    }
  }, 30_000)
})

/** Where each writes. */
const WRITES: Readonly<Record<Once['source'], (id: string) => string>> = {
  freshdesk: (id) => `/freshdesk/api/v2/tickets/${id}/notes`,
  intercom: (id) => `/intercom/tickets/${id}/reply`,
  hubspot: () => '/hubspot/crm/v3/objects/notes',
  jira: (id) => `/jira/rest/servicedeskapi/request/${id}/comment`,
}

/** The calls by which each looks. */
const LOOKS: Readonly<
  Record<Once['source'], (id: string) => readonly { method: string; path: string }[]>
> = {
  freshdesk: (id) => [{ method: 'GET', path: `/freshdesk/api/v2/tickets/${id}/conversations` }],
  intercom: (id) => [{ method: 'GET', path: `/intercom/tickets/${id}` }],
  hubspot: (id) => [
    { method: 'GET', path: `/hubspot/crm/v4/objects/deals/${id}/associations/notes` },
    { method: 'POST', path: '/hubspot/crm/v3/objects/notes/batch/read' },
  ],
  jira: (id) => [{ method: 'GET', path: `/jira/rest/api/3/issue/${id}/comment` }],
}

const SEEDS = [1, 2, 3, 4, 5, 6]

const randomFaults = (seed: number, path: string): readonly Fault[] =>
  [
    { kind: 'server_error', status: 500, applied: true },
    { kind: 'server_error', status: 503, applied: false },
    { kind: 'html', status: 200, applied: true },
    { kind: 'html', status: 200, applied: false },
    { kind: 'truncated_json' },
    { kind: 'wrong_shape' },
    { kind: 'reset_body' },
    { kind: 'timeout', ms: 5, applied: true },
    { kind: 'rate_limited' },
  ].map((fault, position) => ({
    ...fault,
    path,
    probability: 0.12,
    seed: seed * 100 + position,
  }))

const TYPED =
  'x<script>alert(1)</script>&<b>"bold"</b> *loud* [click|https://evil.example/a] {color:red}!p.png! acme-42'

/** What a reader of a note sees: it fails where there is any other element than a break. */
function htmlText(html: string): string {
  const lines = html.split('<br>')
  for (const line of lines) expect(line).not.toMatch(/[<>"']/)
  return lines
    .join('\n')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&')
}

/** The comment as Jira has understood it: it fails where a node is anything else than text. */
async function jiraText(issue: string): Promise<string> {
  const response = await env.SANDBOX.fetch(`${SANDBOX}/jira/rest/api/3/issue/${issue}/comment`, {
    headers: { authorization: `Basic ${btoa('makegood@saas.example:sandbox_jira_token')}` },
  })
  const { comments } = await response.json<any>()
  const paragraphs: { content: { type: string; text: string }[] }[] = comments[0].body.content
  for (const { content } of paragraphs) {
    expect(content.filter(({ type }) => type !== 'text')).toEqual([])
  }
  return paragraphs.map(({ content }) => content.map(({ text }) => text).join('')).join('\n')
}

describe('a note at an Intercom conversation and at a HubSpot ticket', () => {
  it('is there once as well', async () => {
    for (const [source, channel, kind, place] of [
      ['intercom', intercomNote({ url: 'INTERCOM_URL' }), 'conversation', 'conversations'],
      ['hubspot', hubspotNote({ url: 'HUBSPOT_URL' }), 'ticket', 'tickets'],
    ] as const) {
      const world = await noteWorld(source, [channel])
      const id = newId()
      await world.request(`${kind}:${id}`)
      await expect(world.tell(dyingBehindSending(world.deps))).rejects.toThrow('died here')
      await world.advance(NOTICE_LEASE_SECONDS + 60)
      expect(await world.tell()).toEqual(['told'])
      const path = `/notes/${source}/${encodeURIComponent(`${place}:${id}`)}`
      const { notes } = await (await sandboxControl('GET', path)).json<any>()
      expect(notes).toHaveLength(1)
    }
  })
})

describe('a comment at Jira', () => {
  it('is looked for only among comments that are not older than its notice', async () => {
    const world = await noteWorld('jira', [jiraComment()])
    const once = ONCE[3]
    const id = newId()
    await addNotes(once, id, once.notesMax)
    await world.advance(2 * 3_600)
    await world.request(`issue:${id}`)
    expect(await world.tell()).toEqual(['told'])
    expect(await notesOf(once, id)).toHaveLength(1)
  })
})

describe('a message in Slack', () => {
  const chat = slack({ statuses: ['issued', 'waiting'] })

  it('is posted once in a quiet run, and by one of several consumers', async () => {
    const world = await noteWorld('freshdesk', [chat])
    const id = newId()
    const { id: about } = await world.request(`ticket:${id}`)
    await Promise.all([1, 2, 3].map(() => sendNotices(world.deps, about)))
    await tellUntilDone(world)
    expect((await messages()).filter((text) => text.includes(`ticket:${id}`))).toHaveLength(1)
  })

  it.each<Fault>([
    { kind: 'server_error', applied: true },
    { kind: 'server_error', applied: false },
    { kind: 'timeout', ms: 50, applied: true },
    { kind: 'rate_limited' },
  ])('is posted at least once, each time with the same id, after %j', async (fault) => {
    const world = await noteWorld('freshdesk', [chat])
    const id = newId()
    await world.request(`ticket:${id}`)
    await setFaults({ ...fault, times: 1, path: '/slack/**' })
    expect(await world.tell()).toEqual(['postponed'])
    await world.advance(4_000)
    await expect(world.tell(dyingBehindSending(world.deps))).rejects.toThrow('died here')
    await tellUntilDone(world)
    const posted = (await messages()).filter((text) => text.includes(`ticket:${id}`))
    expect(posted.length).toBeGreaterThanOrEqual(2)
    expect(new Set(posted.map((text) => text.split('\n').at(-1)))).toHaveLength(1)
    expect(posted[0]).toMatch(/\n_ntc_\w+_$/)
  })

  it('has no control sequence of what other people typed', async () => {
    const world = await noteWorld('freshdesk', [chat])
    const id = newId()
    await world.request(`ticket:${id}`, '<!channel> & <https://evil.example|here>')
    await world.tell()
    const [posted] = (await messages()).filter((text) => text.includes(`ticket:${id}`))
    expect(posted).not.toMatch(/[<>]/)
    expect(posted).toContain('&lt;!channel&gt; &amp; &lt;https://evil.example|here&gt;')
  })

  it('is given up and shown where the address has no service any more', async () => {
    const values = { ...SECRETS, SLACK_WEBHOOK_URL: `${SANDBOX}/slack/services/T000/B000/GONE` }
    const world = await noteWorld('freshdesk', [chat], values)
    const { id: about } = await world.request(`ticket:${newId()}`)
    expect(await world.tell()).toEqual(['told'])
    expect(await toldEntries(about)).toMatchObject([{ action: 'notice.given_up' }])
    expect(JSON.stringify(world.lines)).not.toContain('GONE')
  })
})

type Posted = { readonly headers: Headers; readonly body: string }

/** A receiver of webhooks beside the sandbox, which answers each call by its turn. */
function receiver(...answers: readonly (() => Response | Promise<Response>)[]) {
  const posted: Posted[] = []
  const real = globalThis.fetch
  vi.spyOn(globalThis, 'fetch').mockImplementation(async (target, init) => {
    if (target !== SECRETS['NOTICE_WEBHOOK_URL']) return real(target, init)
    posted.push({ headers: new Headers(init?.headers), body: String(init?.body) })
    return (answers[posted.length - 1] ?? (() => new Response('', { status: 204 })))()
  })
  return posted
}

describe('a signed webhook', () => {
  const hook = signedWebhook()

  it('is sent once in a quiet run, and its receiver can verify it', async () => {
    const posted = receiver()
    const world = await noteWorld('freshdesk', [hook])
    const id = newId()
    const adjustment = await world.request(`ticket:${id}`)
    expect(await world.tell()).toEqual(['told'])
    await tellUntilDone(world)
    expect(posted).toHaveLength(1)
    const [{ headers, body }] = posted as [Posted]
    expect(JSON.parse(body)).toMatchObject({
      type: 'makegood.issued',
      data: {
        about: adjustment.id,
        subject: `ticket:${id}`,
        adjustment: { amount: -2500, currency: 'usd', state: 'invoiced' },
      },
    })
    const secret = new TextEncoder().encode('secret-of-the-notice-webhook')
    const algorithm = { name: 'HMAC', hash: 'SHA-256' }
    const key = await crypto.subtle.importKey('raw', secret, algorithm, false, ['verify'])
    const signature = Uint8Array.fromBase64(
      headers.get('webhook-signature')?.replace('v1,', '') ?? '',
    )
    const signed = `${headers.get('webhook-id')}.${headers.get('webhook-timestamp')}.${body}`
    const text = new TextEncoder().encode(signed)
    expect(await crypto.subtle.verify('HMAC', key, signature, text)).toBe(true)
  })

  it('is sent at least once, each time with the same id, after crashes and lost answers', async () => {
    const posted = receiver(
      () => Promise.reject(new TypeError('the connection broke')),
      () => new Response('', { status: 503 }),
      () => new Response('', { status: 429, headers: { 'retry-after': '60' } }),
    )
    const world = await noteWorld('freshdesk', [hook])
    await world.request(`ticket:${newId()}`)
    for (let attempt = 0; attempt < 3; attempt++) {
      expect(await world.tell()).toEqual(['postponed'])
      await world.advance(4_000)
    }
    await expect(world.tell(dyingBehindSending(world.deps))).rejects.toThrow('died here')
    await tellUntilDone(world)
    expect(posted).toHaveLength(5)
    expect(new Set(posted.map(({ headers }) => headers.get('webhook-id')))).toHaveLength(1)
    expect(new Set(posted.map(({ headers }) => headers.get('webhook-timestamp')))).toHaveLength(5)
  })

  it.each([302, 404, 410, 422])('is given up and shown after a %d', async (status) => {
    const posted = receiver(
      () => new Response('', { status, headers: { location: 'https://evil.example/' } }),
    )
    const world = await noteWorld('freshdesk', [hook])
    const { id: about } = await world.request(`ticket:${newId()}`)
    expect(await world.tell()).toEqual(['told'])
    await tellUntilDone(world)
    expect(posted).toHaveLength(1)
    expect(await toldEntries(about)).toMatchObject([{ action: 'notice.given_up' }])
    expect(world.lines).toContainEqual(
      expect.objectContaining({ event: 'alarm.notice_given_up', status }),
    )
  })
})

describe('channels of one notice', () => {
  it('are each told once, although another one fails again and again', async () => {
    const world = await noteWorld('freshdesk', [freshdeskNote(), slack({ statuses: ['issued'] })])
    const id = newId()
    await world.request(`ticket:${id}`)
    await setFaults({ kind: 'server_error', applied: false, times: 3, path: '/freshdesk/**' })
    await tellUntilDone(world)
    expect(await notesOf(ONCE[0], id)).toHaveLength(1)
    expect((await messages()).filter((text) => text.includes(`ticket:${id}`))).toHaveLength(1)
  })
})
