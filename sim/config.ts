// The configurations of a run: a deployment may replace one by another while both are running.

import * as z from 'zod'
import { defineConfig, type Config } from '../src/config.ts'
import type { LimitOptions } from '../src/domain/money-limits.ts'
import { usd } from '../src/domain/money.ts'
import { charge, credit, rule, several, undo, type Rule } from '../src/domain/rule.ts'
import { slack } from '../src/notices/slack.ts'
import { zendeskComment } from '../src/notices/zendesk-comment.ts'
import { chargeRequested } from '../src/rules/charge-requested.ts'
import { commetInvoiceStatus } from '../src/rules/commet-invoice-status.ts'
import { creditRequested } from '../src/rules/credit-requested.ts'
import { stripeRefundFailed } from '../src/rules/stripe-refund-failed.ts'
import { stripeRefundRecord } from '../src/rules/stripe-refund-record.ts'
import { zendeskApproval } from '../src/rules/zendesk-approval.ts'
import { zendeskCreditUndo } from '../src/rules/zendesk-credit-undo.ts'
import { zendeskTicketCredit } from '../src/rules/zendesk-ticket-credit.ts'
import { commet, standard, stripe, zendesk } from '../src/sources/index.ts'
import { isObject, textOf, type Endpoint, type Source } from '../src/sources/source.ts'
import { zendeskSource } from '../src/sources/zendesk.ts'

export const TIME_ZONE = 'Europe/Berlin'

/** A source whose deliveries carry many events, each with an id of its own. */
const batchSource: Source = {
  ...zendeskSource,
  name: 'batch',
  title: 'Batch',
  read: (body) =>
    (Array.isArray(body) ? body : []).map((each: unknown) =>
      isObject(each)
        ? {
            ownId: textOf(each['id']),
            type: textOf(each['type']) ?? 'none',
            occurredAt: null,
            mode: null,
            data: each,
          }
        : { unreadable: 'not_an_object' as const, data: each },
    ),
}

const part = z.object({
  subject: z.string(),
  part: z.string().default(''),
  amount: z.number(),
  customer: z.string().nullable(),
  asker: z.string().nullable().default(null),
})
const payload = z.union([z.object({ undo: z.string() }), z.object({ parts: z.array(part) })])

/** It gives or undoes exactly what an event says. */
const giving = (
  name: string,
  settlement: Rule['settlement'],
  { id, was }: Pick<Rule, 'id' | 'was'> = { id: name, was: [] },
): Rule =>
  rule({
    id,
    was,
    source: 'batch',
    on: [name],
    settlement,
    reason: 'goodwill',
    causedBy: 'system',
    payload,
    adjust(event) {
      if ('undo' in event) return undo(event.undo, { of: id })
      return several(
        ...event.parts.map(({ amount, ...fields }) =>
          (amount < 0 ? credit : charge)({ minorUnits: Math.abs(amount), currency: 'usd' }, fields),
        ),
      )
    },
  })

export const SECRETS = {
  STRIPE_WEBHOOK_SECRET: 'whsec_simulated_stripe',
  ZENDESK_WEBHOOK_SECRET: 'c2ltdWxhdGVkLXplbmRlc2s=',
  STANDARD_WEBHOOK_SECRET: 'whsec_c2ltdWxhdGVkLXN0YW5kYXJkLXdlYmhvb2tzLXNlY3JldA==',
  BATCH_WEBHOOK_SECRET: 'c2ltdWxhdGVkLWJhdGNo',
  COMMET_WEBHOOK_SECRET: 'whsec_simulated_commet',
  ZENDESK_URL: 'https://zendesk.sim',
  ZENDESK_EMAIL: 'bot@saas.example',
  ZENDESK_API_TOKEN: 'simulated',
  SLACK_WEBHOOK_URL: 'https://chat.sim/hook',
} as const

export const AUDIT_KEY =
  'PRIVATE+KEY+makegood.sim/audit+ddfef378+AXNpbXVsYXRlZC1hdWRpdC1rZXktb2YtMzItYnl0ZXMu'
export const AUDIT_PUBLIC_KEY =
  'makegood.sim/audit+ddfef378+Aah7oP5bhAycb5uThVYJKKzApPOcNdRrjY2wBjgCFGTX'

export const ENDPOINT_SECRETS = {
  stripe: SECRETS.STRIPE_WEBHOOK_SECRET,
  zendesk: SECRETS.ZENDESK_WEBHOOK_SECRET,
  standard: SECRETS.STANDARD_WEBHOOK_SECRET,
  batch: SECRETS.BATCH_WEBHOOK_SECRET,
  commet: SECRETS.COMMET_WEBHOOK_SECRET,
} as const
export type EndpointName = keyof typeof ENDPOINT_SECRETS

/** A rule is renamed by a deployment; here by its first name. */
export const firstNameOf = (ruleId: string): string =>
  ruleId === RENAMED.id ? (RENAMED.was[0] ?? ruleId) : ruleId
const RENAMED = { id: 'promise-renamed', was: ['promise'] } as const

/** Minor units of the preset tag `credit_25`, by the configuration's version. */
export const PRESETS = [2_500, 3_000, 2_500, 2_000] as const
export const VERSIONS = PRESETS.length

export type ConfigOptions = {
  readonly limits: LimitOptions
  readonly tells: boolean
}

export function configOf(version: number, { limits, tells }: ConfigOptions): Config {
  const batch: Endpoint = {
    ...zendesk({ secret: 'BATCH_WEBHOOK_SECRET', mode: 'test' }),
    source: batchSource,
  }
  return defineConfig({
    currency: 'usd',
    timeZone: TIME_ZONE,
    endpoints: {
      stripe: stripe({ secret: 'STRIPE_WEBHOOK_SECRET' }),
      zendesk: zendesk({ secret: 'ZENDESK_WEBHOOK_SECRET', mode: 'test' }),
      standard: standard({ secret: 'STANDARD_WEBHOOK_SECRET', mode: 'test' }),
      batch,
      commet: commet({ secret: 'COMMET_WEBHOOK_SECRET' }),
    },
    rules: [
      zendeskTicketCredit({
        requestTag: 'credit_requested',
        amounts: { credit_10: usd(10), credit_25: usd((PRESETS[version] ?? 2_500) / 100) },
        otherAmountField: true,
      }),
      zendeskCreditUndo(),
      zendeskApproval(),
      stripeRefundRecord(),
      stripeRefundFailed(),
      creditRequested(),
      chargeRequested(),
      giving('promise', 'owed', version >= 2 ? RENAMED : undefined),
      // What nobody knew before the first deployment.
      ...(version >= 1 ? [giving('later', 'owed')] : []),
      commetInvoiceStatus(),
      giving('record', 'already_paid'),
    ],
    limits,
    notices: tells ? [zendeskComment(), slack()] : [],
  })
}
