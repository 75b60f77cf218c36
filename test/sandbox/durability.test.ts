// What was answered survives SIGKILL: the sandbox runs as a process of its own and is killed with its
// runtime, then started again on the same state.
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { assert } from '../../src/domain/assert.ts'
import { SANDBOX_KEY } from './running-sandbox.ts'

let statePath: string
let running: ChildProcess | null = null

beforeEach(async () => {
  statePath = await mkdtemp(join(tmpdir(), 'sandbox-state-'))
})
afterEach(async () => {
  await kill()
  await rm(statePath, { recursive: true, force: true })
})

/** Starts the process as the leader of a group, so that its runtime dies with it. */
async function start(): Promise<string> {
  const script = fileURLToPath(import.meta.resolve('./run-sandbox.ts'))
  const child = spawn(process.execPath, [script, statePath], {
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  running = child
  const [line] = await once(child.stdout, 'data')
  return String(line).trim()
}

async function kill(): Promise<void> {
  if (running === null) return
  const child = running
  running = null
  assert(child.pid !== undefined, 'a started process has an id')
  const gone = once(child, 'exit')
  process.kill(-child.pid, 'SIGKILL')
  await gone
}

const body = JSON.stringify({ customerId: 'cus_acme', amount: -2500, description: 'Outage' })
const headers = { 'x-api-key': SANDBOX_KEY, 'idempotency-key': 'k1' }

async function json(url: string, init: RequestInit = { headers }): Promise<any> {
  return (await fetch(url, init)).json()
}

it('keeps invoices, keys, addresses and the clock when it is killed after its answer', async () => {
  let origin = await start()
  const post = () => json(`${origin}/api/v1/invoices`, { method: 'POST', headers, body })
  const { data: invoice } = await post()
  const { data: download } = await json(`${origin}/api/v1/invoices/${invoice.id}/download`)
  const moved = { method: 'POST', body: JSON.stringify({ advanceSeconds: 86_000 }) }
  await json(`${origin}/sandbox/clock`, moved)
  await kill()

  origin = await start()
  expect((await post()).data).toEqual(invoice)
  const { data: invoices } = await json(`${origin}/api/v1/invoices?customerId=cus_acme`)
  expect(invoices).toHaveLength(2)
  const address = new URL(download.url)
  const pdf = await fetch(origin + address.pathname + address.search)
  expect(pdf.status).toBe(200)
  const { offsetMs } = await json(`${origin}/sandbox/clock`)
  expect(offsetMs).toBe(86_000_000)
})
