// How long what was delivered is kept. Events, adjustments and the audit log stay; their payloads don't.

import type { Fate } from './event.ts'
import {
  IGNORED_PAYLOAD_DAYS_DEFAULT,
  MONEY_PAYLOAD_DAYS_DEFAULT,
  MS_PER_DAY,
  PAYLOAD_DAYS_MAX,
} from './limits.ts'
import { unknownFields } from './unknown-fields.ts'

export type RetentionOptions = {
  /** Of what was delivered with events that moved money, or that a person has to look at. Default 400. */
  readonly moneyPayloadDays?: number
  /** Of events that were ignored, or met rules in shadow mode only. Default 30. */
  readonly ignoredPayloadDays?: number
}

export type Retention = Required<RetentionOptions>

const DEFAULTS: Retention = {
  moneyPayloadDays: MONEY_PAYLOAD_DAYS_DEFAULT,
  ignoredPayloadDays: IGNORED_PAYLOAD_DAYS_DEFAULT,
}

export const retentionOf = (options: RetentionOptions): Retention => ({ ...DEFAULTS, ...options })

/** A line each. */
export function retentionProblems(options: RetentionOptions): string[] {
  const wrong = Object.entries(retentionOf(options)).filter(
    ([, days]) => !(Number.isInteger(days) && days >= 1 && days <= PAYLOAD_DAYS_MAX),
  )
  return [
    ...unknownFields(options, Object.keys(DEFAULTS), 'retention.'),
    ...wrong.map(
      ([field, days]) =>
        `retention.${field}: ${days} is not a whole number of days from 1 to ${PAYLOAD_DAYS_MAX}`,
    ),
  ]
}

/** Payloads of events from before are forgotten. Milliseconds since 1970. */
export const forgottenBefore = (
  { moneyPayloadDays, ignoredPayloadDays }: Retention,
  now: number,
) => ({
  money: now - moneyPayloadDays * MS_PER_DAY,
  ignored: now - ignoredPayloadDays * MS_PER_DAY,
})

/** Nothing came of it, and nobody is asked to look. */
export const movedNothing = (fate: Fate): boolean => fate === 'ignored' || fate === 'shadow'
