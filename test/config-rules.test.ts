// Every way in which rules, reasons and limits of a configuration can be wrong, and what its author reads.

import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { defineConfig, type ConfigInput } from '../src/config.ts'
import { usd } from '../src/domain/money.ts'
import { ignore, rule, type Rule } from '../src/domain/rule.ts'
import { zendeskComment } from '../src/notices/zendesk-comment.ts'
import { creditRequested } from '../src/rules/credit-requested.ts'
import { stripeRefundRecord } from '../src/rules/stripe-refund-record.ts'
import { zendeskApproval } from '../src/rules/zendesk-approval.ts'
import { zendeskCreditUndo } from '../src/rules/zendesk-credit-undo.ts'
import { zendeskTicketCredit } from '../src/rules/zendesk-ticket-credit.ts'
import { generic, hubspot, standard, stripe, zendesk } from '../src/sources/index.ts'

const GOOD: ConfigInput = {
  currency: 'usd',
  timeZone: 'Europe/Berlin',
  endpoints: {
    stripe: stripe({ secret: 'STRIPE_WEBHOOK_SECRET' }),
    zendesk: zendesk({ secret: 'ZENDESK_WEBHOOK_SECRET', mode: 'live' }),
    standard: standard({ secret: 'STANDARD_WEBHOOK_SECRET', mode: 'test' }),
  },
  rules: [stripeRefundRecord()],
}

/** What its author reads, line by line; empty where it starts. `any`: no compiler stops him. */
function problems(changed: any): string[] {
  try {
    defineConfig({ ...GOOD, ...changed })
    return []
  } catch (error) {
    expect(error).toBeInstanceOf(Error)
    const [first, ...lines] = (error as Error).message.split('\n')
    expect(first).toBe('makegood.config.ts:')
    return lines.map((line) => line.trim())
  }
}

const own = (changed: any = {}) =>
  rule({
    id: 'own',
    source: 'stripe',
    on: ['refund.created'],
    settlement: 'owed',
    reason: 'goodwill',
    causedBy: 'agent',
    payload: z.unknown(),
    adjust: () => ignore('never'),
    ...changed,
  })
const rules = (...list: any[]) => ({ rules: list })
const KNOWN_REASONS =
  'billing_error, cancellation, correction, discount, dispute, duplicate_charge, fraud, goodwill, late_fee, not_as_described, plan_change, refund, return, service_credit, usage'
const RULE_FIELDS =
  'id, source, on, settlement, reason, causedBy, description, mode, was, alongside, payload, adjust, options, problems'
const SETTINGS = 'reason, description, mode, was, alongside'
const IDS = 'must be small letters, digits, hyphens'

describe('a rule that is wrong', () => {
  it.each<[string, object, string[]]>([
    [
      'is none: a field that nobody reads',
      rules(own({ amount: 5 })),
      [`rules[0] (own).amount: there is no such setting; known are ${RULE_FIELDS}`],
    ],
    [
      'misspells a field',
      rules(own(), own({ id: 'two', descripton: 'Sorry' })),
      [`rules[1] (two).descripton: there is no such setting; known are ${RULE_FIELDS}`],
    ],
    [
      'has the id of another',
      rules(own(), own()),
      ['rules[1].id: there are two rules with the id own'],
    ],
    [
      'has a former id of another',
      rules(own({ was: ['old'] }), own({ id: 'old' })),
      ['rules[1].id: old is a former id of rules[0]'],
    ],
    [
      'was another, which still is',
      rules(own(), own({ id: 'two', was: ['own'] })),
      ['rules[1].was: own is the id of another rule'],
    ],
    [
      'was what another was',
      rules(own({ was: ['old'] }), own({ id: 'two', was: ['old'] })),
      ['rules[1].was: old is the id of another rule'],
    ],
    [
      'was no id',
      rules(own({ was: ['Old rule', ''] })),
      ['rules[0].was: "Old rule" is no id of a rule', 'rules[0].was: "" is no id of a rule'],
    ],
    [
      'was too much',
      rules(own({ was: Array.from({ length: 21 }, (_, n) => `old-${n}`) })),
      ['rules[0].was: has more than 20 ids'],
    ],
    ['was one text', rules(own({ was: 'old' })), ['rules[0] (own).was: a list of texts is wanted']],
    [
      'has one text alongside',
      rules(own({ alongside: 'old' })),
      ['rules[0] (own).alongside: a list of texts is wanted'],
    ],
    [
      'is on one text',
      rules(own({ on: 'refund.created' })),
      ['rules[0] (own).on: a list of texts is wanted'],
    ],
    ['is on nothing', rules(own({ on: [] })), ['rules[0].on: one event type or more is wanted']],
    ...['by-hand', 'reversal'].flatMap((id): [string, object, string[]][] => [
      [
        `is called ${id}`,
        rules(own({ id })),
        [`rules[0].id: ${id} is what Makegood calls its own adjustments`],
      ],
      [
        `was called ${id}`,
        rules(own({ was: [id] })),
        [`rules[0].id: ${id} is what Makegood calls its own adjustments`],
      ],
    ]),
    ...['', 'Own', 'own rule', '1own', 'own_rule', 'ö', 'a'.repeat(64)].map(
      (id): [string, object, string[]] => [
        `is called "${id}"`,
        rules(own({ id })),
        [`rules[0].id: "${id}" ${IDS}`],
      ],
    ),
    [
      'has a reason that nobody knows',
      rules(own({ reason: 'outage' })),
      [`rules[0].reason: there is no reason outage; known are ${KNOWN_REASONS}`],
    ],
    [
      'has no reason',
      rules(own({ reason: undefined })),
      [`rules[0].reason: there is no reason undefined; known are ${KNOWN_REASONS}`],
    ],
    [
      'settles otherwise',
      rules(own({ settlement: 'paid' })),
      ['rules[0].settlement: one of owed, already_paid is wanted'],
    ],
    [
      'is caused by nobody',
      rules(own({ causedBy: 'anyone' })),
      ['rules[0].causedBy: one of customer, agent, system is wanted'],
    ],
    [
      'is in another mode',
      rules(own({ mode: 'test' })),
      ['rules[0].mode: one of live, shadow is wanted'],
    ],
    [
      'describes with what it can’t know',
      rules(own({ description: 'Dear {customer}' })),
      ['rules[0].description: {customer} is not known; known are {reason} and {original_invoice}'],
    ],
    [
      'describes with nothing',
      rules(own({ description: ' ' })),
      ['rules[0].description: is empty'],
    ],
    [
      'describes at length',
      rules(own({ description: 'x'.repeat(501) })),
      ['rules[0].description: has more than 500 characters'],
    ],
    [
      'describes with a number',
      rules(own({ description: 5 })),
      ['rules[0] (own).description: a text is wanted'],
    ],
    [
      'was not called',
      rules(stripeRefundRecord),
      ['rules[0]: a rule is made here, such as stripeRefundRecord()'],
    ],
    ['is null', rules(null), ['rules[0]: a rule is made here, such as stripeRefundRecord()']],
    ['is one, not a list', { rules: stripeRefundRecord() }, ['rules: a list of rules is wanted']],
    ['is missing with all others', { rules: undefined }, ['rules: a list of rules is wanted']],
  ])('%s', (_, changed, lines) => {
    expect(problems(changed)).toEqual(lines)
  })
})

describe('a ready-made rule that is told what it can’t know', () => {
  it.each<[string, object, string[]]>([
    [
      'stripeRefundRecord',
      rules(stripeRefundRecord({ amount: 5 } as any)),
      [`rules[0] (stripe-refund-record).amount: there is no such setting; known are ${SETTINGS}`],
    ],
    [
      'creditRequested',
      rules(creditRequested({ shadow: true } as any)),
      [`rules[0] (credit-requested).shadow: there is no such setting; known are ${SETTINGS}`],
    ],
    [
      'in another mode',
      rules(creditRequested({ mode: 'test' as any })),
      ['rules[0].mode: one of live, shadow is wanted'],
    ],
    [
      'for another reason',
      rules(creditRequested({ reason: 'outage' })),
      [`rules[0].reason: there is no reason outage; known are ${KNOWN_REASONS}`],
    ],
  ])('%s', (_, changed, lines) => {
    expect(problems(changed)).toEqual(lines)
  })

  const ticket = (changed: object) =>
    problems(
      rules(zendeskTicketCredit({ requestTag: 'pay', amounts: { ten: usd(10) }, ...changed })),
    )
  const path = 'rules[0] (zendesk-ticket-credit)'

  it('zendeskTicketCredit', () => {
    expect(ticket({ requestTagg: 'pay' })).toEqual([
      expect.stringContaining(
        `${path}.requestTagg: there is no such setting; known are requestTag, `,
      ),
    ])
    for (const requestTag of ['', 'two tags', 'a,b', 'Credit_Requested', undefined, 5]) {
      expect(ticket({ requestTag }), String(requestTag)).toEqual([
        `${path}.requestTag: one tag is wanted, without blanks, commas and capital letters`,
      ])
    }
    for (const ten of [
      10,
      -10,
      '10',
      null,
      { minorUnits: -5, currency: 'usd' },
      { currency: 'usd' },
    ]) {
      expect(ticket({ amounts: { ten } }), String(ten)).toEqual([
        `${path}.amounts.ten: an amount is wanted, such as usd(25)`,
      ])
    }
    expect(ticket({ amounts: { 'two tags': usd(5) } })).toEqual([
      `${path}.amounts.two tags: is no tag, which has no blanks, no commas and no capital letters`,
    ])
    expect(ticket({ amounts: {} })).toEqual([
      `${path}.amounts: no preset and no amount field, so no ticket could have an amount`,
    ])
    expect(ticket({ amounts: {}, otherAmountField: true })).toEqual([])
  })

  it('zendeskTicketCredit, whose tags are one another’s', () => {
    expect(ticket({ requestTag: 'credit_undo' })).toEqual([
      `${path}.undoTag: credit_undo is the tag of requestTag already`,
    ])
    expect(ticket({ undoTag: 'ten', approvalTag: 'ten' })).toEqual([
      `${path}.approvalTag: ten is the tag of undoTag already`,
      `${path}.amounts.ten: ten is the tag of undoTag already`,
    ])
  })

  const pay = { requestTag: 'pay', amounts: { ten: usd(10) } }
  const others = 'name the same tag'
  it.each<[string, readonly Rule[], string[]]>([
    ['agree by default', [zendeskApproval(), zendeskCreditUndo(), zendeskTicketCredit(pay)], []],
    [
      'agree by name',
      [
        zendeskTicketCredit({ ...pay, undoTag: 'back', approvalTag: 'yes' }),
        zendeskCreditUndo({ undoTag: 'back' }),
        zendeskApproval({ tag: 'yes', undoTag: 'back' }),
      ],
      [],
    ],
    [
      'approve under another tag',
      [zendeskTicketCredit(pay), zendeskApproval({ tag: 'yes' })],
      [
        `rules[1] (zendesk-approval).tag: is yes, but zendesk-ticket-credit has credit_approved as approvalTag: ${others}`,
      ],
    ],
    [
      'undo under another tag',
      [zendeskTicketCredit({ ...pay, undoTag: 'back' }), zendeskCreditUndo(), zendeskApproval()],
      [
        `rules[1] (zendesk-credit-undo).undoTag: is credit_undo, but zendesk-ticket-credit has back as undoTag: ${others}`,
        `rules[2] (zendesk-approval).undoTag: is credit_undo, but zendesk-ticket-credit has back as undoTag: ${others}`,
      ],
    ],
    [
      'approve and undo under one',
      [zendeskApproval({ tag: 'credit_undo' })],
      ['rules[0] (zendesk-approval).undoTag: credit_undo is the tag of tag already'],
    ],
    ['are the user’s own, of whatever options', [own({ id: 'zendesk-credit-undo' })], []],
  ])('Zendesk rules that %s', (_, list, lines) => {
    expect(problems(rules(...list))).toEqual(lines)
  })

  const asked = { ...pay, requestTag: 'credit_requested' }
  it.each<[string, readonly Rule[], readonly string[] | undefined, string[]]>([
    [
      'the default ones',
      [zendeskTicketCredit(asked), zendeskCreditUndo(), zendeskApproval()],
      undefined,
      [],
    ],
    ['one of the rules’ own', [zendeskTicketCredit(pay)], ['pay'], []],
    [
      'not the rules’ own',
      [zendeskTicketCredit(pay)],
      undefined,
      ['lacks pay, by which the rules are asked; name pay'],
    ],
    [
      'some of them',
      [zendeskTicketCredit(pay), zendeskCreditUndo(), zendeskApproval()],
      ['pay'],
      ['credit_undo', 'credit_approved'].map(
        (tag) =>
          `lacks ${tag}, by which the rules are asked; name pay, credit_undo, credit_approved`,
      ),
    ],
  ])('zendeskComment that takes off %s', (_, list, requestTags, lines) => {
    const notices = [zendeskComment(requestTags === undefined ? {} : { requestTags })]
    expect(problems({ rules: list, notices })).toEqual(
      lines.map((line) => `notices[0] (zendesk).requestTags: ${line}`),
    )
  })

  it('takes the settings that all of them have', () => {
    const made = stripeRefundRecord({
      reason: 'dispute',
      description: 'Back on your card: {reason}',
      mode: 'shadow',
      was: ['refund-record'],
      alongside: ['own'],
    })
    expect(made).toMatchObject({
      id: 'stripe-refund-record',
      reason: 'dispute',
      description: 'Back on your card: {reason}',
      mode: 'shadow',
      was: ['refund-record'],
      alongside: ['own'],
      problems: [],
    })
    expect(problems(rules(made, own()))).toEqual([])
  })
})

describe('an endpoint that is told what it can’t know', () => {
  const endpoints = (own: unknown) => ({ rules: [], endpoints: { own } })
  const known = 'there is no such setting; known are secret, account, mode, unsigned'

  it.each<[string, object, string[]]>([
    [
      'account misspelt',
      endpoints(stripe({ secret: 'A', acount: 'x' } as any)),
      [`endpoints.own.acount: ${known}`],
    ],
    [
      'the one portal misspelt, which would let every portal in',
      endpoints(hubspot({ secret: 'A', mode: 'live', portalID: 5 } as any)),
      [`endpoints.own.portalID: ${known}, portalId`],
    ],
    [
      'a part of a signature misspelt',
      endpoints(
        generic({
          secret: 'A',
          mode: 'live',
          signature: { header: 'x-signature', prefx: 'v1=' },
          event: { type: 'type' },
        } as any),
      ),
      [
        'endpoints.own.signature.prefx: there is no such setting; known are header, prefix, pairs, hash, encoding, secretAs, signed, time, idHeader',
      ],
    ],
    [
      'no secret',
      endpoints(zendesk({ mode: 'live' } as any)),
      ['endpoints.own.secret: the name of a secret is wanted, such as STRIPE_WEBHOOK_SECRET'],
    ],
    [
      'a factory that was not called',
      endpoints(stripe),
      ['endpoints.own: a source is called here, such as stripe({ secret: … })'],
    ],
    [
      'a text',
      endpoints('STRIPE_WEBHOOK_SECRET'),
      ['endpoints.own: a source is called here, such as stripe({ secret: … })'],
    ],
    ['a list of them', { rules: [], endpoints: [] }, ['endpoints: settings in braces are wanted']],
    [
      'none at all',
      { rules: [], endpoints: undefined },
      ['endpoints: settings in braces are wanted'],
    ],
  ])('%s', (_, changed, lines) => {
    expect(problems(changed)).toEqual(lines)
  })
})

describe('reasons and limits that are wrong', () => {
  const words = (code: string) => `reasons.${code}: label and account have 1 to 128 characters`

  it.each<[string, object, string[]]>([
    [
      'a code in capitals',
      { reasons: { Outage: {} } },
      ['reasons.Outage: a code is small letters, digits and underscores'],
    ],
    [
      'a code with a hyphen',
      { reasons: { 'power-cut': {} } },
      ['reasons.power-cut: a code is small letters, digits and underscores'],
    ],
    [
      'a field that nobody reads',
      { reasons: { outage: { ledger: '4010' } } },
      ['reasons.outage.ledger: there is no such setting; known are label, account'],
    ],
    ['an empty label', { reasons: { outage: { label: ' ' } } }, [words('outage')]],
    ['a long account', { reasons: { outage: { account: '4'.repeat(129) } } }, [words('outage')]],
    ['an account as a number', { reasons: { outage: { account: 4_010 } } }, [words('outage')]],
    [
      'a reason as a text',
      { reasons: { outage: 'Outage' } },
      ["reasons.outage: a label or an account is wanted, such as { label: 'Outage' }"],
    ],
    ['a list of reasons', { reasons: ['outage'] }, ['reasons: settings in braces are wanted']],
    [
      'a negative limit',
      { limits: { perDay: { minorUnits: -1, currency: 'usd' } } },
      ['limits.perDay: an amount above zero is wanted, such as usd(250)'],
    ],
    [
      'a limit in another currency',
      { currency: 'eur', limits: { holdAbove: usd(5) } },
      ['limits.holdAbove: is in usd, but the configured currency is eur'],
    ],
    ['no limits at all', { limits: null }, ['limits: settings in braces are wanted']],
    [
      'one limit for everything',
      { limits: usd(5) },
      [
        expect.stringMatching(
          /^limits\.minorUnits: there is no such setting; known are holdAbove, /,
        ),
        expect.stringMatching(/^limits\.currency: there is no such setting; known are holdAbove, /),
      ],
    ],
    [
      'hosts as one text',
      { links: { hosts: 'files.example.com' } },
      ['links.hosts: a list of hosts is wanted'],
    ],
  ])('%s', (_, changed, lines) => {
    expect(problems(changed)).toEqual(lines)
  })

  it('a reason that the configuration adds may be a rule’s', () => {
    const reasons = { outage: { label: 'Service outage', account: '4010' } }
    expect(problems({ reasons, ...rules(own({ reason: 'outage' })) })).toEqual([])
  })

  it('an amount that is none throws where it is written', () => {
    expect(() => usd(-250)).toThrow('usd(-250): amount_negative')
    expect(() => usd(0)).toThrow('usd(0): amount_zero')
    expect(() => usd(0.001)).toThrow('usd(0.001): amount_too_precise')
    expect(() => usd(Number.NaN)).toThrow('usd(NaN): amount_not_a_number')
  })
})
