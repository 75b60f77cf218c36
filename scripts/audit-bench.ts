// `npm run audit -- bench [--entries 1000000]`: a log of that many entries, filled by SQL, then sealed, exported and
// verified by the product itself on a local database of its own, and what each of it took.

import { randomBytes } from 'node:crypto'
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { readPublicKey } from '../src/domain/signed-note.ts'
import type { ExportReport } from '../src/domain/verify-export.ts'
import { apiOf, type Api } from './api-client.ts'
import { newAuditKey } from './audit-key.ts'
import { verifyFile } from './audit-verify.ts'
import { localFile } from './backtest-database.ts'
import { startStack, type Stack } from './local-stack.ts'

const MIB = 1_048_576
const BUSY_MS = 10_000

/** Made-up adjustments of eight entries each, as long as entries are. */
const FILL = `INSERT INTO audit_entries
  WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1),
    last(seq) AS (SELECT coalesce(max(seq), 0) FROM audit_entries)
  SELECT NULL, 1700000000000 + (last.seq + i) * 900,
    iif(i % 5 = 0, 'operator:anna', 'source:zendesk'),
    iif(i % 2 = 0, 'adjustment.claimed', 'adjustment.invoiced'),
    printf('adj_%032d', (last.seq + i) / 8),
    json_object('attempt', 1, 'amount', -2500, 'currency', 'usd',
      'customer', printf('cus_%024d', i % 900), 'requestId', printf('req_%024d', i),
      'invoice', printf('inv_%024d', i))
  FROM n, last`

export type AuditFigures = {
  readonly entries: number
  readonly sealSeconds: number
  readonly exportSeconds: number
  readonly exportMib: number
  readonly verifySeconds: number
  /** Of which the processor worked: what it takes where nobody else does. */
  readonly verifyCpuSeconds: number
  /** How much more memory the command had at most while it verified. */
  readonly verifyMib: number
  readonly report: ExportReport
}

const secondsSince = (startedAt: number): number => (performance.now() - startedAt) / 1_000

/** In its own process the sealing is done by the Worker; each call of it is bounded. */
async function seal({ audit }: Api): Promise<void> {
  let before = -1
  for (;;) {
    const answer: unknown = await (await audit.checkpoint.$post({})).json()
    const size = Reflect.get(Object(Reflect.get(Object(answer), 'data')), 'size')
    if (typeof size !== 'number') throw new Error(`not sealed: ${JSON.stringify(answer)}`)
    if (size === before) return
    before = size
  }
}

/** The most that was resident while `act` ran, beyond what was before. */
async function watched<Value>(act: () => Promise<Value>): Promise<readonly [Value, number]> {
  globalThis.gc?.()
  const before = process.memoryUsage().rss
  let most = before
  const timer = setInterval(() => {
    most = Math.max(most, process.memoryUsage().rss)
  }, 50)
  try {
    return [await act(), (most - before) / MIB]
  } finally {
    clearInterval(timer)
  }
}

/** Everything is made in `folder`, and left there. */
export async function measureAudit(folder: string, entries: number): Promise<AuditFigures> {
  const statePath = path.join(folder, 'state')
  const { signing, verifier } = await newAuditKey('bench/audit')
  const key = readPublicKey(verifier)
  if (key === null) throw new Error(`${verifier} is no key`)
  const apiKey = `ck_mg_${randomBytes(24).toString('hex')}`
  const vars = {
    COMMET_API_KEY: 'ck_sandbox_bench',
    BOOTSTRAP_KEY: apiKey,
    LINK_KEY: randomBytes(24).toString('hex'),
    AUDIT_KEY: signing,
  }
  const stack: Stack = await startStack({ port: 0, sandboxPort: 0, statePath, vars, log: 'quiet' })
  const api = apiOf({ url: stack.appUrl, key: apiKey })
  try {
    const database = new DatabaseSync(localFile(statePath), { timeout: BUSY_MS })
    database.prepare(FILL).run(entries)
    database.close()
    const sealing = performance.now()
    await seal(api)
    const sealSeconds = secondsSince(sealing)
    const exporting = performance.now()
    const file = path.join(folder, 'audit-log.ndjson')
    const { body } = await api.audit.export.$get({ query: {} })
    if (body === null) throw new Error('the export is empty')
    await pipeline(Readable.fromWeb(body), fs.createWriteStream(file))
    const exportSeconds = secondsSince(exporting)
    const verifying = performance.now()
    const cpuBefore = process.cpuUsage()
    const [report, verifyMib] = await watched(() => verifyFile(file, [key], null))
    const verifySeconds = secondsSince(verifying)
    const cpu = process.cpuUsage(cpuBefore)
    const verifyCpuSeconds = (cpu.user + cpu.system) / 1_000_000
    const exportMib = fs.statSync(file).size / MIB
    return {
      entries,
      sealSeconds,
      exportSeconds,
      exportMib,
      verifySeconds,
      verifyCpuSeconds,
      verifyMib,
      report,
    }
  } finally {
    await stack.stop()
  }
}

export async function benchAudit(entries: number): Promise<boolean> {
  const folder = fs.mkdtempSync(path.join(tmpdir(), 'makegood-audit-'))
  try {
    const { report, ...figures } = await measureAudit(folder, entries)
    for (const [name, figure] of Object.entries(figures)) {
      console.log(
        `${name.padEnd(14)} ${figure.toLocaleString('en-US', { maximumFractionDigits: 1 })}`,
      )
    }
    console.log(report.fault === null ? `intact, ${report.sealed} entries` : report.fault.what)
    return report.fault === null
  } finally {
    fs.rmSync(folder, { recursive: true, force: true })
  }
}
