// The audit log over HTTP: lists that read little, exports that can be verified, and what is wrong with a log.

import { env } from 'cloudflare:workers'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { findReceived, listEntries, listEntriesOf } from '../../src/db/read-audit.ts'
import { openDatabase } from '../../src/db/database.ts'
import type { Deps } from '../../src/deps.ts'
import { LIST_ROWS_READ_MAX } from '../../src/domain/limits.ts'
import { readPublicKey } from '../../src/domain/signed-note.ts'
import { finishVerification, openExport, takeLine } from '../../src/domain/verify-export.ts'
import { createApp } from '../../src/http/app.ts'
import { exportLog } from '../../src/usecases/export-log.ts'
import { filterOf, listLog } from '../../src/usecases/list-log.ts'
import { sealLog } from '../../src/usecases/seal-log.ts'
import { clearLog, fillLog, tamper, VERIFIER } from '../audit-log.ts'
import { api, fetchApp, OPERATOR, refund, ticket } from '../harness.ts'
import { headOfProof, leafOf, treeHead, verifiedCheckpoint } from '../rfc9162.ts'
import { createWorld } from '../world.ts'
import { metered } from '../metered-database.ts'
import testConfig from '../makegood.config.ts'

const URL_OF = 'https://makegood.example/api/v1/audit'
const ANNA = { name: 'anna', identity: 'anna@saas.example', scopes: ['read'] } as const

const get = (path: string, headers = {}): Promise<Response> =>
  fetchApp(URL_OF + path, { headers: { ...OPERATOR, ...headers } })

const lines = (text: string): string[] => text.trimEnd().split('\n')

/** As the command does it. */
async function verified(text: string, older: string | null = null) {
  const encoder = new TextEncoder()
  const [head = '', ...rest] = lines(text)
  const opened = await openExport(encoder.encode(head), [readPublicKey(VERIFIER)!], older)
  if (!opened.ok) throw new Error(opened.error)
  for (const line of rest) takeLine(opened.value, encoder.encode(line))
  return finishVerification(opened.value)
}

beforeEach(clearLog)

describe('a list of the log', () => {
  it('is newest first, page by page, to the last one', async () => {
    await fillLog(250)
    const seqs: number[] = []
    let path = '?limit=100'
    for (let pages = 0; pages < 4; pages++) {
      const { data, hasMore, nextCursor } = await (await get(path)).json<any>()
      seqs.push(...data.map(({ seq }: any) => seq))
      if (!hasMore) break
      path = `?limit=100&cursor=${nextCursor}`
    }
    expect(seqs).toEqual(Array.from({ length: 251 }, (_, at) => 251 - at))
  })

  it('says of an hour that an operator has read it, once', async () => {
    const world = await createWorld()
    const page = { before: null, limit: 10 }
    await listLog(world.deps, ANNA, {}, page)
    await listLog(world.deps, ANNA, { action: 'audit.read' }, page)
    await listLog(world.deps, { ...ANNA, name: 'bert' }, {}, page)
    await world.advance(3_600)
    const listed = await listLog(world.deps, ANNA, {}, page)
    expect(listed.ok && listed.value.rows.map(({ actor, action }) => [actor, action])).toEqual([
      ['operator:anna', 'audit.read'],
      ['operator:bert', 'audit.read'],
      ['operator:anna', 'audit.read'],
    ])
  })

  it('is filtered by actor, action, time, subject', async () => {
    await fillLog(300)
    const one = await api('/audit?subject=adj_00000000000000000000000000000012&limit=100')
    expect(one.data.map(({ seq }: any) => seq)).toEqual(
      Array.from({ length: 10 }, (_, at) => 129 - at),
    )
    const some = await api('/audit?actor=operator:anna&action=adjustment.held&limit=100')
    expect(some.data).toHaveLength(50)
    const from = new Date(1_793_000_100_000).toISOString()
    const to = new Date(1_793_000_105_000).toISOString()
    const timed = await api(`/audit?from=${from}&to=${to}`)
    expect(timed.data.map(({ seq }: any) => seq)).toEqual([104, 103, 102, 101, 100])
    expect(timed.hasMore).toBe(false)
  })

  it('is filtered by ticket, invoice, customer and amount, by what the adjustments are now', async () => {
    const world = await createWorld()
    const [id] = await world.receive('zendesk', ticket({ ticket_id: '77001' }))
    await world.receive('stripe', refund({ amount: 1_234 }))
    await world.work()
    const adjustment = await world.adjustment(id!)
    expect(adjustment.invoiceId).not.toBeNull()
    const actions = (list: any): string[] => list.data.map(({ action }: any) => action)
    const all = [
      'adjustment.invoiced',
      'adjustment.claimed',
      'adjustment.created',
      'event.received',
    ]
    expect(actions(await api('/audit?ticket=77001'))).toEqual(all)
    expect(actions(await api('/audit?ticket=ticket:77001'))).toEqual(all)
    expect(actions(await api('/audit?ticket=case:77001'))).toEqual([])
    expect(actions(await api(`/audit?invoice=${adjustment.invoiceId}`))).toEqual(all)
    expect(actions(await api(`/audit?ticket=77001&invoice=${adjustment.invoiceId}`))).toEqual(all)
    // Both have to fit: the invoice is another ticket's.
    const [second] = await world.receive('zendesk', ticket({ ticket_id: '77002' }))
    await world.work()
    const other = await world.adjustment(second!)
    expect(actions(await api(`/audit?ticket=77001&invoice=${other.invoiceId}`))).toEqual([])
    expect(actions(await api(`/audit?ticket=77001&invoice=${other.invoiceNumber}`))).toEqual([])
    const ofNumber = await api(`/audit?invoice=${adjustment.invoiceNumber}`)
    expect(actions(ofNumber)).toEqual(all.slice(0, 3))
    expect(actions(await api('/audit?amount=-1234'))).toContain('adjustment.created')
    const ofCustomer = await api(
      `/audit?customer=${adjustment.customerId}&action=adjustment.invoiced`,
    )
    expect(ofCustomer.data.map(({ subject }: any) => subject)).toContain(adjustment.id)
  })

  it('has all of a ticket with many adjustments, also where its endpoint is configured no more', async () => {
    const world = await createWorld()
    const [id] = await world.receive('zendesk', ticket({ ticket_id: '78001' }))
    const one = await world.adjustment(id!)
    const columns = Object.keys(
      (await env.DB.prepare('SELECT * FROM adjustments LIMIT 1').first<object>())!,
    )
    const copy = (count: number, own: string, account: string) =>
      env.DB.prepare(
        `INSERT INTO adjustments
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count})
        SELECT ${columns.map((name) => ({ seq: 'NULL', id: `printf('adj_%s%030d', '${own}', n.i)`, part: `printf('p%d', n.i)`, account: `'${account}'`, subject: `iif('${own}' = 'cc', 'ticket:78002', subject)` })[name] ?? name).join(', ')}
        FROM adjustments, n WHERE id = '${one.id}'`,
      ).run()
    await copy(15, 'aa', one.account)
    await copy(1, 'bb', 'endpoint-of-before')
    await env.DB.exec(
      `INSERT INTO audit_entries SELECT NULL, 1793000000000, 'system:issuer', 'adjustment.held', id, '{}' FROM adjustments WHERE subject = 'ticket:78001' AND id <> '${one.id}'`,
    )
    const held = new Set<string>()
    for (let cursor = ''; ;) {
      const page = await api(`/audit?ticket=78001&action=adjustment.held&limit=100${cursor}`)
      for (const { subject } of page.data) held.add(subject)
      if (!page.hasMore) break
      cursor = `&cursor=${page.nextCursor}`
    }
    expect(held.size).toBe(16)
    const exported = await (await get('/export?ticket=78001&action=adjustment.held')).text()
    expect(await verified(exported)).toMatchObject({ fault: null, sealed: 16 })
    await copy(101, 'cc', one.account)
    const before = await env.DB.prepare('SELECT count(*) AS n FROM audit_entries').first('n')
    for (const place of ['', '/export', '/export?format=csv']) {
      const answer = await get(`${place}${place.includes('?') ? '&' : '?'}ticket=78002`)
      expect([place, answer.status]).toEqual([place, 409])
      expect((await answer.json<any>()).error.code).toBe('too_many_adjustments')
    }
    // That the list was asked for is an entry already, of this hour.
    expect(await env.DB.prepare('SELECT count(*) AS n FROM audit_entries').first('n')).toBe(before)
  })

  it('finds the one entry of an event that was ignored', async () => {
    const world = await createWorld()
    const [id] = await world.receive('zendesk', ticket({ tags: 'nothing' }))
    expect(await world.fate(id!)).toBe('ignored')
    const { data } = await api(`/audit?subject=${id}`)
    expect(data).toMatchObject([
      { action: 'event.received', subject: id, data: { fate: 'ignored' } },
    ])
  })

  it.each([0, 400, 5_000])(
    'finds that of each event of a delivery of 500, with %i other entries beside it',
    async (beside) => {
      await fillLog(beside)
      const world = await createWorld({ config: { ...testConfig, rules: [] } })
      const sent = Array.from({ length: 500 }, () => ({
        id: crypto.randomUUID(),
        type: 'credit',
        subject: `x:${crypto.randomUUID()}`,
        amount: 1,
      }))
      const ids = await world.receive('batch', sent)
      expect(ids).toHaveLength(500)
      await env.DB.prepare(
        `INSERT INTO audit_entries SELECT NULL, ?1 + (seq > 500), actor, action, subject, data
         FROM audit_entries WHERE seq <= ?2`,
      )
        .bind(world.now(), Math.max(beside, 500))
        .run()
      for (const id of [ids[0], ids[249], ids[450], ids[499]]) {
        const cost = await metered(async (db) => {
          expect(await findReceived(db, id!)).toMatchObject({ subject: id })
        })
        expect(cost.rowsRead).toBeLessThan(LIST_ROWS_READ_MAX)
      }
    },
  )

  it.each([
    'from=yesterday',
    'from=2026-02-30T00:00:00Z',
    'amount=1.5',
    'cursor=0',
    'who=me',
    'subject=',
  ])('refuses %s', async (query) => {
    expect((await get(`?${query}`)).status).toBe(400)
  })
})

describe('in a long log', () => {
  beforeAll(async () => {
    await clearLog()
  })

  /** The rows that D1 itself counts. */
  function counting(): { deps: Pick<Deps, 'db'>; read: () => number } {
    let rows = 0
    const wrap = (statement: any): any =>
      new Proxy(statement, {
        get(target, name) {
          const value = Reflect.get(target, name)
          if (name === 'bind') return (...values: unknown[]) => wrap(target.bind(...values))
          if (name === 'all' || name === 'run') {
            return async () => {
              const result = await target[name]()
              rows += result.meta.rows_read
              return result
            }
          }
          if (name === 'raw') {
            return async () => {
              const result = await target.all()
              rows += result.meta.rows_read
              return target.raw()
            }
          }
          return typeof value === 'function' ? value.bind(target) : value
        },
      })
    const d1 = new Proxy(env.DB, {
      get(target, name) {
        const value = Reflect.get(target, name)
        if (name === 'prepare') return (sql: string) => wrap(target.prepare(sql))
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
    return { deps: { db: openDatabase(d1) }, read: () => rows }
  }

  // LOG_ENTRIES=1000000 asks for a long log.
  const many = Number(env.LOG_ENTRIES)
  it(
    'a page reads at most 1,000 rows, whatever is asked for, and finds everything',
    async () => {
      await fillLog(many)
      const world = await createWorld()
      const page = { before: null, limit: 100 }
      const time = 1_793_000_000_000
      const queries = [
        {},
        { actor: 'operator:nobody' },
        { action: 'adjustment.held' },
        { customer: 'cus_nobody' },
        { amount: 5 },
        { invoice: 'INV-0000' },
        { invoice: 'inv_0000' },
        { ticket: '42' },
        { subject: 'adj_00000000000000000000000000000100' },
        { subject: 'evt_00000000000000000000000000000100' },
        { from: time + 5_000_000, to: time + 6_000_000 },
        { to: time + 5_000_000, amount: 5 },
      ]
      const read: number[] = []
      for (const query of queries) {
        const counted = counting()
        await listLog({ ...world.deps, ...counted.deps }, ANNA, query, page)
        read.push(counted.read())
      }
      for (const rows of read) {
        expect(rows).toBeGreaterThan(0)
        expect(rows).toBeLessThanOrEqual(LIST_ROWS_READ_MAX)
      }
      let before: number | null = null
      let found = 0
      for (let pages = 0; pages < 100; pages++) {
        const { rows, next } = await listEntries(
          world.deps.db,
          { from: time + 1_000_000, to: time + 20_000_000, actor: 'operator:anna' },
          { before, limit: 100 },
        )
        found += rows.length
        before = next
        if (next === null) break
      }
      expect(found).toBe(
        await env.DB.prepare(
          `SELECT count(*) AS n FROM audit_entries
         WHERE actor = 'operator:anna' AND at >= ${time + 1_000_000} AND at < ${time + 20_000_000}`,
        ).first('n'),
      )
      expect(found).toBeGreaterThan(6_000)
    },
    5_000 + many,
  )

  it('subjects with more entries than one page reads are listed without a gap', async () => {
    await fillLog(3_000)
    await env.DB.exec(
      `INSERT INTO audit_entries SELECT NULL, at, actor, action, iif(seq % 3 = 0, 'one', 'two'), data FROM audit_entries`,
    )
    const world = await createWorld()
    const seqs: number[] = []
    let before: number | null = null
    for (let pages = 0; pages < 100; pages++) {
      const counted = counting()
      const { rows, next } = await listEntriesOf(
        counted.deps.db,
        { subjects: ['one', 'two'] },
        { before, limit: 100 },
      )
      expect(counted.read()).toBeLessThanOrEqual(LIST_ROWS_READ_MAX)
      seqs.push(...rows.map(({ seq }) => seq))
      before = next
      if (next === null) break
    }
    expect(seqs).toEqual(Array.from({ length: 3_000 }, (_, at) => 6_000 - at))
    expect(await filterOf(world.deps, { subject: 'one' })).toMatchObject({
      value: { subjects: ['one'] },
    })
  })
})

describe('an export', () => {
  it('of everything is verified, names who made it, and marks what is not sealed', async () => {
    await fillLog(600)
    const response = await get('/export')
    expect(response.headers.get('content-type')).toContain('application/x-ndjson')
    const text = await response.text()
    const [head, ...rest] = lines(text).map((line) => JSON.parse(line))
    expect(head.export).toMatchObject({
      format: 'makegood-audit-export/1',
      filter: null,
      keys: [VERIFIER],
    })
    expect(rest.at(-1)).toEqual({ end: { entries: 602 } })
    const own = rest.find(({ action }: any) => action === 'audit.exported')
    expect(own).toMatchObject({
      actor: 'operator:bootstrap',
      data: { format: 'ndjson', filters: [] },
    })
    expect(await verified(text)).toMatchObject({ fault: null, size: 602, sealed: 602, unsealed: 0 })
  })

  it('as ZIP is refused, and written down nowhere, where its page is not deployed', async () => {
    const { deps } = await createWorld()
    const app = createApp(() => ({ ...deps, verifyPage: async () => null }))
    const path = '/api/v1/audit/export?format=zip'
    const refused = await app.request(path, { headers: OPERATOR })
    expect(refused.status).toBe(503)
    expect((await refused.json<any>()).error.code).toBe('not_configured')
    expect(await env.DB.prepare('SELECT * FROM audit_entries').first()).toBeNull()
    const made = await createApp(() => deps).request(path, { headers: OPERATOR })
    expect([made.status, made.headers.get('content-type')]).toEqual([200, 'application/zip'])
    await made.body?.cancel()
  })

  it('lists what came after the checkpoint as not yet sealed', async () => {
    const { deps } = await createWorld()
    await fillLog(10)
    await sealLog(deps)
    const unkeyed = { ...deps, settings: { ...deps.settings, auditKeys: [] } }
    const made = await exportLog(unkeyed, ANNA, 'ndjson', {})
    if (!made.ok) expect.fail(made.error.reason)
    let text = ''
    for await (const part of made.value.parts) text += new TextDecoder().decode(part)
    expect(await verified(text)).toMatchObject({ fault: null, size: 11, sealed: 11, unsealed: 1 })
  })

  it('that is filtered has a proof of each entry, which a second implementation checks', async () => {
    await fillLog(700)
    const text = await (await get('/export?actor=operator:anna&action=adjustment.held')).text()
    const [head, ...rest] = lines(text)
    const { size, root } = await verifiedCheckpoint(JSON.parse(head!).export.checkpoint, VERIFIER)
    let checked = 0
    for (const [at, line] of rest.entries()) {
      const { proof } = JSON.parse(line)
      if (!proof) continue
      const hashes = proof.sha256.map((each: string) => Uint8Array.fromBase64(each))
      const made = await headOfProof(await leafOf(rest[at - 1]!), proof.seq - 1, size, hashes)
      expect(made?.toHex()).toBe(root.toHex())
      checked += 1
    }
    expect(checked).toBe(116)
    expect(await verified(text)).toMatchObject({ fault: null, isFiltered: true, sealed: 116 })
  })

  it('is the tree of RFC 9162 over its lines', async () => {
    await fillLog(300)
    const [head, ...rest] = lines(await (await get('/export')).text())
    const { root } = await verifiedCheckpoint(JSON.parse(head!).export.checkpoint, VERIFIER)
    const leaves = await Promise.all(
      rest.filter((line) => line.startsWith('{"action"')).map(leafOf),
    )
    expect((await treeHead(leaves)).toHex()).toBe(root.toHex())
  })

  it('as CSV escapes formulas', async () => {
    await fillLog(3)
    await env.DB.exec(
      `INSERT INTO audit_entries VALUES (NULL, 1793000000000, '=cmd()', '+x', '@y', '{"a":"-1"}')`,
    )
    const text = await (await get('/export?format=csv')).text()
    const rows = text.trimEnd().split('\r\n')
    expect(rows).toContain('seq,time,actor,action,subject,data,sealed')
    expect(rows).toContain(`4,2026-10-26T07:33:20.000Z,'=cmd(),'+x,'@y,"{""a"":""-1""}",yes`)
    expect(rows[0]).toMatch(/^"?# makegood-audit-export\/1/)
    for (const row of rows) expect(row).not.toMatch(/^"?[=+@-]|,"?[=+@-]/)
  })

  it('of a log that was changed in the database is verified as what it is', async () => {
    const { deps } = await createWorld()
    await fillLog(600)
    await sealLog(deps)
    await tamper("UPDATE audit_entries SET actor = 'operator:eve' WHERE seq = 300")
    const report = await verified(await (await get('/export')).text())
    expect(report.fault).toEqual({ seq: 300, what: 'entry 300 is not as it was sealed' })
    await tamper('DELETE FROM audit_entries WHERE seq = 20')
    const other = await verified(await (await get('/export')).text())
    expect(other.fault).toEqual({ seq: 20, what: 'entry 20 is missing' })
  })
})

describe('checkpoints and checks', () => {
  it('there is none, then one, as JSON and as the note itself', async () => {
    expect((await get('/checkpoint')).status).toBe(404)
    await fillLog(5)
    const made = await fetchApp(`${URL_OF}/checkpoint`, { method: 'POST', headers: OPERATOR })
    const { data } = await made.json<any>()
    expect(data).toMatchObject({ object: 'checkpoint', size: 6 })
    const note = await (await get('/checkpoint', { accept: 'text/plain' })).text()
    expect(note).toBe(data.note)
    expect(await verifiedCheckpoint(note, VERIFIER)).toMatchObject({ size: 6 })
  })

  it(
    'a check goes through the log step by step, in an auditor’s words',
    { timeout: 60_000 },
    async () => {
      await fillLog(8_200)
      await fetchApp(`${URL_OF}/checkpoint`, { method: 'POST', headers: OPERATOR })
      const first = await api('/audit/verify')
      expect(first).toMatchObject({ hasMore: true, nextCursor: '8192', data: { isIntact: true } })
      expect(first.data.summary).toBe('entries 1 to 8192 of 8201 are as they were sealed')
      const last = await api(`/audit/verify?cursor=${first.nextCursor}`)
      expect(last.data.summary).toBe(
        'entries 8193 to 8201, the last of 8201, are as they were sealed',
      )
      await tamper("UPDATE audit_entries SET subject = 'x' WHERE seq = 8195")
      const bad = await api('/audit/verify?cursor=8192')
      expect(bad.data).toMatchObject({
        isIntact: false,
        fault: { reason: 'entry_changed', seq: 8195 },
      })
      const refused = await fetchApp(`${URL_OF}/checkpoint`, { method: 'POST', headers: OPERATOR })
      expect(refused.status).toBe(409)
      expect((await refused.json<any>()).error.message).toBe(
        'Nothing is sealed: entry 8195 is not as it was sealed.',
      )
    },
  )

  it('says until when by its last entry, since nobody signs the time of a checkpoint', async () => {
    const { deps } = await createWorld()
    await fillLog(41)
    await sealLog(deps)
    await tamper('UPDATE audit_checkpoints SET at = 9999999999999')
    const last = await env.DB.prepare('SELECT at FROM audit_entries WHERE seq = 42').first('at')
    expect((await api('/audit/verify')).data.summary).toBe(
      `log intact through ${new Date(Number(last)).toISOString()}, 42 entries`,
    )
  })

  it('a short log is intact in one step', async () => {
    await fillLog(41)
    await fetchApp(`${URL_OF}/checkpoint`, { method: 'POST', headers: OPERATOR })
    const { data, hasMore } = await api('/audit/verify')
    expect(hasMore).toBe(false)
    expect(data.summary).toMatch(/^log intact through \d{4}-\d\d-\d\dT.*Z, 42 entries$/)
  })
})
