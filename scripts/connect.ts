// `npm run connect -- zendesk|stripe`: makes at the source what is needed there, stores its secret, waits
// for a first delivery and prints what became of it. `--dry-run` changes nothing, `--undo` takes it away.

import { setTimeout as sleep } from 'node:timers/promises'
import config from '../makegood.config.ts'
import type { Endpoint } from '../src/sources/source.ts'
import { parseConnectArguments, type ConnectArguments } from './connect-arguments.ts'
import type { Api } from './connect-call.ts'
import type { Connection } from './connect-connection.ts'
import { connectSettings, type ConnectSettings } from './connect-settings.ts'
import { stripeApi } from './connect-stripe-api.ts'
import { connectStripe, disconnectStripe } from './connect-stripe.ts'
import {
  firstDelivery,
  knownEvents,
  tellStory,
  untilSecretIsKnown,
  type Waiting,
} from './connect-wait.ts'
import { zendeskApi } from './connect-zendesk-api.ts'
import { applyMacro } from './connect-zendesk-ticket.ts'
import { connectZendesk, disconnectZendesk } from './connect-zendesk.ts'
import { placeAt } from './place-of-address.ts'
import { ROOT } from './project.ts'
import { tellTrouble, Trouble } from './trouble.ts'

const FIRST_DELIVERY_WITHIN_MS = 10 * 60_000
const OUTSIDE = { fetch, sleep, say: (line: string) => console.log(line.trimEnd()) }

function endpointOf({ source, endpoint: named }: ConnectArguments): readonly [string, Endpoint] {
  const fitting = [...config.endpoints].filter(
    ([name, endpoint]) => endpoint.source.name === source && (named === null || name === named),
  )
  const [first] = fitting
  if (first === undefined) {
    const wanted = named === null ? `of the source ${source}` : `'${named}' of the source ${source}`
    throw new Trouble(`makegood.config.ts has no endpoint ${wanted}`)
  }
  if (fitting.length === 1) return first
  const names = fitting.map(([name]) => name).join(', ')
  throw new Trouble(`which endpoint of the source ${source}? --endpoint NAME: ${names}`)
}

function waitingOf(settings: ConnectSettings, name: string, endpoint: Endpoint): Waiting {
  const key = settings.value('BOOTSTRAP_KEY')
  if (key === undefined) {
    throw new Trouble(
      'BOOTSTRAP_KEY is not set: what became of the delivery is told to it; or use --no-wait',
    )
  }
  const { app } = settings
  return { app, name, endpoint, key, deadlineMs: FIRST_DELIVERY_WITHIN_MS, ...OUTSIDE }
}

/** What asks for the first delivery, and what to say where it takes long. */
type Test = { readonly ask: () => Promise<void>; readonly hint: string }

async function tryOut(waiting: Waiting, secret: string | null, test: Test): Promise<void> {
  // A deployed app's secret may be known to its operator alone: then the delivery itself is the proof.
  if (secret !== null) await untilSecretIsKnown(waiting, secret)
  const known = await knownEvents(waiting)
  await test.ask()
  tellStory(waiting, await firstDelivery(waiting, known, test.hint))
}

async function zendesk(connection: Connection, waiting: Waiting | null): Promise<void> {
  const { api, asked } = connection
  if (asked.undo) return disconnectZendesk(connection)
  const { secret, macro } = await connectZendesk(connection)
  if (waiting === null) return
  const what = macro === null ? 'a macro' : `the macro "${macro.title}"`
  const hint =
    'Zendesk\'s "Test webhook" does not count: it signs with a secret that stands in its own pages, ' +
    'which anybody can do, so it is answered 401.'
  const ask = async (): Promise<void> => {
    if (asked.ticket !== null && macro !== null) {
      api.say(`test        ${what} on ticket ${asked.ticket}: a real request, as an agent makes it`)
      return applyMacro(api, asked.ticket, macro.id)
    }
    api.say(`test        apply ${what} to a ticket of your own at Zendesk, and submit it`)
    api.say('            it is a real request; Ctrl-C ends the waiting, and everything stays')
  }
  return tryOut(waiting, secret, { ask, hint })
}

async function stripe(connection: Connection, waiting: Waiting | null): Promise<void> {
  const { api, asked } = connection
  if (asked.undo) return disconnectStripe(connection)
  const secret = await connectStripe(connection)
  if (waiting === null || asked.commetCollects !== false) return
  const hint = `${connection.endpoint.secret} has to be the secret of this endpoint, in live and test mode of its own.`
  const ask = async (): Promise<void> => {
    api.say('test        refund something at Stripe, in a sandbox of yours if the key is one')
    api.say('            Ctrl-C ends the waiting, and everything stays')
  }
  return tryOut(waiting, secret, { ask, hint })
}

function apiOf(source: ConnectArguments['source'], settings: ConnectSettings): Api {
  return source === 'zendesk'
    ? zendeskApi(settings, OUTSIDE)
    : stripeApi(settings, process.env, OUTSIDE)
}

try {
  const asked = parseConnectArguments(process.argv.slice(2))
  const settings = connectSettings(ROOT, asked)
  const [name, endpoint] = endpointOf(asked)
  const { app, secrets } = settings
  const api = apiOf(asked.source, settings)
  // What would keep it from waiting is said before anything is made.
  const isWaiting = asked.wait && !asked.dryRun && !asked.undo
  const waiting = isWaiting ? waitingOf(settings, name, endpoint) : null
  const place = placeAt(ROOT, app)
  const connection: Connection = { api, config, name, endpoint, app, place, secrets, asked }
  await (asked.source === 'zendesk' ? zendesk : stripe)(connection, waiting)
} catch (error) {
  console.error(tellTrouble(error))
  process.exit(1)
}
