// The billing system's own mail of an invoice to its customer. It takes a key, and remembers it for a day:
// later nothing is sent, so that nobody is ever mailed twice.

import { POST_WITHOUT_LOOK_SECONDS } from '../domain/limits.ts'
import { err } from '../domain/result.ts'
import type { Channel, SendTrouble } from './channel.ts'

export function customerMail(): Channel {
  return {
    name: 'customer_mail',
    title: 'Mail to the customer',
    source: null,
    secrets: [],
    problems: [],
    isForCustomer: true,
    wants: ({ forCustomer }) => forCustomer !== null,
    async send(_secrets, { about, at, forCustomer }, { nowMs, mailInvoice }) {
      if (forCustomer === null) return err(trouble('nothing_to_mail'))
      if (nowMs - at > POST_WITHOUT_LOOK_SECONDS * 1_000) return err(trouble('too_late_to_mail'))
      return mailInvoice(forCustomer, `${about}.mail`)
    },
  }
}

const trouble = (code: string): SendTrouble => ({
  meaning: 'permanent',
  code,
  status: null,
  retryAfterSeconds: null,
})
