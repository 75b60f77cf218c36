// App and sandbox of a chaos run, each a process of its own on a free port, with state in a folder of its
// own: started, killed, and started again on the same state. Never any other billing API than this sandbox.

import { randomBytes } from 'node:crypto'
import * as path from 'node:path'
import type { V4WorkerOptions } from 'miniflare'
import { sandboxWorker } from '../sandbox/worker-options.ts'
import { bundleWorker, type WorkerModule } from './bundle.ts'
import { forkPart, type PartProcess } from './chaos-process.ts'
import { appWorker, migrate } from './local-stack.ts'
import { claimPort, HOST } from './ports.ts'
import { Trouble } from './trouble.ts'

export type PartName = 'app' | 'sandbox'

/** The trial's time, milliseconds: `shownMs` when the real clock says `realMs`, and `speed` times as fast. */
export type ChaosClock = {
  readonly realMs: number
  readonly shownMs: number
  readonly speed: number
}

export const shownAt = ({ realMs, shownMs, speed }: ChaosClock, nowMs: number): number =>
  Math.floor(shownMs + (nowMs - realMs) * speed)

export type ChaosStack = {
  readonly appUrl: string
  readonly sandboxUrl: string
  readonly secrets: Readonly<Record<string, string>>
  /** Answers when it listens. */
  start(part: PartName, clock: ChaosClock): Promise<void>
  /** SIGKILL, of the process and of its workerd; answers when both are gone. */
  kill(part: PartName): Promise<void>
  /** The app's `scheduled`; false where it was killed meanwhile. Throws where the handler threw. */
  tick(cron: string): Promise<boolean>
  statePath(part: PartName): string
  /** The app's next start runs this bundle: another version on the same state. */
  use(code: readonly WorkerModule[]): void
  stop(): Promise<void>
}

const STARTS_MAX = 3

const secret = (prefix: string): string => prefix + randomBytes(24).toString('base64url')

const drawSecrets = () => ({
  COMMET_API_KEY: secret('ck_sandbox_'),
  BOOTSTRAP_KEY: secret('ck_mg_'),
  LINK_KEY: secret(''),
  STRIPE_WEBHOOK_SECRET: secret('whsec_'),
  ZENDESK_WEBHOOK_SECRET: secret(''),
  STANDARD_WEBHOOK_SECRET: `whsec_${randomBytes(24).toString('base64')}`,
  HUBSPOT_CLIENT_SECRET: secret(''),
})

/** `folder`: empty, for this run alone. Nothing runs yet when it answers. */
export async function prepareChaos(folder: string): Promise<ChaosStack> {
  const statePath = (part: PartName) => path.join(folder, part)
  const ports = { app: await claimPort(0, 'PORT'), sandbox: await claimPort(0, 'SANDBOX_PORT') }
  const appUrl = `http://${HOST}:${ports.app}`
  const sandboxUrl = `http://${HOST}:${ports.sandbox}`
  const secrets = drawSecrets()
  const vars = { ...secrets, COMMET_API_URL: sandboxUrl, PUBLIC_URL: appUrl }
  const [{ modules: usual }, sandbox] = await Promise.all([
    bundleWorker('sandbox/chaos-worker.ts', 'local'),
    sandboxWorker(),
    migrate(statePath('app')),
  ])
  let code = usual
  const workerOf = (part: PartName, clock: ChaosClock): V4WorkerOptions =>
    part === 'sandbox' ? sandbox : appWorker(code, { ...vars, ...clockVars(clock) })

  const parts = new Map<PartName, PartProcess>()
  const kill = async (part: PartName): Promise<void> => {
    const running = parts.get(part)
    parts.delete(part)
    await running?.kill()
  }
  const start = async (part: PartName, clock: ChaosClock): Promise<void> => {
    const [worker, port] = [workerOf(part, clock), ports[part]]
    const persistencePath = path.join(statePath(part), 'v3')
    for (let tried = 1; ; tried++) {
      const running = forkPart(port)
      parts.set(part, running)
      const reply = await running.ask({ do: 'start', host: HOST, port, worker, persistencePath })
      if (reply.is === 'listening') return
      await kill(part)
      const why = reply.is === 'failed' ? reply.why : reply.is
      if (tried >= STARTS_MAX) throw new Trouble(`the ${part} does not start: ${why}`)
    }
  }
  const tick = async (cron: string): Promise<boolean> => {
    const running = parts.get('app')
    if (!running?.isListening()) return false
    const reply = await running.ask({ do: 'tick', worker: 'app', cron })
    if (reply.is === 'ticked' && reply.outcome === 'ok') return true
    if (parts.get('app') !== running) return false
    throw new Trouble(`the scheduled handler ended badly: ${JSON.stringify(reply)}`)
  }
  const stop = async (): Promise<void> => {
    await Promise.all([kill('app'), kill('sandbox')])
  }
  const use = (other: readonly WorkerModule[]): void => {
    code = other
  }
  return { appUrl, sandboxUrl, secrets, statePath, start, kill, tick, use, stop }
}

const clockVars = ({ realMs, shownMs, speed }: ChaosClock) => ({
  CLOCK_REAL_MS: String(realMs),
  CLOCK_SHOWN_MS: String(shownMs),
  CLOCK_SPEED: String(speed),
})
