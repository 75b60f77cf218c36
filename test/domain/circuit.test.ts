import { describe, expect, it } from 'vitest'
import {
  circuitAfter,
  COMPARISON,
  isOpen,
  NEVER_FAILED,
  signOf,
  type BillingSign,
  type Circuit,
} from '../../src/domain/circuit.ts'
import type { AdjustmentId } from '../../src/domain/ids.ts'
import { CIRCUIT_FAILURES_MAX } from '../../src/domain/limits.ts'
import type { Trouble } from '../../src/domain/trouble.ts'

const NOW = 1_800_000_000_000
const ME: AdjustmentId = 'adj_me'
const OTHER: AdjustmentId = 'adj_other'

const failed: BillingSign = { kind: 'failed', retryAfterSeconds: null }
const answered: BillingSign = { kind: 'answered' }
const refused: BillingSign = { kind: 'key_refused' }
const nothing: BillingSign = { kind: 'nothing' }
const limited = (retryAfterSeconds: number): BillingSign => ({
  kind: 'rate_limited',
  retryAfterSeconds,
})

const failing = (failures: number): Circuit => ({ ...NEVER_FAILED, failures, version: 4 })
const open = (fields: Partial<Circuit> = {}): Circuit => ({
  failures: 5,
  failedBy: [],
  cause: 'unavailable',
  openedAt: NOW - 60_000,
  probeAt: NOW + 10_000,
  probeBy: null,
  probes: 0,
  version: 9,
  ...fields,
})
const probing = (fields: Partial<Circuit> = {}) => open({ probeBy: ME, ...fields })

describe('what a call shows of the billing API', () => {
  it.each<[string, Trouble['step'], number | null, string, number | null, BillingSign['kind']]>([
    ['no connection', 'post', null, 'network', null, 'failed'],
    ['no answer in time', 'resolve', null, 'timeout', null, 'failed'],
    ['a body that broke off', 'look', 200, 'network', null, 'failed'],
    ['a 500', 'post', 500, 'internal_error', null, 'failed'],
    ['a 503 with Retry-After', 'post', 503, 'unexpected_shape', 90, 'failed'],
    ['a page of somebody between', 'post', 200, 'not_json', null, 'failed'],
    ['a redirect', 'resolve', 302, 'unexpected_status', null, 'failed'],
    ['a shape that nobody knows', 'resolve', 200, 'unexpected_shape', null, 'failed'],
    ['a 401', 'post', 401, 'unauthorized', null, 'key_refused'],
    ['a 401 while marking paid', 'settle', 401, 'unauthorized', null, 'key_refused'],
    ['a 403', 'resolve', 403, 'forbidden', null, 'key_refused'],
    ['a 403 of a key that may not change a status', 'settle', 403, 'forbidden', null, 'answered'],
    ['the limiter', 'post', 429, 'rate_limited', 7, 'rate_limited'],
    ['a 429 that is not the limiter’s', 'post', 429, 'rate_limited', null, 'answered'],
    ['a refusal of this one', 'post', 404, 'customer_not_found', null, 'answered'],
    ['a key in use', 'post', 409, 'idempotency_in_progress', null, 'answered'],
    ['a 408 in its own words', 'post', 408, 'request_timeout', null, 'answered'],
    ['a request that was not sent', 'post', null, 'invalid_request', null, 'nothing'],
    ['a lease too short to post', 'post', null, 'lease_short', null, 'nothing'],
    ['a consumer that threw', 'resolve', null, 'threw', null, 'nothing'],
  ])('%s', (_, step, status, code, retryAfterSeconds, kind) => {
    expect(signOf(step, { status, code, retryAfterSeconds }).kind).toBe(kind)
  })
})

describe('a closed circuit', () => {
  it('stays untouched while every call is answered', () => {
    expect(circuitAfter(NEVER_FAILED, answered, { by: ME, now: NOW })).toBeNull()
    expect(circuitAfter(NEVER_FAILED, nothing, { by: ME, now: NOW })).toBeNull()
  })

  it('opens with the fifth caller in a row that fails, and an answer between them begins anew', () => {
    let circuit = NEVER_FAILED
    let callers = 0
    const after = (sign: BillingSign) =>
      (circuit = circuitAfter(circuit, sign, { by: `adj_${(callers += 1)}`, now: NOW })!)
    for (let n = 1; n < CIRCUIT_FAILURES_MAX; n++) {
      expect(after(failed)).toMatchObject({ failures: n, cause: null, version: n })
    }
    expect(after(answered)).toMatchObject({ failures: 0, version: CIRCUIT_FAILURES_MAX })
    for (let n = 1; n < CIRCUIT_FAILURES_MAX; n++) expect(after(failed).cause).toBeNull()
    expect(after(failed)).toMatchObject({
      cause: 'unavailable',
      openedAt: NOW,
      probeAt: NOW + 30_000,
      probeBy: null,
      probes: 0,
    })
  })

  it('counts one caller once, however often it fails', () => {
    const once = circuitAfter(NEVER_FAILED, failed, { by: ME, now: NOW })!
    expect(once).toMatchObject({ failures: 1, failedBy: [ME] })
    expect(circuitAfter(once, failed, { by: ME, now: NOW })).toBeNull()
    const both = circuitAfter(once, failed, { by: COMPARISON, now: NOW })!
    expect(both).toMatchObject({ failures: 2, failedBy: [ME, COMPARISON] })
    expect(circuitAfter(both, failed, { by: ME, now: NOW })).toBeNull()
    expect(circuitAfter(both, answered, { by: OTHER, now: NOW })).toMatchObject({
      failures: 0,
      failedBy: [],
    })
  })

  it.each<[string, BillingSign, Partial<Circuit>]>([
    ['a refused key, at once', refused, { cause: 'key_refused', probeAt: NOW + 30_000 }],
    [
      'the limiter, until its own time',
      limited(7),
      { cause: 'rate_limited', probeAt: NOW + 7_000 },
    ],
    ['the limiter, for an hour at most', limited(86_400), { probeAt: NOW + 3_600_000 }],
  ])('opens by %s', (_, sign, after) => {
    expect(circuitAfter(failing(1), sign, { by: ME, now: NOW })).toMatchObject({
      ...after,
      openedAt: NOW,
      version: 5,
    })
  })

  it('waits as long as the failure that opens it says', () => {
    const said: BillingSign = { kind: 'failed', retryAfterSeconds: 120 }
    const opened = circuitAfter(failing(4), said, { by: ME, now: NOW })
    expect(opened?.probeAt).toBe(NOW + 120_000)
  })
})

describe('an open circuit', () => {
  it('is open for all until a limiter’s time is over; every other cause waits for a probe', () => {
    expect(isOpen(NEVER_FAILED, NOW)).toBe(false)
    expect(isOpen(open(), NOW)).toBe(true)
    expect(isOpen(open({ probeAt: NOW - 1 }), NOW)).toBe(true)
    expect(isOpen(open({ cause: 'rate_limited', probeAt: NOW + 1 }), NOW)).toBe(true)
    expect(isOpen(open({ cause: 'rate_limited', probeAt: NOW }), NOW)).toBe(false)
  })

  it.each([answered, failed, refused, nothing, limited(600)])(
    'learns nothing from a call that began before it opened: $kind',
    (sign) => {
      expect(circuitAfter(open({ probeBy: OTHER }), sign, { by: ME, now: NOW })).toBeNull()
    },
  )

  it('doubles the time between probes from half a minute to five', () => {
    const delays = [0, 1, 2, 3, 4, 40].map((probes) => {
      const after = circuitAfter(probing({ probes }), failed, { by: ME, now: NOW })
      expect(after).toMatchObject({ probes: probes + 1, probeBy: null, cause: 'unavailable' })
      return (after!.probeAt! - NOW) / 1_000
    })
    expect(delays).toEqual([60, 120, 240, 300, 300, 300])
  })

  it('lets nobody wait longer for one caller that fails again, but for a refused key', () => {
    const again = probing({ probes: 2, failedBy: [ME, OTHER] })
    const after = circuitAfter(again, failed, { by: ME, now: NOW })
    expect(after).toMatchObject({
      probes: 2,
      probeAt: NOW + 120_000,
      probeBy: null,
      failedBy: [OTHER, ME],
    })
    expect(circuitAfter(again, refused, { by: ME, now: NOW })).toMatchObject({ probes: 3 })
  })

  it('remembers the last five callers that failed', () => {
    const failedBy: AdjustmentId[] = ['adj_1', 'adj_2', 'adj_3', 'adj_4', 'adj_5']
    const after = circuitAfter(probing({ failedBy }), failed, { by: ME, now: NOW })
    expect(after?.failedBy).toEqual(['adj_2', 'adj_3', 'adj_4', 'adj_5', ME])
  })

  it('closes with the probe’s answer, and with nothing else', () => {
    const after = circuitAfter(probing(), answered, { by: ME, now: NOW })
    expect(after).toEqual({ ...NEVER_FAILED, version: 10 })
  })

  it('lets the next one probe at once where a probe came to nothing', () => {
    const after = circuitAfter(probing({ probes: 3 }), nothing, { by: ME, now: NOW })
    expect(after).toMatchObject({ probeAt: NOW, probeBy: null, probes: 3, cause: 'unavailable' })
  })

  it.each<[BillingSign, Circuit['cause'], number]>([
    [refused, 'key_refused', 60],
    [limited(9), 'rate_limited', 9],
  ])('takes over the cause that its probe meets: $kind', (sign, cause, seconds) => {
    const after = circuitAfter(probing(), sign, { by: ME, now: NOW })
    expect(after).toMatchObject({ cause, probeAt: NOW + seconds * 1_000, probeBy: null })
  })

  it('is held back by the latest of the limiter’s answers, whoever got it', () => {
    const until = open({ cause: 'rate_limited' })
    expect(circuitAfter(until, limited(60), { by: OTHER, now: NOW })?.probeAt).toBe(NOW + 60_000)
    expect(circuitAfter(until, limited(5), { by: OTHER, now: NOW })).toBeNull()
  })

  it('begins anew once a limiter’s time is over', () => {
    const over = open({ cause: 'rate_limited', probeAt: NOW })
    const told = { by: OTHER, now: NOW }
    expect(circuitAfter(over, answered, told)).toEqual({ ...NEVER_FAILED, version: 10 })
    expect(circuitAfter(over, failed, told)).toMatchObject({ cause: null, failures: 1 })
    expect(circuitAfter(over, limited(5), told)).toMatchObject({
      cause: 'rate_limited',
      openedAt: NOW,
      probeAt: NOW + 5_000,
    })
    expect(circuitAfter(over, nothing, told)).toBeNull()
  })

  it('raises its version with each change, so that of two writers one is late', () => {
    for (const sign of [answered, failed, refused, limited(5), nothing]) {
      const after = circuitAfter(probing(), sign, { by: ME, now: NOW })
      expect(after!.version).toBeGreaterThan(9)
    }
  })
})
