// The audit log: found by filters, verified with the result shown, and taken along.

import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { dayOf } from '../../../src/domain/day.ts'
import { sealLog } from '../../../src/usecases/seal-log.ts'
import { clearLog, fillLog, tamper } from '../../audit-log.ts'
import { OPERATOR, ticket } from '../../harness.ts'
import { metered } from '../../metered-database.ts'
import { createWorld } from '../../world.ts'
import { createPerson, FROM_HERE, keyOf, type Person } from './browsing.ts'

let world: Awaited<ReturnType<typeof createWorld>>
let person: Person
let next = 0

beforeEach(async () => {
  await clearLog()
  world = await createWorld()
  person = createPerson(() => world.deps)
  await person.logIn(OPERATOR['x-api-key'])
})

describe('the log', () => {
  it('says in words what was done, and leads to what it was done to', async () => {
    const [event] = await world.receive('zendesk', ticket())
    await world.work()
    const { text, html } = await person.ask('/audit')
    expect(text).toContain('Adjustment made')
    expect(html).toContain(`href="/events/${event}"`)
    expect(text).toContain('adjustment.created')
  })

  it('is found by who, what, to what and when, and says where nothing fits', async () => {
    await world.receive('zendesk', ticket())
    await world.work()
    const found = await person.ask('/audit?action=adjustment.created')
    expect(found.text).toContain('Adjustment made')
    expect(found.text).not.toContain('event.received')
    expect((await person.ask('/audit?actor=operator:nobody')).text).toContain('No entry fits')
    const day = dayOf(world.now(), world.deps.config.timeZone)
    expect((await person.ask(`/audit?from=${day}&to=${day}`)).text).toContain('Adjustment made')
    expect((await person.ask('/audit?to=2001-01-01')).text).toContain('No entry fits')
  })

  it('tells a day that is none in words', async () => {
    const { status, text } = await person.ask('/audit?from=yesterday')
    expect(status).toBe(400)
    expect(text).toContain('from: a day is wanted')
  })

  it('says of a ticket with too many adjustments that it was not looked, not that nothing fits', async () => {
    const [event] = await world.receive('zendesk', ticket())
    const { results } = await env.DB.prepare('PRAGMA table_info(adjustments)').all<any>()
    const other: Record<string, string> = {
      seq: 'NULL',
      id: `printf('adj_dd%030d', n.i)`,
      part: `printf('p%d', n.i)`,
      subject: `'ticket:79009'`,
    }
    await env.DB.prepare(
      `INSERT INTO adjustments WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 101)
       SELECT ${results.map(({ name }) => other[name] ?? name).join(', ')} FROM adjustments, n WHERE event_id = '${event}'`,
    ).run()
    const { status, text } = await person.ask('/audit?ticket=79009')
    expect(status).toBe(409)
    expect(text).toContain('It has more than 100 adjustments: name one of them as subject.')
    expect(text).not.toContain('No entry fits')
  })

  it('goes page by page, and keeps the filter', async () => {
    await fillLog(120)
    const { html } = await person.ask('/audit?from=2001-01-01')
    const [, older = ''] = /href="([^"]+)" rel="next"/.exec(html) ?? []
    expect(older).toContain('from=2001-01-01')
    const second = await person.ask(older.replaceAll('&amp;', '&'))
    expect([second.status, second.text.includes('Newest')]).toEqual([200, true])
  })

  it('shows hostile text as text', async () => {
    const { html } = await person.ask(
      `/audit?subject=${encodeURIComponent('"><script>alert(1)</script>')}`,
    )
    expect(html).not.toContain('<script>alert')
  })
})

describe('verifying', () => {
  const verify = () => person.submit('/audit', '/audit/verify')

  it('says that nothing is sealed yet, and then until when the log is intact', async () => {
    expect((await verify())?.text).toContain('Nothing is sealed yet')
    await fillLog(30)
    expect((await sealLog(world.deps)).ok).toBe(true)
    expect((await verify())?.text).toMatch(/Verified Log intact through 20\S+, \d+ entries/)
    expect((await person.ask('/audit')).text).toMatch(/Is it intact\? Log intact through/)
  })

  it('says which entry is not as it was sealed', async () => {
    await fillLog(30)
    await sealLog(world.deps)
    await tamper("UPDATE audit_entries SET actor = 'operator:eve' WHERE seq = 7")
    const sent = await verify()
    expect(sent?.text).toContain('Not intact: entry 7 is not as it was sealed')
    expect((await person.ask('/audit')).text).toContain('Not intact')
  })

  it('goes on where one step has ended', async () => {
    await fillLog(8_300)
    for (let n = 0; n < 40; n++) await sealLog(world.deps)
    const first = await verify()
    expect(first?.text).toContain('Entries 1 to 8192 of')
    const [, after] = /name="after" value="(\d+)"/.exec(first?.html ?? '') ?? []
    const [, token = ''] = /name="token" value="([^"]+)"/.exec(first?.html ?? '') ?? []
    const second = await person.send('/audit/verify', { token, after: after ?? '' })
    expect(second.text).toMatch(/Entries 8193 to \d+, the last of/)
  }, 60_000)

  it('says so where no key signs it', async () => {
    const settings = { ...world.deps.settings, auditKeys: [] }
    const other = createPerson(() => ({ ...world.deps, settings }))
    other.setCookie(person.cookie())
    const sent = await other.submit('/audit', '/audit/verify')
    expect([sent?.status, sent?.text.includes('No audit key is configured')]).toEqual([503, true])
  })
})

describe('an export', () => {
  it.each(['ndjson', 'csv', 'zip'])(
    'comes as %s, for the filter that was asked',
    async (format) => {
      await fillLog(3)
      const { html } = await person.ask('/audit?action=event.received')
      expect(html).toContain(`/audit/export?format=${format}&amp;action=event.received`)
      const sent = await person.ask(`/audit/export?format=${format}`, { headers: FROM_HERE })
      expect(sent.status).toBe(200)
      expect(sent.headers.get('content-disposition')).toBe(
        `attachment; filename="audit-log.${format}"`,
      )
      const { results } = await env.DB.prepare(
        `SELECT actor FROM audit_entries WHERE action = 'audit.exported'`,
      ).all()
      expect(results).toEqual([{ actor: 'operator:bootstrap' }])
    },
  )

  it('is made for its page alone, and noted for nobody else', async () => {
    for (const site of [undefined, 'none', 'same-site', 'cross-site']) {
      const headers: Record<string, string> = site === undefined ? {} : { 'sec-fetch-site': site }
      expect((await person.ask('/audit/export?format=zip', { headers })).status).toBe(403)
    }
    const found = env.DB.prepare(`SELECT 1 FROM audit_entries WHERE action = 'audit.exported'`)
    expect((await found.all()).results).toEqual([])
  })

  it('of another form is refused in words', async () => {
    const sent = await person.ask('/audit/export?format=exe', { headers: FROM_HERE })
    expect([sent.status, sent.text.includes('This was not done.')]).toEqual([400, true])
  })

  it('needs the scope read, as the page does', async () => {
    const { secret } = await keyOf(world.deps, `auditor-${(next += 1)}`, ['write'])
    const other = createPerson(() => world.deps)
    await other.logIn(secret)
    for (const path of ['/audit', '/audit/export']) {
      expect((await other.ask(path)).status).toBe(403)
    }
  })
})

describe('a page of a long log', () => {
  it.each([
    '/audit',
    '/audit?actor=nobody',
    '/audit?from=2001-01-01&actor=nobody',
    '/audit?customer=cus_none',
    '/audit?subject=adj_none',
  ])('%s reads at most 500 rows', async (path) => {
    await fillLog(2_000)
    const { rowsRead } = await metered(async (db) => {
      const reader = createPerson(() => ({ ...world.deps, db }))
      reader.setCookie(person.cookie())
      expect((await reader.ask(path)).status).toBe(200)
    })
    expect(rowsRead).toBeLessThanOrEqual(500)
  })
})
