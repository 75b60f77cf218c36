// The official SDK on Makegood, whose billing API is the sandbox. No limit is in its way but those given.

import { defineConfig } from '../../src/config.ts'
import type { LimitOptions } from '../../src/domain/money-limits.ts'
import { createApp } from '../../src/http/app.ts'
import type { Deps } from '../../src/deps.ts'
import { OPERATOR, sandboxControl } from '../harness.ts'
import { redirectSdk, type SdkPlace } from '../sdk/place.ts'
import { createWorld } from '../world.ts'
import config from '../makegood.config.ts'

export const freely = (limits: LimitOptions = {}) =>
  defineConfig({
    currency: 'usd',
    timeZone: 'Europe/Berlin',
    endpoints: Object.fromEntries(config.endpoints),
    rules: [],
    limits: {
      holdAbove: { minorUnits: 1_000_000_000, currency: 'usd' },
      holdFirst: 0,
      duplicateHours: 0,
      charges: 'allow',
      ...limits,
    },
  })

export type SdkOnMakegood = SdkPlace & {
  readonly world: Awaited<ReturnType<typeof createWorld>>
  /** The Worker runs with these from now on. */
  become(parts: Partial<Deps>): void
}

export async function startSdkOnMakegood(): Promise<SdkOnMakegood> {
  const world = await createWorld({ config: freely() })
  let parts: Partial<Deps> = {}
  let newest = ''
  const app = createApp(() => ({ ...world.deps, ...parts }))
  const sdk = redirectSdk(OPERATOR['x-api-key'], async (path, init) => {
    const response = await app.request(`https://makegood.example${path}`, init)
    newest = response.headers.get('x-request-id') ?? ''
    return response
  })
  return {
    world,
    get sent() {
      return sdk.sent
    },
    commet: sdk.commet,
    forget: sdk.forget,
    become(others) {
      parts = others
    },
    async control(method, path, body) {
      const response = await sandboxControl(method, path, body)
      const text = await response.text()
      return { status: response.status, json: text && JSON.parse(text) }
    },
    newestRequestId: async () => newest,
    async stop() {
      sdk.restore()
    },
  }
}
