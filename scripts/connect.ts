// `npm run connect -- zendesk|stripe`: makes at the source what is needed there, stores its secret, waits
// for a first delivery and prints what became of it. `--dry-run` changes nothing, `--undo` takes it away.

import { setTimeout as sleep } from 'node:timers/promises'
import config from '../makegood.config.ts'
import type { Endpoint } from '../src/sources/source.ts'
import { parseConnectArguments, type ConnectArguments } from './connect-arguments.ts'
import type { Api } from './connect-call.ts'
import { connectSettings, type ConnectSettings } from './connect-settings.ts'
import {
  firstDelivery,
  knownEvents,
  tellStory,
  untilSecretIsKnown,
  type Waiting,
} from './connect-wait.ts'
import { connectZendesk, disconnectZendesk, type Connected } from './connect-zendesk.ts'
import type { Connection } from './connect-zendesk-app.ts'
import { applyMacro } from './connect-zendesk-ticket.ts'
import { zendeskApi } from './connect-zendesk-api.ts'
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

async function zendesk(asked: ConnectArguments, settings: ConnectSettings): Promise<void> {
  const [name, endpoint] = endpointOf(asked)
  const { app, secrets } = settings
  const api = zendeskApi(settings, OUTSIDE)
  const connection: Connection = { api, config, name, endpoint, app, secrets, asked }
  if (asked.undo) return disconnectZendesk(connection)
  // What would keep it from waiting is said before anything is made.
  const waiting = asked.wait && !asked.dryRun ? waitingOf(settings, name, endpoint) : null
  const connected = await connectZendesk(connection)
  if (waiting !== null) await tryOut(api, waiting, connected, asked)
}

const TEST_BUTTON =
  'Zendesk\'s "Test webhook" does not count: it signs with a secret that stands in its own pages, ' +
  'which anybody can do, so it is answered 401.'

async function tryOut(
  api: Api,
  waiting: Waiting,
  { secret, macro }: Connected,
  { ticket }: ConnectArguments,
): Promise<void> {
  if (secret === null) return
  await untilSecretIsKnown(waiting, secret)
  const known = await knownEvents(waiting)
  const { say } = waiting
  const what = macro === null ? 'a macro' : `the macro "${macro.title}"`
  if (ticket !== null && macro !== null) {
    say(`test        ${what} on ticket ${ticket}: a real request, as an agent would make it`)
    await applyMacro(api, ticket, macro.id)
  } else {
    say(`test        apply ${what} to a ticket of your own at Zendesk, and submit it`)
    say('            it is a real request; Ctrl-C ends the waiting, and everything stays')
  }
  tellStory(waiting, await firstDelivery(waiting, known, TEST_BUTTON))
}

try {
  const asked = parseConnectArguments(process.argv.slice(2))
  const settings = connectSettings(ROOT, asked)
  await zendesk(asked, settings)
} catch (error) {
  console.error(tellTrouble(error))
  process.exit(1)
}
