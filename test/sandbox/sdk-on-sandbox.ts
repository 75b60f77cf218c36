// The official SDK on a running sandbox.

import { redirectSdk, type SdkPlace } from '../sdk/place.ts'
import { type RunningSandbox, SANDBOX_KEY, startSandbox } from './running-sandbox.ts'

export type SdkOnSandbox = SdkPlace & { readonly sandbox: RunningSandbox }

export async function startSdkOnSandbox(): Promise<SdkOnSandbox> {
  const sandbox = await startSandbox()
  const sdk = redirectSdk(SANDBOX_KEY, (path, init, realFetch) =>
    realFetch(sandbox.origin + path, init),
  )
  return {
    sandbox,
    get sent() {
      return sdk.sent
    },
    commet: sdk.commet,
    forget: sdk.forget,
    control: (method, path, body) => sandbox.control(method, path, body),
    async newestRequestId() {
      const { json } = await sandbox.control('GET', '/requests')
      return json.requests[0].requestId
    },
    async stop() {
      sdk.restore()
      await sandbox.stop()
    },
  }
}
