// Tables filled by SQL, past all guards: what a list costs is measured on as many rows as anybody has.

import { env } from 'cloudflare:workers'

const CHUNK = 50_000

/** Three months from here on; the reports are of the second. */
export const FIRST_AT = Date.parse('2026-08-01T00:00:00Z')
const SPAN_MS = 92 * 86_400_000

const id = (kind: string, n = 'i'): string => `'${kind}_' || printf('%032d', ${n})`

/** `i` counts from 1; `?3` is when the first came, and `?4` how many there are. */
const TABLES: Readonly<Record<string, string>> = {
  events: `INSERT INTO events (seq, id, delivery_id, endpoint, account, source, own_id, type, mode,
      received_at, commitment, fate, decision)
    SELECT i, ${id('evt')}, 'd' || i, 'zendesk', 'zendesk', 'zendesk', 'own' || i, 'ticket.updated', 'test',
      ?3 + (i * ${SPAN_MS} / ?4), 'c', CASE i % 4 WHEN 0 THEN 'undecided' WHEN 1 THEN 'conflict'
      WHEN 2 THEN 'adjusted' ELSE 'ignored' END,
      json_object('considered', json('[]'), 'subject', 'ticket:' || (i / 50)) FROM n`,
  // Each sixteen entries are of one adjustment: held, looked at again and again, and approved at last.
  audit_entries: `INSERT INTO audit_entries (seq, at, actor, action, subject, data)
    SELECT i, ?3 + (i * ${SPAN_MS} / ?4), 'system:sweep', CASE i % 16 WHEN 0 THEN 'adjustment.held'
      WHEN 15 THEN 'adjustment.approved' ELSE 'adjustment.reminded' END, ${id('adj', 'i / 16 + 1')},
      json_object('approvals', 1, 'needed', 1) FROM n`,
  adjustments: `INSERT INTO adjustments (seq, id, event_id, rule_id, account, endpoint, source, subject, part,
      mode, settlement, reason, caused_by, amount, currency, customer_reference, customer_kind, description,
      created_at, state, hold_reasons, held_at, holds, version, attempts, generation, invoice_id,
      invoice_number, invoice_status, invoice_currency, invoice_subtotal, invoice_tax, invoice_total,
      invoiced_at, customer_id, counted_at, counted_day, asker)
    SELECT i, ${id('adj')}, ${id('evt')}, 'rule-' || (i % 7), 'zendesk', 'zendesk', 'zendesk', 'ticket:' || i, '',
      'test', iif(i % 3, 'owed', 'already_paid'), 'goodwill', 'agent', -100 - (i % 5000), 'usd',
      'acme-' || (i % 10), 'external_id', 'd', ?3 + (i * ${SPAN_MS} / ?4),
      s, iif(s = 'held', '["over_limit:holdAbove"]', NULL), iif(s = 'held', ?3, NULL), s = 'held', 1, 0, 0,
      iif(s = 'invoiced', 'inv_' || i, NULL), iif(s = 'invoiced', 'INV-' || i, NULL),
      iif(s = 'invoiced', 'outstanding', NULL), iif(s = 'invoiced', 'usd', NULL),
      iif(s = 'invoiced', -100 - (i % 5000), NULL), iif(s = 'invoiced', 0, NULL),
      iif(s = 'invoiced', -100 - (i % 5000), NULL),
      iif(s = 'invoiced', ?3 + (i * ${SPAN_MS} / ?4), NULL), 'cus_' || (i % 10),
      iif(s = 'invoiced', ?3 + i, NULL), iif(s = 'invoiced', '2026-09-01', NULL), 'agent@saas.example'
    FROM (SELECT i, CASE i % 4 WHEN 0 THEN 'held' WHEN 1 THEN 'failed' ELSE 'invoiced' END AS s FROM n)`,
  approvals: `INSERT INTO approvals (adjustment_id, hold, identity, operator, at)
    SELECT ${id('adj')}, k.value, 'p' || k.value, 'boss' || k.value, 1
    FROM n, json_each('[1,2,3,4,5,6,7,8]') k WHERE i % 8 = 0`,
  links: `INSERT INTO links (seq, id, invoice_id, nth, created_at, expires_at)
    SELECT i, ${id('lnk')}, 'inv_' || (i / 3), i % 3, 1, 9e14 FROM n`,
  identities: `INSERT INTO identities (seq, account, kind, value, customer_id, at, actor)
    SELECT i, 'zendesk', 'external_id', 'acme-' || i, 'cus_' || (i % 10), 1, 'operator:me' FROM n`,
  notices: `INSERT INTO notices (seq, about, action, at, wake_at, attempts, channels)
    SELECT i, ${id('adj')}, 'adjustment.invoiced', 1, iif(i % 2, 1, NULL), 0, '{}' FROM n`,
  discrepancies: `INSERT INTO discrepancies (seq, id, reason, mode, expected, found, fields, first_seen_at,
      last_seen_at, settled_at, settled_by)
    SELECT i, ${id('dsc')}, 'stuck', 'test', 0, 0, '[]', 1, 1, iif(i < 100, 1, NULL), iif(i < 100, 'me', NULL)
    FROM n`,
  reconciliations: `INSERT INTO reconciliations (seq, mode, from_at, to_at, started_at, is_restored, progress,
      finished_at, outcome) SELECT i, 'test', i, i + 1, 1, 0, '{}', 1, 'complete' FROM n`,
  erasures: `INSERT INTO erasures (seq, id, reason, asked_by, requested_at, through_event, through_adjustment,
      phase, after, waiting, counts, finished_at)
    SELECT i, ${id('era')}, 'r', 'me', 1, 1, 1, 'done', 0, 0, '{}', 1 FROM n`,
  keys: `INSERT INTO keys (seq, id, name, hash, scopes, created_at, created_by)
    SELECT i, ${id('key')}, 'key ' || i, 'h' || i, '["read"]', 1, 'operator:me' FROM n`,
}

/** `adjustments`: where there are fewer of them than of everything else. */
export async function fillTables(count: number, adjustments = count): Promise<void> {
  const { results } = await env.DB.prepare(
    `SELECT name FROM sqlite_master WHERE type = 'trigger'`,
  ).all<{ name: string }>()
  await env.DB.batch(results.map(({ name }) => env.DB.prepare(`DROP TRIGGER ${name}`)))
  for (const [table, insert] of Object.entries(TABLES)) {
    const rows = table === 'adjustments' ? adjustments : count
    // D1 binds numbers as floats, which no column of integers takes.
    const filled = insert.replaceAll('?3', String(FIRST_AT)).replaceAll('?4', String(rows))
    for (let from = 1; from <= rows; from += CHUNK) {
      const to = Math.min(rows, from + CHUNK - 1)
      await env.DB.prepare(
        `WITH RECURSIVE n(i) AS (SELECT ${from} UNION ALL SELECT i + 1 FROM n WHERE i < ${to}) ${filled}`,
      ).run()
    }
  }
}
