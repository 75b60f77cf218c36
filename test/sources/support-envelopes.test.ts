// Intercom, Help Scout, Front, Gorgias, Pipedrive and Jira: the envelope of each body that they send.

import { expect, it } from 'vitest'
import type { SourceEvent } from '../../src/domain/event.ts'
import { front, gorgias, helpscout, intercom, jira, pipedrive } from '../../src/sources/index.ts'
import type { Endpoint } from '../../src/sources/source.ts'
import conversationArchived from '../fixtures/front/conversation_archived.json'
import conversationTagged from '../fixtures/front/conversation_tagged.json'
import newComment from '../fixtures/front/new_comment_added.json'
import ruleTag from '../fixtures/front/rule.tag.json'
import sync from '../fixtures/front/sync.json'
import gorgiasTicket from '../fixtures/gorgias/makegood.ticket.json'
import ticketCreated from '../fixtures/gorgias/ticket-created.json'
import statusUpdated from '../fixtures/gorgias/ticket-status-updated.json'
import fieldsChanged from '../fixtures/helpscout/convo.custom-fields.json'
import convoDeleted from '../fixtures/helpscout/convo.deleted.json'
import noteCreated from '../fixtures/helpscout/convo.note.created.json'
import convoStatus from '../fixtures/helpscout/convo.status.json'
import convoTags from '../fixtures/helpscout/convo.tags.json'
import testEvent from '../fixtures/helpscout/helpscout.test.json'
import ratings from '../fixtures/helpscout/satisfaction.ratings.json'
import adminClosed from '../fixtures/intercom/conversation.admin.closed.json'
import ratingAdded from '../fixtures/intercom/conversation.rating.added.json'
import ping from '../fixtures/intercom/ping.json'
import attributeUpdated from '../fixtures/intercom/ticket.attribute.updated.json'
import resolved from '../fixtures/intercom/ticket.resolved.json'
import stateUpdated from '../fixtures/intercom/ticket.state.updated.json'
import commentCreated from '../fixtures/jira/comment_created.json'
import issueCreated from '../fixtures/jira/issue_created.json'
import issueUpdated from '../fixtures/jira/issue_updated.json'
import dealChanged from '../fixtures/pipedrive/change.deal.json'
import dealCreated from '../fixtures/pipedrive/create.deal.json'
import dealDeleted from '../fixtures/pipedrive/delete.deal.json'

const clock = (text: string): number => Date.parse(`2026-10-26T${text}Z`)
const signed = { secret: 'A_SECRET', mode: 'test' } as const
const unsigned = { ...signed, unsigned: 'accept' } as const
const application = front(signed)
const rule = front({ ...signed, kind: 'rule' })

const notification = (number: number): string =>
  `notif_ee8078c0-000${number}-4db6-bb63-b883579849ce`
const change = (number: number): string => `2b4c6d8e-0000-4000-8000-00000000000${number}`

type Row = [string, Endpoint, unknown, SourceEvent['ownId'], number | null]

const ROWS: readonly Row[] = [
  ['ticket.resolved', intercom(signed), resolved, notification(1), clock('07:33:15')],
  [
    'ticket.attribute.updated',
    intercom(signed),
    attributeUpdated,
    notification(2),
    clock('07:33:10'),
  ],
  ['ticket.state.updated', intercom(signed), stateUpdated, notification(3), clock('07:33:14')],
  ['conversation.admin.closed', intercom(signed), adminClosed, notification(4), clock('07:33:12')],
  ['conversation.rating.added', intercom(signed), ratingAdded, notification(5), clock('07:33:13')],
  ['ping', intercom(signed), ping, 'notif_00000000-0002-4db6-bb63-b883579849ce', clock('07:33:11')],
  ['convo.status', helpscout(signed), convoStatus, null, clock('07:33:00')],
  ['convo.tags', helpscout(signed), convoTags, null, clock('07:32:40')],
  ['convo.custom-fields', helpscout(signed), fieldsChanged, null, clock('07:32:30')],
  ['convo.note.created', helpscout(signed), noteCreated, null, clock('07:32:50')],
  ['satisfaction.ratings', helpscout(signed), ratings, null, clock('07:32:00')],
  ['convo.deleted', helpscout(signed), convoDeleted, null, null],
  ['helpscout.test', helpscout(signed), testEvent, null, null],
  ['conversation_tagged', application, conversationTagged, 'evt_55c8c149', clock('07:33:16.500')],
  [
    'conversation_archived',
    application,
    conversationArchived,
    'evt_55c8c150',
    clock('07:33:17.250'),
  ],
  ['new_comment_added', application, newComment, 'evt_55c8c151', clock('07:33:18')],
  ['sync', application, sync, null, null],
  ['tag', rule, ruleTag, 'evt_55c8c160', clock('07:33:19.750')],
  ['makegood.ticket', gorgias(unsigned), gorgiasTicket, null, clock('07:33:00')],
  ['ticket-status-updated', gorgias(unsigned), statusUpdated, null, clock('07:33:00')],
  ['ticket-created', gorgias(unsigned), ticketCreated, null, clock('07:32:00')],
  ['ticket', gorgias(unsigned), { ticket_id: '1' }, null, null],
  ['change.deal', pipedrive(unsigned), dealChanged, change(1), clock('07:33:01.123')],
  ['delete.deal', pipedrive(unsigned), dealDeleted, change(2), clock('07:33:02')],
  ['create.deal', pipedrive(unsigned), dealCreated, change(3), clock('07:32:00.456')],
  ['jira:issue_updated', jira(signed), issueUpdated, null, clock('07:33:18')],
  ['jira:issue_created', jira(signed), issueCreated, null, clock('07:33:10')],
  ['comment_created', jira(signed), commentCreated, null, clock('07:33:11')],
]

it.each(ROWS)('%s has its own id, time and type', (type, { source }, data, ownId, occurredAt) => {
  const read = source.read(data, {
    signed: { id: null, timestamp: null },
    unsignedHeader: (name) => (name === 'x-helpscout-event' ? type : 'another header'),
  })
  expect(read).toEqual([{ ownId, type, occurredAt, mode: null, data }])
  expect(read[0]?.data).toBe(data)
})
