// How a ticket is read: in any order of its audits, in smaller pages where they are large, and never for ever.

import { afterEach, expect, it, vi } from 'vitest'
import { zendeskTickets } from '../../src/gaps/zendesk-tickets.ts'
import { lastRequest, type Audit, type Person } from '../../src/gaps/zendesk-request.ts'

afterEach(() => vi.restoreAllMocks())

const AGENT = { id: 7, email: 'agent@saas.example', role: 'agent' } satisfies Person
const TAGS = { tags: ['credit_requested', 'credit_undo'], presets: ['credit_10', 'credit_25'] }
const ASKING = { ...TAGS, amountField: null }

const audit = (id: number, tags: string, seconds = id): Audit & { readonly id: number } => ({
  id,
  author_id: AGENT.id,
  created_at: new Date(Date.UTC(2026, 0, 1, 0, 0, seconds)).toISOString(),
  events: [{ field_name: 'tags', value: tags.split(' ') }],
})

it('takes the newest request, in whichever order the audits come', () => {
  const audits = [
    audit(1, 'credit_requested credit_25 makegood_asked'),
    audit(2, 'open'),
    audit(3, 'credit_requested credit_10 makegood_asked', 60),
    audit(4, 'credit_requested credit_10 makegood_asked seen', 60),
  ]
  const wanted = { tags: audits[2]!.events[0]!.value, asker: AGENT, doubt: null }
  expect(lastRequest(audits, [AGENT], ASKING)).toMatchObject(wanted)
  expect(lastRequest(audits.toReversed(), [AGENT], ASKING)).toMatchObject(wanted)
})

it('is in doubt about whoever is known no more, and hears nobody but agents', () => {
  const audits = [audit(1, 'credit_requested credit_25')]
  expect(lastRequest(audits, [], ASKING)).toMatchObject({ asker: null, doubt: 'asker_unknown' })
  expect(lastRequest(audits, [{ ...AGENT, role: 'end-user' }], ASKING)).toBeNull()
  expect(lastRequest([{ ...audits[0]!, author_id: -1 }], [AGENT], ASKING)).toBeNull()
})

it('is in doubt where the trigger had sent already, but not of what takes its place', () => {
  const asked = audit(1, 'credit_requested credit_25 makegood_asked')
  const doubtOf = (...tags: string[]) =>
    lastRequest([asked, ...tags.map((each, n) => audit(n + 2, each))], [AGENT], ASKING)?.doubt
  expect(doubtOf('credit_requested credit_25 makegood_asked credit_undo')).toBe('changed_since')
  expect(doubtOf('credit_undo makegood_asked')).toBeNull()
  expect(doubtOf('makegood_asked', 'credit_requested makegood_asked')).toBe('changed_since')
})

/** A ticket whose audits make an answer too large unless ten are asked for. */
function stubZendesk(): string[] {
  const asked: string[] = []
  const ticket = { id: 1, tags: ['credit_requested', 'credit_25'], requester_id: 9 }
  vi.spyOn(globalThis, 'fetch').mockImplementation(async (input) => {
    const url = new URL(input instanceof Request ? input.url : String(input))
    asked.push(url.pathname + url.search)
    const at = '2026-01-01T00:00:01Z'
    if (url.pathname.endsWith('search.json')) {
      return Response.json({ results: [{ id: 1, updated_at: at }] })
    }
    if (url.pathname.endsWith('1.json')) {
      return Response.json({ ticket: { ...ticket, updated_at: at } })
    }
    if (url.pathname.endsWith('show_many.json')) return Response.json({ users: [AGENT] })
    const isLarge = url.searchParams.get('page[size]') !== '10'
    const mail = isLarge ? 'x'.repeat(6 * 1024 * 1024) : ''
    const audits = [{ ...audit(1, 'credit_requested credit_25'), mail }]
    return Response.json({ audits, meta: { has_more: false } })
  })
  return asked
}

async function candidate() {
  const wanted = { types: [], ...TAGS, currency: 'usd' }
  const window = { from: 0, to: Date.UTC(2026, 0, 2), isTimeUp: () => false }
  const found = await zendeskTickets().search(() => 'https://acme.zendesk.example', wanted, window)
  if (!found.ok) throw new Error(found.error.code)
  return found.value.candidates[0]!
}

it('asks for ten audits at a time where a hundred are too large', async () => {
  const asked = stubZendesk()
  const read = await (await candidate()).read(() => false)
  expect(read).toMatchObject({
    ok: true,
    value: { at: Date.UTC(2026, 0, 1, 0, 0, 1), doubt: null },
  })
  const sizes = asked.filter((path) => path.includes('/audits')).map((path) => path.split('=')[1])
  expect(sizes).toEqual(['100', '10'])
})

it('asks nothing more once it is late', async () => {
  const asked = stubZendesk()
  const each = await candidate()
  let looks = 0
  const read = await each.read(() => (looks += 1) > 1)
  expect(read).toMatchObject({ ok: false, error: { code: 'too_slow' } })
  expect(asked.filter((path) => path.includes('/tickets/'))).toHaveLength(1)
})
