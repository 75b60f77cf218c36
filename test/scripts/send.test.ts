// Every fixture of every source, sent by the code of `npm run send` to a running app that has them all.
// What is expected is read from the fixtures themselves: an event is named as its file is, and a table
// says in which field of its body each source has its own id and time.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ALL_SOURCES } from '../../sandbox/all-sources.ts'
import * as pages from '../../src/sources/index.ts'
import { listSamples, readSample } from '../../scripts/samples.ts'
import {
  endpointFor,
  sentTable,
  startAllSources,
  type AllSources,
  type SentSample,
} from '../../scripts/send-all.ts'

const SAMPLES = listSamples()
const ROWS = [...SAMPLES].flatMap(([source, events]) =>
  events.map((event) => [source, event] as const),
)

type Fields = {
  /** Where it stands in the event; null: it has none. */
  readonly id: string | null | ((event: unknown, sent: SentSample) => unknown)
  /** The first that is there. */
  readonly time: readonly string[]
}

/** By the name of the endpoint. */
const HUBSPOT_ID =
  'portalId subscriptionId eventId objectId propertyName propertyValue occurredAt'.split(' ')

const FIELDS: Readonly<Record<string, Fields>> = {
  attio: { id: null, time: [] },
  basic: { id: null, time: ['order.returned_at_ms'] },
  bearer: { id: together('request.id', 'request.version'), time: ['updated_at'] },
  chargebee: { id: 'id', time: ['occurred_at'] },
  close: { id: 'event.id', time: ['event.date_created'] },
  commet: { id: 'id', time: ['timestamp'] },
  freshdesk: { id: null, time: ['updated_at'] },
  front: { id: 'payload.id', time: ['payload.emitted_at'] },
  'front-rule': { id: 'id', time: ['emitted_at'] },
  generic: { id: 'id', time: ['sent_at'] },
  github: {
    id: null,
    time: ['comment.updated_at', 'issue.updated_at', 'sponsorship.created_at', 'effective_date'],
  },
  gorgias: { id: null, time: ['updated_at', 'updated_datetime'] },
  helpscout: { id: null, time: ['userUpdatedAt', 'createdAt'] },
  hubspot: {
    id: (event) =>
      at(event, 'eventId') === undefined
        ? null
        : JSON.stringify(HUBSPOT_ID.map((field) => at(event, field) ?? null)),
    time: ['occurredAt', 'updated_at'],
  },
  intercom: { id: 'id', time: ['created_at'] },
  jira: { id: null, time: ['timestamp'] },
  kustomer: { id: 'id', time: ['createdAt'] },
  linear: {
    id: (event) => {
      const object = at(event, 'data') === undefined ? 'issueData' : 'data'
      const written = together('webhookId', 'type', 'action', `${object}.id`, 'createdAt')(event)
      return JSON.stringify([...JSON.parse(written), at(event, `${object}.updatedAt`) ?? null])
    },
    time: ['createdAt'],
  },
  paddle: { id: 'event_id', time: ['occurred_at'] },
  pipedrive: { id: 'meta.id', time: ['meta.timestamp'] },
  salesforce: { id: 'Id', time: ['LastModifiedDate'] },
  'salesforce-flow': { id: null, time: ['updated_at'] },
  shopify: { id: null, time: ['updated_at', 'created_at', 'initiated_at'] },
  standard: { id: (_, { letter }) => letter.id, time: ['timestamp'] },
  stripe: { id: 'id', time: ['created'] },
  zendesk: {
    id: (event) => (at(event, 'kind') === undefined ? at(event, 'id') : null),
    time: ['time', 'updated_at'],
  },
  zohocrm: { id: null, time: ['server_time', 'updated_at'] },
  zohodesk: { id: null, time: ['eventTime'] },
}

function together(...paths: readonly string[]) {
  return (event: unknown): string => JSON.stringify(paths.map((path) => at(event, path)))
}

let app: AllSources
const sent: SentSample[] = []

beforeAll(async () => {
  app = await startAllSources()
})
afterAll(async () => {
  console.info(sentTable(sent).join('\n'))
  await app?.stop()
})

it('every source of the list has a fixture, and an endpoint that it is sent to', () => {
  const names = Object.keys(pages).toSorted()
  expect([...SAMPLES.keys()]).toEqual(names)
  for (const name of names) expect(SAMPLES.get(name), name).not.toEqual([])
  const configured = Object.values(ALL_SOURCES.endpoints).map(({ source }) => source.name)
  expect([...new Set(configured)].toSorted()).toEqual(names)
})

/** As a file's name has it: `refunds/create` and `jira:issue_created` can't be one. */
const fileName = (type: string): string => type.replaceAll(/[/:]/g, '.')

function at(body: unknown, path: string): unknown {
  return path.split('.').reduce((value, step) => Object(value)[step], body)
}

function millisecondsOf(written: unknown): number | null {
  if (typeof written === 'string' && written.includes('-')) {
    return Date.parse(/(Z|[+-]\d\d:\d\d)$/.test(written) ? written : `${written}Z`)
  }
  if (written === undefined || written === null) return null
  const number = Number(written)
  return Math.trunc(number < 1e11 ? number * 1_000 : number)
}

describe.each(ROWS)('%s %s', (source, event) => {
  it('is accepted, recorded with its id, type and time, shown, and once', async () => {
    const delivery = await app.send(readSample(source, event))
    sent.push(delivery)
    const { answer, stories, name, endpoint, signed } = delivery
    expect([200, 202], answer.text).toContain(answer.status)
    if (endpoint.source.accepted) {
      expect(answer.status).toBe(endpoint.source.accepted.status)
    } else {
      expect(JSON.parse(answer.text).events.toSorted()).toEqual(
        stories.map(({ id }) => id).toSorted(),
      )
    }
    if (source === 'front' && event === 'sync') {
      expect(answer.text).toBe('{"challenge":"sync"}')
      expect(stories).toEqual([])
      return
    }

    for (const story of stories) {
      expect(story).toMatchObject({ source, endpoint: name })
      expect(['live', 'test']).toContain(story.mode)
      expect(story.type).not.toBe('unreadable')
      const named = fileName(story.type)
      const isNamed = event.startsWith(named) || named.endsWith(`.${event}`)
      expect(isNamed || event.includes('batch') || `.${event}`.endsWith(`.${named}`), named).toBe(
        true,
      )
    }
    const fields = FIELDS[name]
    if (!fields) throw new Error(`this test has no fields of ${name}`)
    const expected = eventsOf(signed.body).map((each) => [
      idIn(each, fields, delivery),
      timeIn(each, fields),
    ])
    const recorded = stories.map(({ ownId, occurredAt }) => [
      ownId,
      occurredAt === null ? null : Date.parse(occurredAt),
    ])
    expect(recorded).toHaveLength(expected.length)
    expect(recorded).toEqual(expect.arrayContaining(expected))
    for (const [, time] of expected) {
      expect(time === null || Math.abs(Date.now() - Number(time)) < DAYS_NEAR_MS).toBe(true)
    }

    const again = await app.again(delivery)
    expect(again.answer.status).toBe(answer.status)
    expect(again.stories.map((story) => story.id).toSorted()).toEqual(
      stories.map((story) => story.id).toSorted(),
    )
  })
})

const DAYS_NEAR_MS = 3 * 86_400_000

function idIn(event: unknown, { id }: Fields, sent: SentSample): unknown {
  if (typeof id === 'function') return id(event, sent)
  return id === null ? null : at(event, id)
}

function timeIn(event: unknown, { time }: Fields): number | null {
  const written = time.map((path) => at(event, path)).find((value) => value !== undefined)
  return millisecondsOf(written)
}

/** The events of a body that is one, or a list of them, or has a list of them. */
function eventsOf(body: string): readonly unknown[] {
  if (body.startsWith('<')) {
    return [...body.matchAll(/<Notification>(.*?)<\/Notification>/gs)].map(([, text = '']) =>
      Object.fromEntries(
        [...text.matchAll(/<(?:sf:)?(\w+)>([^<]*)</g)]
          .toReversed()
          .map(([, name, value]) => [name, value]),
      ),
    )
  }
  const parsed: unknown = JSON.parse(body)
  if (Array.isArray(parsed)) return parsed
  const events: unknown = at(parsed, 'events')
  return Array.isArray(events) ? events : [parsed]
}

it('two sends of one sample are two events', async () => {
  const others = [...SAMPLES].map(([source, [event = '']]) => readSample(source, event))
  for (const sample of others.filter(({ event }) => event !== 'sync')) {
    const first = await app.send(sample)
    const second = await app.send(sample)
    const ids = new Set([...first.stories, ...second.stories].map(({ id }) => id))
    expect(ids.size, sample.source).toBe(first.stories.length + second.stories.length)
    expect(endpointFor(sample)[0]).toBe(first.name)
  }
})
