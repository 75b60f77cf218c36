import { describe, expect, it } from 'vitest'
import { isMonth, monthRange, type Month } from '../../src/domain/month.ts'

const bordersOf = (month: Month, timeZone: string): string[] => {
  const { from, to } = monthRange(month, timeZone)
  return [from, to].map((at) => new Date(at).toISOString())
}

describe('a month', () => {
  it.each<[Month, string, string, string]>([
    ['2026-10', 'UTC', '2026-10-01T00:00:00.000Z', '2026-11-01T00:00:00.000Z'],
    // Summer time ends on the 25th: the month has an hour more.
    ['2026-10', 'Europe/Berlin', '2026-09-30T22:00:00.000Z', '2026-10-31T23:00:00.000Z'],
    ['2026-03', 'Europe/Berlin', '2026-02-28T23:00:00.000Z', '2026-03-31T22:00:00.000Z'],
    // There the clocks go back on the first day itself.
    ['2026-11', 'America/New_York', '2026-11-01T04:00:00.000Z', '2026-12-01T05:00:00.000Z'],
    ['2026-12', 'Asia/Kolkata', '2026-11-30T18:30:00.000Z', '2026-12-31T18:30:00.000Z'],
    ['2026-01', 'Pacific/Kiritimati', '2025-12-31T10:00:00.000Z', '2026-01-31T10:00:00.000Z'],
    ['2024-02', 'Pacific/Pago_Pago', '2024-02-01T11:00:00.000Z', '2024-03-01T11:00:00.000Z'],
    // In Asunción the first of October 2017 began at one o'clock.
    ['2017-10', 'America/Asuncion', '2017-10-01T04:00:00.000Z', '2017-11-01T03:00:00.000Z'],
  ])('%s in %s is from %s to %s', (month, timeZone, from, to) => {
    expect(bordersOf(month, timeZone)).toEqual([from, to])
  })

  it('ends where the next begins, so that every moment is in exactly one', () => {
    for (const timeZone of ['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe']) {
      const months = Array.from({ length: 48 }, (_, at): Month => {
        const number = String((at % 12) + 1).padStart(2, '0')
        return `${2024 + Math.floor(at / 12)}-${number}` as Month
      })
      const ranges = months.map((month) => monthRange(month, timeZone))
      for (const [at, { to }] of ranges.entries()) {
        expect(ranges[at + 1]?.from ?? to, `${timeZone} ${months[at]}`).toBe(to)
      }
    }
  })

  it.each(['2026-13', '2026-00', '26-10', '2026-1', '1999-01', '2026-10 ', '', '2026-10-01'])(
    'is not %j',
    (text) => expect(isMonth(text)).toBe(false),
  )
})
