// Deliveries that never come: whose sender can be asked for them and is not, and whose sender tries no second time. Pure.

import type { Config } from '../src/config.ts'
import type { Source } from '../src/sources/source.ts'
import { finding, type Finding } from './doctor-facts.ts'

/** Sources that can be asked for what never came. */
const ASKABLE: Readonly<Record<string, string>> = {
  stripe: 'stripeEvents()',
  zendesk: 'zendeskTickets()',
}

type Sender = {
  readonly source: string
  /** Which of its webhooks; by default all of them. */
  readonly is?: (source: Source) => boolean
  readonly text: string
  readonly todo: string
}

/** Whom nobody can ask, and who gives up at once, or soon, or nobody knows when. */
export const GIVING_UP: readonly Sender[] = [
  {
    source: 'github',
    text: 'GitHub never tries a delivery again',
    todo: 'after an outage: Recent deliveries, Redeliver, within three days',
  },
  {
    source: 'front',
    is: ({ handshake }) => handshake === undefined,
    text: 'a rule of Front tries no delivery again',
    todo: "kind: 'application'; or look at its conversations after an outage",
  },
  {
    source: 'salesforce',
    is: ({ hidesBody }) => hidesBody !== true,
    text: 'a callout of a Salesforce flow is not tried again',
    todo: 'an outbound message; or run the flow again after an outage',
  },
  {
    source: 'intercom',
    text: 'Intercom tries once more after a minute, and then the notification is lost',
    todo: 'after an outage look for tickets that got no credit',
  },
  {
    source: 'zohodesk',
    text: 'nobody knows whether Zoho Desk tries a delivery again',
    todo: 'after an outage compare the inbox with your tickets',
  },
  {
    source: 'zohocrm',
    text: 'nobody knows whether Zoho CRM tries a delivery again',
    todo: 'after an outage compare the inbox with your records',
  },
]

export function missedFindings({ endpoints, findMissed }: Config): readonly Finding[] {
  const names = new Set([...endpoints.values()].map(({ source }) => source.name))
  const unasked = Object.entries(ASKABLE)
    .filter(([name]) => names.has(name) && !findMissed.some(({ source }) => source === name))
    .map(([name, finder]) => {
      const text = `a delivery of ${name} that never comes is noticed by nobody`
      return finding('look', 'missed', text, `findMissed: [${finder}]: docs/missed-deliveries.md`)
    })
  const givingUp = [...endpoints].flatMap(([name, { source }]) =>
    GIVING_UP.filter(
      (sender) => sender.source === source.name && (sender.is === undefined || sender.is(source)),
    ).map(({ text, todo }) => finding('look', 'missed', `${name}: ${text}`, todo)),
  )
  return [...unasked, ...givingUp]
}
