// What connecting a source needs, whichever it is, and how its secret reaches the app.

import type { Config } from '../src/config.ts'
import type { Endpoint } from '../src/sources/source.ts'
import type { ConnectArguments } from './connect-arguments.ts'
import type { Api } from './connect-call.ts'
import { commandFor, removalOf, type Place } from './deployment.ts'
import type { SecretFile } from './secret-file.ts'

export type Connection = {
  readonly api: Api
  readonly config: Config
  readonly name: string
  readonly endpoint: Endpoint
  /** The app's address, without a slash at its end. */
  readonly app: string
  /** That the address is of; null where it doesn't tell. */
  readonly place: Place | null
  /** Null where the app is deployed: then its secrets are not ours to write. */
  readonly secrets: SecretFile | null
  readonly asked: ConnectArguments
}

export const tell = (api: Api, what: string, text: string): void => api.say(what.padEnd(10) + text)

/** A command for the place that the app is of; for each, where its address doesn't tell which. */
export const atItsPlace = (
  { place }: Pick<Connection, 'place'>,
  command: (place: Place) => string,
): string =>
  place === null
    ? `${command('production')} (if this is staging: ${command('staging')})`
    : command(place)

/** The command that takes the endpoint's secret out of the deployed app. */
export const removalAt = (connection: Connection): string =>
  atItsPlace(connection, (place) => removalOf(connection.endpoint.secret, place))

/** True where something was written. `where`: the page of the source that shows the secret. */
export function keepSecret(connection: Connection, secret: string, where: string): boolean {
  const { api, endpoint, secrets, asked } = connection
  const name = endpoint.secret
  if (asked.printSecret) tell(api, 'secret', `${name}="${secret}"`)
  if (secrets === null) {
    const renew = (place: Place) => commandFor('setup', place, '--renew', name)
    tell(api, 'secret', `store it: ${atItsPlace(connection, renew)}`)
    if (!asked.printSecret) tell(api, '', `its value: ${where}; or run this with --print-secret`)
    return false
  }
  const isNew = secrets.keepFirst(name, secret)
  tell(api, isNew ? 'stored' : 'there', `secret   ${name}, in .dev.vars`)
  if (isNew) tell(api, '', 'a running `npm start` reads .dev.vars when it starts: restart it')
  const isPublic = (each: string) => endpoint.source.publicSecrets?.includes(each) === true
  if ((secrets.read(name) ?? '').split(',').some(isPublic)) {
    tell(api, 'unsafe', `${name} also holds the secret that ${api.title} publishes for its button`)
    tell(api, '', '"Test webhook": anybody can sign with it; take it out of .dev.vars')
  }
  return isNew
}
