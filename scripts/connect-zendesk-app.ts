// What `npm run connect -- zendesk` leaves with the app: the webhook's secret, and the numbers of the fields
// that it reads or writes; and what it can only say, because the configuration and the deployment are the user's.

import * as z from 'zod'
import { call, type Api } from './connect-call.ts'
import { atItsPlace, tell, type Connection } from './connect-connection.ts'
import { AMOUNT_FIELD, KINDS, STATUS_FIELD, type Asking, type Ids } from './connect-zendesk-plan.ts'
import { notAsExpected } from './connect-zendesk-records.ts'
import { commandFor, type Place } from './deployment.ts'

/** The name under which the status field's number is kept, where the configuration has no other. */
const STATUS_FIELD_VARIABLE = 'ZENDESK_STATUS_FIELD'

const signingSecret = z.object({ signing_secret: z.object({ secret: z.string().min(1) }) })

export async function secretOf(api: Api, webhookId: string): Promise<string> {
  const answer = await call(api, 'GET', `/${KINDS.webhook[0]}/${webhookId}/signing_secret`)
  const read = signingSecret.safeParse(answer)
  if (!read.success) throw notAsExpected(api, "the webhook's secret")
  return read.data.signing_secret.secret
}

/** The name under which the app wants a field's number; null where it wants none. */
export function numberVariable(place: Pick<Connection, 'config' | 'name'>, key: string) {
  if (key === STATUS_FIELD) return channelOf(place)?.secrets[3] ?? STATUS_FIELD_VARIABLE
  return key === AMOUNT_FIELD ? (finderOf(place)?.secrets[3] ?? null) : null
}

const finderOf = ({ config, name }: Pick<Connection, 'config' | 'name'>) =>
  config.findMissed.find(
    ({ source, endpoint }) => source === 'zendesk' && (endpoint ?? name) === name,
  )

const channelOf = ({ config, name }: Pick<Connection, 'config' | 'name'>) =>
  config.notices.find((each) => each.name === 'zendesk' || each.name === `zendesk:${name}`)

export function keepNumber(connection: Connection, key: string, ids: Ids): boolean {
  const { api, secrets } = connection
  const variable = numberVariable(connection, key)
  if (variable === null) return false
  const id = ids(key)
  if (secrets === null) {
    const renew = (place: Place) => commandFor('setup', place, '--renew', variable)
    tell(api, 'number', `store it, ${id}: ${atItsPlace(connection, renew)}`)
    return false
  }
  if (secrets.read(variable) === id) return false
  // One number, no list: a former one would be taken for part of it.
  secrets.drop(variable, secrets.read(variable) ?? '')
  secrets.keepFirst(variable, id)
  tell(api, 'stored', `number   ${variable}, in .dev.vars`)
  return true
}

/** What Zendesk can't be asked for, and would leave a request without its answer. */
export function adviseOn(connection: Connection, asking: Asking): void {
  const { api, secrets, asked } = connection
  const advise = (text: string): void => tell(api, 'note', text)
  if (!asking.hasUndo) advise('no macro "Undo credit": zendeskCreditUndo() is not among the rules')
  if (!asking.hasApproval) {
    advise('no macro "Approve credit": zendeskApproval() is not among the rules')
  } else if (asked.leads === null) {
    advise('everybody has the macro "Approve credit"; --leads GROUP keeps it for one group')
  }
  const channel = channelOf(connection)
  const comment = `zendeskComment({ statusField: '${STATUS_FIELD_VARIABLE}' })`
  if (channel === undefined) {
    advise(`nobody is answered in the ticket: add ${comment} to notices`)
  } else if (channel.secrets.length < 4) advise(`the field Credit status stays empty: ${comment}`)
  if (secrets === null && channel !== undefined) {
    const names = channel.secrets.slice(0, 3).join(', ')
    const setup = atItsPlace(connection, (place) => commandFor('setup', place))
    advise(`the deployed app needs these too, which ${setup} asks for: ${names}`)
  }
}
