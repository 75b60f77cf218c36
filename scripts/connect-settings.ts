// Where `npm run connect` finds what it needs: the environment first, then .dev.vars.

import { isLoopback } from '../src/domain/link.ts'
import type { ConnectArguments } from './connect-arguments.ts'
import { readDevVars } from './dev-vars.ts'
import { secretFile, type SecretFile } from './secret-file.ts'
import { Trouble } from './trouble.ts'

const APP_DEFAULT = 'http://127.0.0.1:8787'

export type ConnectSettings = {
  /** The app's address, without a slash at its end. */
  readonly app: string
  /** Null where the app is deployed: then its secrets are not ours to write. */
  readonly secrets: SecretFile | null
  readonly value: (name: string) => string | undefined
}

/** Throws Trouble where the app's address can't be one. */
export function connectSettings(
  root: string,
  { app: given, local }: ConnectArguments,
): ConnectSettings {
  const { vars } = readDevVars(root)
  const value = (name: string): string | undefined => process.env[name] || vars[name] || undefined
  const app = addressOf('--app', given ?? value('PUBLIC_URL') ?? APP_DEFAULT)
  const isLocal = local || isLoopback(new URL(app).hostname)
  return { app, value, secrets: isLocal ? secretFile(root) : null }
}

/** https, or http on this machine; without a slash at its end. */
export function addressOf(name: string, text: string): string {
  const url = URL.parse(text)
  const isPlain = url?.protocol === 'http:' && isLoopback(url.hostname)
  if (!url || (url.protocol !== 'https:' && !isPlain) || url.username !== '' || url.search !== '') {
    throw new Trouble(`${name} ${text}: an https address is wanted, or http on this machine`)
  }
  return url.origin + url.pathname.replace(/\/+$/, '')
}
