// The controls below /sandbox: what they refuse, and the clock.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startSandbox } from './running-sandbox.ts'
import type { RunningSandbox } from './running-sandbox.ts'

let sandbox: RunningSandbox

beforeAll(async () => {
  sandbox = await startSandbox()
})
afterAll(() => sandbox.stop())
beforeEach(async () => {
  await sandbox.control('POST', '/reset')
})

describe('the controls', () => {
  it('refuse an unknown switch, an unknown path and a time that is none', async () => {
    expect((await sandbox.control('PUT', '/switches', { taxes: 1 })).status).toBe(422)
    expect((await sandbox.control('GET', '/nothing')).status).toBe(404)
    for (const wrong of [
      {},
      { advanceSeconds: -1 },
      { advanceSeconds: 1e12 },
      { now: 'soon' },
      { now: '9999-12-31T23:59:59.000Z' },
      { now: '0001-01-01T00:00:00.000Z' },
    ]) {
      expect((await sandbox.control('POST', '/clock', wrong)).status).toBe(422)
    }
    await sandbox.control('POST', '/clock', { now: '2099-12-31T00:00:00.000Z' })
    const { status, json } = await sandbox.control('POST', '/clock', { advanceSeconds: 86_400 })
    expect([status, json.error.param]).toEqual([422, 'advanceSeconds'])
  })

  it('move the clock forward and to a given time, and the reset brings it back', async () => {
    const before = Date.parse((await sandbox.control('GET', '/clock')).json.now)
    const moved = await sandbox.control('POST', '/clock', { advanceSeconds: 3600 })
    expect(Date.parse(moved.json.now) - before).toBeGreaterThanOrEqual(3_600_000)
    const set = await sandbox.control('POST', '/clock', { now: '2030-01-01T00:00:00.000Z' })
    expect(set.json.now).toMatch(/^2030-01-01T00:00:0/)
    await sandbox.control('POST', '/reset')
    const after = Date.parse((await sandbox.control('GET', '/clock')).json.now)
    expect(Math.abs(after - Date.now())).toBeLessThan(5000)
  })
})
