// A fault of the sandbox's own: no call can bring one about, so the test takes a table away behind it.
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startSandbox } from './running-sandbox.ts'
import type { RunningSandbox } from './running-sandbox.ts'

let sandbox: RunningSandbox
let statePath: string

beforeAll(async () => {
  statePath = await mkdtemp(join(tmpdir(), 'sandbox-state-'))
  sandbox = await startSandbox(statePath)
})
afterAll(async () => {
  await sandbox.stop()
  await rm(statePath, { recursive: true, force: true })
})

async function takeAway(table: string): Promise<void> {
  const files = await readdir(statePath, { recursive: true })
  for (const file of files.filter((name) => /[0-9a-f]{64}\.sqlite$/.test(name))) {
    const database = new DatabaseSync(join(statePath, file))
    database.exec(`DROP TABLE IF EXISTS ${table}`)
    database.close()
  }
}

it('answers a fault of its own in the envelope, with its limits, and logs the request id', async () => {
  expect((await sandbox.api('POST', '/invoices/inv_acme_plan/send', {})).status).toBe(200)
  await takeAway('outbox')
  const { status, headers, json } = await sandbox.api('POST', '/invoices/inv_acme_plan/send', {})
  expect([status, json.error.code]).toEqual([500, 'internal_error'])
  expect(Number(headers.get('ratelimit-remaining'))).toBeGreaterThan(0)
  const [logged] = (await sandbox.control('GET', '/requests')).json.requests
  expect(logged).toMatchObject({ status: 500, requestId: headers.get('x-request-id') })
})
