// The limits as the configuration writes them: what each is where nothing is said, and what is refused.

import { describe, expect, it } from 'vitest'
import { limitProblems, limitsOf, type LimitOptions } from '../../src/domain/money-limits.ts'
import { eur, usd } from '../../src/domain/money.ts'

describe('limits', () => {
  it('are safe where nothing is said', () => {
    const nothing = {
      holdAbove: 25_000,
      twoApproversAbove: null,
      perCustomer: null,
      perAsker: null,
      perDay: null,
      perHourPerRule: null,
    }
    expect(limitsOf({})).toEqual({
      of: { owed: nothing, already_paid: nothing },
      charges: 'hold',
      holdFirst: 10,
      duplicateHours: 24,
      olderThanEndpoint: 'hold',
    })
  })

  it('are minor units, and those of records are the same unless they are given', () => {
    const limits = limitsOf({
      holdAbove: usd(250),
      twoApproversAbove: usd(2_500),
      perCustomer: { amount: usd(500), days: 30 },
      perAsker: { amount: usd(200), days: 1 },
      perDay: usd(5_000),
      perHourPerRule: usd(1_000),
      alreadyPaid: { perDay: usd(50_000), perAsker: { amount: usd(1), days: 2 } },
      charges: 'allow',
      holdFirst: 0,
      duplicateHours: 0,
      olderThanEndpoint: 'allow',
    })
    const owed = {
      holdAbove: 25_000,
      twoApproversAbove: 250_000,
      perCustomer: { max: 50_000, days: 30 },
      perAsker: { max: 20_000, days: 1 },
      perDay: 500_000,
      perHourPerRule: 100_000,
    }
    expect(limits).toEqual({
      of: {
        owed,
        already_paid: { ...owed, perDay: 5_000_000, perAsker: { max: 100, days: 2 } },
      },
      charges: 'allow',
      holdFirst: 0,
      duplicateHours: 0,
      olderThanEndpoint: 'allow',
    })
  })
})

describe('limits that are refused', () => {
  const WANTED = 'an amount above zero is wanted, such as usd(250)'
  const KNOWN =
    'holdAbove, twoApproversAbove, perDay, perHourPerRule, perCustomer, perAsker, alreadyPaid, charges, holdFirst, duplicateHours, olderThanEndpoint'
  const cents = (minorUnits: unknown) => ({ minorUnits, currency: 'usd' })

  it.each<[string, object, string[]]>([
    ['none', {}, []],
    ['negative', { holdAbove: cents(-25_000) }, [`limits.holdAbove: ${WANTED}`]],
    ['zero', { perDay: cents(0) }, [`limits.perDay: ${WANTED}`]],
    ['half a cent', { perDay: cents(0.5) }, [`limits.perDay: ${WANTED}`]],
    ['no number', { perDay: cents('100') }, [`limits.perDay: ${WANTED}`]],
    ['not a number', { perDay: cents(Number.NaN) }, [`limits.perDay: ${WANTED}`]],
    ['endless', { perDay: cents(Number.POSITIVE_INFINITY) }, [`limits.perDay: ${WANTED}`]],
    ['more than any amount', { perDay: cents(1e12 + 1) }, [`limits.perDay: ${WANTED}`]],
    ['a bare number', { perHourPerRule: 250 }, [`limits.perHourPerRule: ${WANTED}`]],
    ['null', { perDay: null }, [`limits.perDay: ${WANTED}`]],
    ['false', { holdAbove: false }, [`limits.holdAbove: ${WANTED}`]],
    [
      'in another currency',
      { perDay: eur(5) },
      ['limits.perDay: is in eur, but the configured currency is usd'],
    ],
    [
      'of a customer in another currency',
      { perCustomer: { amount: eur(5), days: 1 } },
      ['limits.perCustomer.amount: is in eur, but the configured currency is usd'],
    ],
    [
      'of an asker without its amount',
      { perAsker: { days: 1 } },
      [`limits.perAsker.amount: ${WANTED}`],
    ],
    [
      'of a customer as money',
      { perCustomer: usd(5) },
      [
        `limits.perCustomer.amount: ${WANTED}`,
        'limits.perCustomer.minorUnits: there is no such setting; known are amount, days',
        'limits.perCustomer.currency: there is no such setting; known are amount, days',
        'limits.perCustomer.days: a whole number of days from 1 to 366',
      ],
    ],
    [
      'of a customer as null',
      { perCustomer: null },
      ['limits.perCustomer: an amount and a number of days are wanted'],
    ],
    ...[0, -1, 1.5, 367, '30', undefined, Number.NaN].map((days): [string, object, string[]] => [
      `of a customer in ${String(days)} days`,
      { perCustomer: { amount: usd(5), days } },
      ['limits.perCustomer.days: a whole number of days from 1 to 366'],
    ]),
    [
      'unknown',
      { perWeek: usd(5) },
      [`limits.perWeek: there is no such setting; known are ${KNOWN}`],
    ],
    [
      'unknown of records',
      { alreadyPaid: { charges: 'allow' } },
      [
        'limits.alreadyPaid.charges: there is no such setting; known are holdAbove, twoApproversAbove, perDay, perHourPerRule, perCustomer, perAsker',
      ],
    ],
    [
      'unknown of a window',
      { perAsker: { amount: usd(5), days: 1, hours: 2 } },
      ['limits.perAsker.hours: there is no such setting; known are amount, days'],
    ],
    [
      'negative of records',
      { alreadyPaid: { perDay: cents(-1) } },
      [`limits.alreadyPaid.perDay: ${WANTED}`],
    ],
    [
      'for two people where nobody is asked',
      { holdAbove: usd(250), twoApproversAbove: usd(249.99) },
      ['limits.twoApproversAbove: below holdAbove, where nobody is asked at all'],
    ],
    [
      'for two people below the default of holdAbove',
      { twoApproversAbove: usd(100) },
      ['limits.twoApproversAbove: below holdAbove, where nobody is asked at all'],
    ],
    [
      'for two people below what records are held above',
      { twoApproversAbove: usd(300), alreadyPaid: { holdAbove: usd(400) } },
      ['limits.alreadyPaid.twoApproversAbove: below holdAbove, where nobody is asked at all'],
    ],
    [
      'of charges in another word',
      { charges: 'ask' },
      ["limits.charges: 'hold' or 'allow' is wanted"],
    ],
    [
      'of age as a truth',
      { olderThanEndpoint: true },
      ["limits.olderThanEndpoint: 'hold' or 'allow' is wanted"],
    ],
    ...[-1, 1_001, 1.5, '10', null].map((holdFirst): [string, object, string[]] => [
      `of ${String(holdFirst)} first ones`,
      { holdFirst },
      ['limits.holdFirst: a whole number from 0 to 1000 is wanted'],
    ]),
    ...[-1, 745, 0.5, '24', null].map((duplicateHours): [string, object, string[]] => [
      `of ${String(duplicateHours)} hours`,
      { duplicateHours },
      ['limits.duplicateHours: a whole number from 0 to 744 is wanted'],
    ]),
    [
      'all at once, each with its own line',
      { holdAbove: cents(-1), charges: 'ask', holdFirst: -1 },
      [
        `limits.holdAbove: ${WANTED}`,
        "limits.charges: 'hold' or 'allow' is wanted",
        'limits.holdFirst: a whole number from 0 to 1000 is wanted',
      ],
    ],
  ])('%s', (_, options, lines) => {
    const wrong: LimitOptions = options
    expect(limitProblems(wrong, 'usd')).toEqual(lines)
  })

  it('at their edges are taken', () => {
    for (const options of [
      { holdAbove: cents(1), twoApproversAbove: cents(1) },
      { perDay: { minorUnits: 1e12, currency: 'usd' } },
      { perCustomer: { amount: usd(1), days: 366 }, perAsker: { amount: usd(1), days: 1 } },
      { holdFirst: 1_000, duplicateHours: 744 },
    ]) {
      const right: LimitOptions = options as LimitOptions
      expect(limitProblems(right, 'usd')).toEqual([])
    }
  })
})
