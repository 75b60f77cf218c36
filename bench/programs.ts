// Programs beside the Workers: the billing stub and the peers, each a Node process of its own, as this one runs.

import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import * as fs from 'node:fs'
import * as path from 'node:path'
import { claimPort, HOST } from '../scripts/ports.ts'
import { ROOT } from '../scripts/project.ts'
import { runTool } from '../scripts/run-tool.ts'
import { Trouble } from '../scripts/trouble.ts'
import { STRIPE_SECRET } from './deliveries.ts'
import type { Target } from './targets.ts'

const START_MS_MAX = 60_000
const SAID_CHARS_MAX = 500

export type Stub = {
  readonly url: string
  told(): Promise<{ readonly invoices: number; readonly lastAt: number }>
  stop(): void
}

export async function startStub(): Promise<Stub> {
  const child = fork(path.join(ROOT, 'bench', 'billing-stub.ts'))
  const [address] = await once(child, 'message')
  const url = `http://${HOST}:${address.port}`
  return {
    url,
    told: async () => (await fetch(`${url}/told`)).json() as ReturnType<Stub['told']>,
    stop: () => void child.kill(),
  }
}

export const PEERS = ['express', 'node-red'] as const
export type Peer = (typeof PEERS)[number]

/** What only this command needs is installed by it, each peer from a lock file of its own. */
export async function installPeers(): Promise<void> {
  for (const name of PEERS) {
    const folder = folderOf(name)
    const installed = path.join(folder, 'node_modules', '.package-lock.json')
    const lock = path.join(folder, 'package-lock.json')
    if (fs.existsSync(installed) && fs.statSync(installed).mtimeMs >= fs.statSync(lock).mtimeMs) {
      continue
    }
    const { passed, output } = await runTool(folder, 'npm', 'ci', '--ignore-scripts', '--no-audit')
    if (!passed) throw new Trouble(`the peer ${name} can't be installed: ${output}`)
  }
}

const folderOf = (name: Peer): string => path.join(ROOT, 'bench', 'peers', name)

/** Its `server.mjs` listens on PORT, and keeps what it keeps in FOLDER. */
export async function startPeer(name: Peer, folder: string, billingUrl: string): Promise<Target> {
  const port = await claimPort(0, 'PORT')
  const own = path.join(folder, name)
  fs.mkdirSync(own, { recursive: true })
  const env = {
    ...process.env,
    PORT: String(port),
    FOLDER: own,
    BILLING_URL: billingUrl,
    STRIPE_WEBHOOK_SECRET: STRIPE_SECRET,
    NODE_ENV: 'production',
  }
  const child = fork(path.join(folderOf(name), 'server.mjs'), { env, silent: true })
  child.stdout?.resume()
  const said: string[] = []
  child.stderr?.on('data', (text) => said.push(String(text)))
  await listening(child, name, said)
  return {
    port,
    pid: child.pid ?? 0,
    stop: async () => {
      child.kill()
      await once(child, 'exit')
    },
  }
}

async function listening(child: ChildProcess, name: Peer, said: readonly string[]): Promise<void> {
  const late = AbortSignal.timeout(START_MS_MAX)
  const ended = once(child, 'exit', { signal: late })
  try {
    const [first] = await Promise.race([once(child, 'message', { signal: late }), ended])
    if (first !== 'listening') throw new Error('it has ended')
  } catch {
    child.kill()
    throw new Trouble(`${name} doesn't start: ${said.join('').slice(-SAID_CHARS_MAX)}`)
  }
}
