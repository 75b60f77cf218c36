// The evidence of one adjustment: everything that the record says of it, as JSON and as a page to print.

import { env } from 'cloudflare:workers'
import canonicalize from 'canonicalize'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Deps } from '../../src/deps.ts'
import type { EventId } from '../../src/domain/ids.ts'
import { BOOTSTRAP } from '../../src/domain/operator.ts'
import { keepPresentRuleSet } from '../../src/usecases/keep-rule-set.ts'
import { findEvidence } from '../../src/usecases/find-evidence.ts'
import { requeueEvent } from '../../src/usecases/requeue-event.ts'
import { sealLog } from '../../src/usecases/seal-log.ts'
import { publicKeyOf, readPublicKey } from '../../src/domain/signed-note.ts'
import { createApp } from '../../src/http/app.ts'
import { clearLog, fillLog, ORIGIN, sealAs, tamper, VERIFIER, withoutGuards } from '../audit-log.ts'
import { fetchApp, OPERATOR, ticket } from '../harness.ts'
import { metered } from '../metered-database.ts'
import { headOfProof, leafOf, verifiedCheckpoint } from '../rfc9162.ts'
import { createWorld } from '../world.ts'
import testConfig from '../makegood.config.ts'

let world: Awaited<ReturnType<typeof createWorld>>
beforeEach(async () => {
  world = await createWorld()
})

const fetchEvidence = (named: string, accept = 'application/json') =>
  fetchApp(`https://makegood.example/api/v1/adjustments/${named}/evidence`, {
    headers: { ...OPERATOR, accept },
  })

const evidenceOf = async (named: string): Promise<any> =>
  (await (await fetchEvidence(named)).json<any>()).data

async function issued(fields: Record<string, unknown> = {}): Promise<EventId> {
  const [id] = await world.receive('zendesk', ticket(fields))
  await world.work()
  return id!
}

const sha256 = async (bytes: readonly number[]): Promise<string> =>
  new Uint8Array(await crypto.subtle.digest('SHA-256', Uint8Array.from(bytes))).toHex()
const bytesOf = (text: string): number[] => [...new TextEncoder().encode(text)]

describe('evidence', () => {
  it('goes from what was delivered to each entry of the log', async () => {
    const body = ticket({ token: 'sesame-open' })
    const [id] = await world.receive('zendesk', body)
    await world.work()
    const adjustment = await world.adjustment(id!)
    const shown = await evidenceOf(adjustment.id)
    expect(shown).toMatchObject({
      object: 'evidence',
      adjustment: {
        id: adjustment.id,
        asker: 'agent@saas.example',
        state: 'invoiced',
        invoice: { number: adjustment.invoiceNumber },
      },
      request: { customerId: adjustment.customerId, amount: -2500 },
      event: { id, fate: 'adjusted', rule: 'zendesk-ticket-credit' },
      rules: { rule: { id: 'zendesk-ticket-credit', reason: 'goodwill' } },
    })
    expect(shown.why.length).toBeGreaterThan(0)
    expect(JSON.parse(shown.payload.body)).toEqual({ ...body, token: '[redacted]' })
    expect(shown.log.map(({ action }: any) => action)).toEqual([
      'event.received',
      'adjustment.created',
      'adjustment.claimed',
      'adjustment.invoiced',
    ])
    expect(shown.log[3].data.requestId).toMatch(/\S/)
    // Whoever has the address of its link has the PDF, and evidence is handed on.
    expect(JSON.stringify(shown)).not.toContain('/i/')
  })

  it('is enough to check what was received, and which rules decided, by hand', async () => {
    const { id } = await world.adjustment(await issued())
    const { event, log, payload, rules } = await evidenceOf(id)
    const commitment = await sha256([...Uint8Array.fromHex(payload.salt), ...bytesOf(payload.body)])
    expect([event.commitment, log[0].data.commitment]).toEqual([commitment, commitment])
    expect(rules.hash).toBe(await sha256(bytesOf(rules.text)))
    expect(rules.hash).toBe(await world.deps.ruleSet())
    expect(rules.isAsRecorded).toBe(true)
    const [, created, claimed] = log
    expect(created.data.rules).toBe(rules.hash)
    expect(claimed.data.rules).toBe(rules.hash)
    expect(claimed.data.limits).toMatchObject({
      ...world.deps.config.limits.of.owed,
      first: 0,
      duplicateMs: expect.any(Number),
    })
  })

  it('of an event that was ignored when it came begins with that all the same', async () => {
    const bare = await createWorld({ config: { ...testConfig, rules: [] } })
    const [id] = await bare.receive('zendesk', ticket())
    expect(await requeueEvent(world.deps, BOOTSTRAP, id!)).toMatchObject({ ok: true })
    await world.work()
    const { log } = await evidenceOf((await world.adjustment(id!)).id)
    expect(log.map(({ action }: any) => action).slice(0, 3)).toEqual([
      'event.received',
      'event.requeued',
      'adjustment.created',
    ])
  })

  it('is found by the number of its invoice, and what is not there is 404', async () => {
    const { id, invoiceNumber } = await world.adjustment(await issued())
    expect((await evidenceOf(invoiceNumber!)).adjustment.id).toBe(id)
    for (const named of ['INV-NONE', `adj_${'0'.repeat(32)}`, "x' OR 1"]) {
      expect((await fetchEvidence(encodeURIComponent(named))).status).toBe(404)
    }
  })

  it('of a number that two invoices have says which they are', async () => {
    const one = await world.adjustment(await issued())
    const other = await world.adjustment(await issued())
    await env.DB.prepare('UPDATE adjustments SET invoice_number = ? WHERE id = ?')
      .bind(one.invoiceNumber, other.id)
      .run()
    const answer = await fetchEvidence(one.invoiceNumber!)
    expect(answer.status).toBe(409)
    expect((await answer.json<any>()).error.details.adjustments.toSorted()).toEqual(
      [one.id, other.id].toSorted(),
    )
  })

  it('is there also when the payload is forgotten, and says so', async () => {
    const { id } = await world.adjustment(await issued())
    await env.DB.prepare('DELETE FROM payloads').run()
    expect(await evidenceOf(id)).toMatchObject({ payload: null, event: { fate: 'adjusted' } })
    const page = await (await fetchEvidence(id, 'text/html')).text()
    expect(page).toContain('It is not kept any more')
  })
})

describe('the page', () => {
  it('stands alone: no script, nothing loaded, and what a sender wrote is text', async () => {
    const attack =
      '</pre><script src="https://evil.example/x.js"></script><img src=x onerror=alert(1)>'
    const { id } = await world.adjustment(await issued({ note: attack, asker: `${attack}@x` }))
    const response = await fetchEvidence(id, 'text/html,application/xhtml+xml;q=0.9,*/*;q=0.8')
    const page = await response.text()
    expect(response.headers.get('content-type')).toContain('text/html')
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(page).not.toMatch(/<script|<img|<link|<iframe|\son\w+=["']/i)
    expect(page).toContain('&lt;/pre&gt;&lt;script')
    for (const part of [id, 'adjustment.invoiced', 'Entries in the log'])
      expect(page).toContain(part)
  })

  it('may load nothing but its own style, by the hash that it has', async () => {
    const { id } = await world.adjustment(await issued())
    const response = await fetchEvidence(id, 'text/html')
    const policy = response.headers.get('content-security-policy') ?? ''
    const [, style = ''] = /<style>([^]*?)<\/style>/.exec(await response.text()) ?? []
    const hash = Uint8Array.fromHex(await sha256(bytesOf(style))).toBase64()
    expect(policy).toContain(`default-src 'none'; style-src 'sha256-${hash}'`)
  })

  it('is JSON for whoever doesn’t ask for a page', async () => {
    const { id } = await world.adjustment(await issued())
    for (const accept of ['*/*', 'application/json', 'text/plain']) {
      const response = await fetchEvidence(id, accept)
      expect(response.headers.get('content-type')).toContain('application/json')
    }
  })
})

describe('the place in the log', () => {
  /** What a reader does with it who has nothing else but the public key. */
  async function proven({ log, checkpoint }: any): Promise<readonly string[]> {
    const { size, root } = await verifiedCheckpoint(checkpoint.note, VERIFIER)
    const found = []
    for (const { place, proof, at, seq, ...entry } of log) {
      const line = canonicalize({ ...entry, seq, at: Date.parse(at) }) ?? ''
      const hashes = (proof ?? []).map((each: string) => Uint8Array.fromBase64(each))
      const head = proof && (await headOfProof(await leafOf(line), seq - 1, size, hashes))
      found.push(head?.toHex() === root.toHex() ? `${place}, proven` : place)
    }
    return found
  }

  it('is proven to each entry, which a second implementation checks against the public key', async () => {
    await clearLog()
    await fillLog(700)
    const { id } = await world.adjustment(await issued())
    expect(await evidenceOf(id)).toMatchObject({
      checkpoint: null,
      place: ['Not yet sealed: entry 701, 702, 703, 704'],
    })
    await sealLog(world.deps)
    await fillLog(300)
    await sealLog(world.deps)
    const shown = await evidenceOf(id)
    expect(await proven(shown)).toEqual(Array.from({ length: 4 }, () => 'sealed, proven'))
    // With the entry that the delivery was read.
    expect(shown.checkpoint.size).toBe(1_006)
    expect(shown.place).toEqual([
      `Proven to be in the log of 1006 entries that was signed: entry 701, 702, 703, 704`,
    ])
    expect(shown.log[0].proof.length).toBeGreaterThan(8)
    const page = await (await fetchEvidence(id, 'text/html')).text()
    expect(page).toContain(shown.place[0])
    expect(page).toContain(shown.log[3].proof[0])
  })

  it('is not there for an entry that was changed, which is said first', async () => {
    await clearLog()
    const { id } = await world.adjustment(await issued())
    await sealLog(world.deps)
    await tamper("UPDATE audit_entries SET actor = 'operator:eve' WHERE seq = 2")
    const shown = await evidenceOf(id)
    expect(await proven(shown)).toEqual([
      'sealed, proven',
      'not_as_sealed',
      'sealed, proven',
      'sealed, proven',
    ])
    expect(shown.place[0]).toBe('NOT AS SEALED: entry 2')
  })

  it('is not there where the checkpoint was changed together with its root', async () => {
    await clearLog()
    const { id } = await world.adjustment(await issued())
    await sealLog(world.deps)
    const other = btoa('x'.repeat(32))
    await tamper(
      `UPDATE audit_checkpoints SET note = replace(note, root, '${other}'), root = '${other}'`,
    )
    const { place, log } = await evidenceOf(id)
    expect(place).toEqual(['NOT AS SEALED: entry 1, 2, 3, 4'])
    expect(log.map(({ proof }: any) => proof)).toEqual([null, null, null, null])
  })

  /** What is answered by an app of these settings, and its page. */
  async function shownBy(id: string, settings: Partial<Deps['settings']>) {
    const deps = { ...world.deps, settings: { ...world.deps.settings, ...settings } }
    const app = createApp(() => deps)
    const path = `/api/v1/adjustments/${id}/evidence`
    const answer = await app.request(path, { headers: OPERATOR })
    const page = await app.request(path, { headers: { ...OPERATOR, accept: 'text/html' } })
    return { shown: (await answer.json<any>()).data, page: await page.text() }
  }

  async function sealedAdjustment(): Promise<string> {
    await clearLog()
    const { id } = await world.adjustment(await issued())
    await sealLog(world.deps)
    return id
  }

  const placesOf = ({ log }: any): string[] => log.map(({ place }: any) => place)
  const allOf = (place: string): string[] => [place, place, place, place]
  /** Of an entry that was changed the hashes lead nowhere, whoever has signed. */
  const changeEntry = () => tamper("UPDATE audit_entries SET actor = 'operator:eve' WHERE seq = 2")

  it('is not checked where no key is configured, and is there for who has the public one', async () => {
    const id = await sealedAdjustment()
    const { shown, page } = await shownBy(id, { auditKeys: [] })
    expect(await proven(shown)).toEqual(allOf('not_checked, proven'))
    expect(shown.place).toEqual([
      expect.stringMatching(/^Not checked, since no AUDIT_KEY is .*: entry 1, 2, 3, 4\. Each/),
    ])
    expect(page).toContain(shown.place[0])
    await changeEntry()
    expect(placesOf((await shownBy(id, { auditKeys: [] })).shown)).toEqual([
      'not_checked',
      'not_as_sealed',
      'not_checked',
      'not_checked',
    ])
  })

  it.each(['has another key', 'has a former key alone', 'has keys of another name'])(
    'is signed by others where the app %s, which says why that may be',
    async (how) => {
      const id = await sealedAdjustment()
      const seed = new Uint8Array(32).fill(9)
      const name = how === 'has keys of another name' ? 'elsewhere.example/audit' : ORIGIN
      const own = await publicKeyOf({ name, seed })
      const other = { name, seed, id: own.id }
      // Of keys of another name the true one is known, and the log is not theirs all the same.
      const settings =
        how === 'has a former key alone'
          ? { auditKeys: [], formerAuditKeys: [own] }
          : {
              auditKeys: [other],
              formerAuditKeys: name === ORIGIN ? [] : [readPublicKey(VERIFIER)!],
            }
      const { shown, page } = await shownBy(id, settings)
      expect(await proven(shown)).toEqual(allOf('signed_by_others, proven'))
      expect(shown.place).toEqual([
        expect.stringMatching(
          /^SIGNED BY OTHERS: entry 1, 2, 3, 4\. .*: either the log was rewritten .*, or .*AUDIT_KEY_FORMER lacks/,
        ),
      ])
      expect(page).toContain(shown.place[0])
      await changeEntry()
      expect(placesOf((await shownBy(id, settings)).shown)).toEqual([
        'signed_by_others',
        'not_as_sealed',
        'signed_by_others',
        'signed_by_others',
      ])
    },
  )

  it('is signed by others of a history that a thief has rewritten, and signed with a key of his own', async () => {
    const id = await sealedAdjustment()
    await withoutGuards(async () => {
      await env.DB.exec(
        `UPDATE audit_entries SET data = json_set(data, '$.amount', -999999)
        WHERE action = 'adjustment.created'`.replaceAll('\n', ' '),
      )
      await sealAs({ name: ORIGIN, seed: new Uint8Array(32).fill(7) })
    })
    const { shown, page } = await shownBy(id, {})
    expect(placesOf(shown)).toEqual(allOf('signed_by_others'))
    expect(shown.place[0]).toMatch(/^SIGNED BY OTHERS: entry 1, 2, 3, 4\./)
    expect(page).toContain('SIGNED BY OTHERS')
  })

  it('of many entries is shown of the first and of the newest, and it says that there are more', async () => {
    const { id } = await world.adjustment(await issued())
    const add = (count: number) =>
      env.DB.prepare(
        `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count})
         INSERT INTO audit_entries
         SELECT NULL, 1793000000000 + i, 'system:issuer', 'adjustment.reminded', '${id}', '{}' FROM n`,
      ).run()
    // With the four of its way.
    await add(496)
    expect(await evidenceOf(id)).toMatchObject({ isCut: false, log: { length: 500 } })
    await add(200)
    await env.DB.prepare(
      `INSERT INTO audit_entries VALUES (NULL, 1793000000000, 'operator:anna', 'adjustment.approved', ?, '{}')`,
    )
      .bind(id)
      .run()
    const { isCut, log, place, rules } = await evidenceOf(id)
    expect([isCut, log.length, rules.isAsRecorded]).toEqual([true, 500, true])
    expect([log[0].action, log[1].action, log.at(-1).action]).toEqual([
      'event.received',
      'adjustment.created',
      'adjustment.approved',
    ])
    expect(log[50].seq - log[49].seq).toBe(202)
    expect(place.at(-1)).toContain(`An export with subject=${id} has all of its entries`)
  })

  it('is found by a bounded number of rows, also of an event that was ignored when it came', async () => {
    await clearLog()
    await fillLog(5_000)
    const bare = await createWorld({ config: { ...testConfig, rules: [] } })
    const [id] = await bare.receive('zendesk', ticket())
    // As many that came later.
    await env.DB.prepare(
      `INSERT INTO audit_entries SELECT NULL, ?1 + seq, actor, action, subject, data FROM audit_entries`,
    )
      .bind(world.now())
      .run()
    await requeueEvent(world.deps, BOOTSTRAP, id!)
    await world.work()
    const { id: adjustment } = await world.adjustment(id!)
    const cost = await metered(async (db) => {
      const found = await findEvidence({ ...world.deps, db }, adjustment)
      expect(found.ok && found.value.entries[0]?.action).toBe('event.received')
    })
    expect(cost.rowsRead).toBeLessThan(1_000)
  })
})

describe('a rule set', () => {
  const rows = async () =>
    (await env.DB.prepare('SELECT * FROM rule_sets ORDER BY first_seen_at').all<any>()).results

  it('is kept once, with the first event that it decides, and the commit of the deployment', async () => {
    const config = { ...testConfig, rules: testConfig.rules.slice(0, 1) }
    const { settings } = world.deps
    const other = await createWorld({
      config,
      settings: { ...settings, gitCommit: '0123abc' },
      ruleSet: async () => 'hash-of-others',
    })
    const before = (await rows()).length
    await other.receive('zendesk', ticket())
    await other.receive('zendesk', ticket())
    await keepPresentRuleSet(other.deps)
    const kept = await rows()
    expect(kept).toHaveLength(before + 1)
    expect(kept.find(({ hash }) => hash === 'hash-of-others')).toMatchObject({
      git_commit: '0123abc',
    })
  })

  it('that is not the one whose hash the log has is said to be another', async () => {
    const { id } = await world.adjustment(await issued())
    const triggers = (
      await env.DB.prepare(
        "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'rule_sets'",
      ).all<any>()
    ).results
    for (const { name } of triggers) await env.DB.exec(`DROP TRIGGER ${name}`)
    const hash = await world.deps.ruleSet()
    const change = `UPDATE rule_sets SET text = replace(text, 'goodwill', 'nothing') WHERE hash = '${hash}'`
    await env.DB.exec(change)
    const { rules, place } = await evidenceOf(id)
    expect(rules.isAsRecorded).toBe(false)
    expect(place).toContain(
      'NOT AS RECORDED: the log names other rules than those whose text is kept',
    )
    await env.DB.exec(change.replace("'goodwill', 'nothing'", "'nothing', 'goodwill'"))
    for (const { sql } of triggers) await env.DB.prepare(sql).run()
    expect((await evidenceOf(id)).rules.isAsRecorded).toBe(true)
  })

  it('holds no secret of the environment', async () => {
    await issued()
    const secrets = Object.entries(env).filter(
      ([name, value]) => /SECRET|KEY/.test(name) && typeof value === 'string',
    )
    expect(secrets.length).toBeGreaterThan(3)
    const text = JSON.stringify(await rows())
    for (const [, value] of secrets) expect(text).not.toContain(value)
  })

  it.each([
    'UPDATE rule_sets SET text = 1',
    'DELETE FROM rule_sets',
    `INSERT OR REPLACE INTO rule_sets SELECT hash, '[]', NULL, 1 FROM rule_sets`,
  ])('%s is refused', async (sql) => {
    await issued()
    await expect(env.DB.prepare(sql).run()).rejects.toThrow('what has decided is never')
  })
})
