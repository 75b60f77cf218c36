// The arguments of `npm run connect`.

import { parseArgs } from 'node:util'
import { Trouble } from './trouble.ts'

export type ConnectArguments = {
  readonly source: 'zendesk' | 'stripe'
  /** Where deliveries go; null is what the environment says. */
  readonly app: string | null
  /** Of makegood.config.ts; null is the only one of the source. */
  readonly endpoint: string | null
  readonly dryRun: boolean
  readonly undo: boolean
  readonly wait: boolean
  /** The app reads .dev.vars, although its address is not of this machine (a tunnel). */
  readonly local: boolean
  readonly printSecret: boolean
  /** Zendesk: the group that may approve. */
  readonly leads: string | null
  /** Zendesk: the ticket to which the test request is made. */
  readonly ticket: string | null
  /** Zendesk: whose external id is the billing customer's. */
  readonly customer: 'requester' | 'organization'
  /** Stripe: whether Commet collects the payments; null is not said. */
  readonly commetCollects: boolean | null
}

const USAGE =
  'npm run connect -- zendesk [--leads GROUP] [--customer organization] [--ticket ID], ' +
  'or npm run connect -- stripe --commet-collects yes|no; with either ' +
  '[--app URL] [--endpoint NAME] [--dry-run] [--undo] [--no-wait] [--local] [--print-secret]'

/** Throws Trouble on an option that is unknown, has no value, or has one that can't be. */
export function parseConnectArguments(given: readonly string[]): ConnectArguments {
  const { values, positionals } = valuesOf(given)
  const [source, ...rest] = positionals
  if ((source !== 'zendesk' && source !== 'stripe') || rest.length > 0) throw new Trouble(USAGE)
  const { ticket = null, customer = 'requester' } = values
  if (ticket !== null && !/^\d{1,20}$/.test(ticket)) {
    throw new Trouble(`--ticket ${ticket}: the number of a ticket is wanted`)
  }
  if (customer !== 'requester' && customer !== 'organization') {
    throw new Trouble(`--customer ${customer}: requester or organization is wanted`)
  }
  return {
    source,
    app: values.app ?? null,
    endpoint: values.endpoint ?? null,
    dryRun: values['dry-run'],
    undo: values.undo,
    wait: !values['no-wait'],
    local: values.local,
    printSecret: values['print-secret'],
    leads: values.leads ?? null,
    ticket,
    customer,
    commetCollects: answerOf(values['commet-collects']),
  }
}

function answerOf(text: string | undefined): boolean | null {
  if (text === undefined) return null
  if (text === 'yes' || text === 'no') return text === 'yes'
  throw new Trouble(`--commet-collects ${text}: yes or no is wanted`)
}

function valuesOf(given: readonly string[]) {
  const text = { type: 'string' } as const
  const flag = { type: 'boolean', default: false } as const
  try {
    return parseArgs({
      args: [...given],
      allowPositionals: true,
      options: {
        app: text,
        endpoint: text,
        leads: text,
        ticket: text,
        customer: text,
        'commet-collects': text,
        'dry-run': flag,
        undo: flag,
        'no-wait': flag,
        local: flag,
        'print-secret': flag,
      },
    })
  } catch (error) {
    const [line] = (error instanceof Error ? error.message : String(error)).split('\n')
    throw new Trouble(`${line} ${USAGE}`)
  }
}
