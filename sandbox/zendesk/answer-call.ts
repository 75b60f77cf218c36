// The Zendesk stand-in's calls: method and path below its API, and what answers them. `.json` at the end
// of a path means nothing.
import type { Answer } from '../src/answer.ts'
import type { FakeCall } from '../src/call.ts'
import type { Fake } from '../src/fake.ts'
import { matchSegments } from '../src/path.ts'
import { toReply, withOtherFields } from '../src/spoil.ts'
import { nowMs } from '../src/store.ts'
import { noJson, noSuchEndpoint } from './answers.ts'
import type { Ask } from './ask.ts'
import { listAudits } from './audits.ts'
import { createField, deleteField, getField, listFields } from './fields.ts'
import { applyMacro, createMacro, deleteMacro, getMacro, listMacros } from './macros.ts'
import { searchTickets } from './search.ts'
import { integrationUser } from './seed.ts'
import { changeTags, createTicket, getTags, getTicket } from './tickets.ts'
import { listComments, updateTicket } from './tickets.ts'
import { createTrigger, deleteTrigger, getTrigger, listTriggers } from './triggers.ts'
import { getMe, getOrganization, listGroups, showUsers } from './users.ts'
import { createView, deleteView, getView, listViews } from './views.ts'
import { createWebhook, deleteWebhook, getSecret, getWebhook } from './webhooks.ts'
import { listWebhooks, testWebhook } from './webhooks.ts'

export const API_PATH = '/zendesk/api/v2'

type Step = (ask: Ask) => Answer

const STEPS: Readonly<Record<string, Step>> = {
  'GET /tickets/*': getTicket,
  'PUT /tickets/*': updateTicket,
  'POST /tickets': createTicket,
  'GET /tickets/*/tags': getTags,
  'PUT /tickets/*/tags': (ask) => changeTags(ask, 'addTags'),
  'POST /tickets/*/tags': (ask) => changeTags(ask, 'tags'),
  'DELETE /tickets/*/tags': (ask) => changeTags(ask, 'removeTags'),
  'GET /tickets/*/comments': listComments,
  'GET /tickets/*/audits': listAudits,
  'GET /tickets/*/macros/*/apply': applyMacro,
  'GET /search': searchTickets,
  'GET /ticket_fields': listFields,
  'POST /ticket_fields': createField,
  'GET /ticket_fields/*': getField,
  'DELETE /ticket_fields/*': deleteField,
  'GET /macros': listMacros,
  'POST /macros': createMacro,
  'GET /macros/*': getMacro,
  'DELETE /macros/*': deleteMacro,
  'GET /webhooks': listWebhooks,
  'POST /webhooks': createWebhook,
  'GET /webhooks/*': getWebhook,
  'DELETE /webhooks/*': deleteWebhook,
  'GET /webhooks/*/signing_secret': getSecret,
  'GET /triggers': listTriggers,
  'POST /triggers': createTrigger,
  'GET /triggers/*': getTrigger,
  'DELETE /triggers/*': deleteTrigger,
  'GET /views': listViews,
  'POST /views': createView,
  'GET /views/*': getView,
  'DELETE /views/*': deleteView,
  'GET /users/me': getMe,
  'GET /users/show_many': showUsers,
  'GET /organizations/*': getOrganization,
  'GET /groups': listGroups,
}

/** Waits for a receiver, and writes nothing. */
const TEST_CALL = 'POST /webhooks/test'

const problem = (status: number, error: string, description: string) =>
  toReply({ status, body: { error, description } })

export const zendeskFake: Fake = {
  voice: {
    tooManyCalls: problem(
      429,
      'APIRateLimitExceeded',
      'Number of allowed API requests per minute exceeded',
    ),
    outcomeUnknown: problem(500, 'InternalError', 'The outcome of this call is unknown'),
    serverError: (status) => problem(status, 'InternalError', 'Something went wrong on our side'),
    otherShape: '{"unexpected":{"id":42}}',
    withOther: withOtherResource,
  },
  callsPerMinute: ({ zendeskRateLimitPerMinute }) => zendeskRateLimitPerMinute,
  async answer(store, call, listing, transact) {
    const path = call.path.slice(API_PATH.length).replace(/\.json$/, '')
    const body = readJson(call.body)
    if (body === null) return toReply(noJson)
    const ask: Ask = {
      store,
      ids: [],
      query: new URLSearchParams(call.search),
      body: body.value,
      now: nowMs(store),
      caller: integrationUser(store),
      api: call.origin + API_PATH,
      path: call.path.slice(API_PATH.length),
      lagMs: listing.lagMs,
      repeatsCursor: listing.repeatsCursor,
    }
    if (`${call.method} ${path}` === TEST_CALL) return toReply(await testWebhook(ask))
    const found = findStep(call, path)
    if (found === null) return toReply(noSuchEndpoint)
    return toReply(transact(() => found.step({ ...ask, ids: found.ids })))
  },
}

type Found = { readonly step: Step; readonly ids: readonly string[] }

function findStep({ method }: FakeCall, path: string): Found | null {
  for (const [route, step] of Object.entries(STEPS)) {
    const [verb, pattern = ''] = route.split(' ')
    const ids = verb === method ? matchSegments(pattern, path) : null
    if (ids !== null) return { step, ids }
  }
  return null
}

function readJson(text: string | null): { readonly value: unknown } | null {
  if (text === null) return null
  if (text === '') return { value: {} }
  try {
    return { value: JSON.parse(text) }
  } catch {
    return null
  }
}

/** One resource alone is changed, such as `ticket`; a refusal and a list keep what they say. */
function withOtherResource(body: string, other: Readonly<Record<string, unknown>>): string {
  const answer: Record<string, unknown> = JSON.parse(body)
  const names = answer === null || 'error' in answer ? [] : Object.keys(answer)
  const [name] = names
  return name === undefined || names.length > 1 ? body : withOtherFields(body, name, other)
}
