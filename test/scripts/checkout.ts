// A copy of this checkout at a path with a blank, without .dev.vars, whose commands a test runs as
// their user does: as processes, on free ports, with state of their own.

import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { family } from './processes.ts'

const ROOT = path.resolve(import.meta.dirname, '../..')
const COPIED =
  'src sandbox scripts rules examples assets migrations makegood.config.ts package.json tsconfig.json wrangler.toml .dev.vars.example'
const STARTS_WITHIN_MS = 60_000

export type Run = { readonly child: ChildProcess; readonly output: { text: string } }

export type Running = Run & {
  /** Of every process that was started. */
  readonly ids: number[]
  readonly app: string
  readonly sandbox: string
}

export type Checkout = {
  readonly folder: string
  run(env?: Record<string, string>, command?: string, args?: string[]): Run
  /** Runs `npm start`'s script and waits until it listens. `state`: a name, for the same state again. */
  start(state: string, command?: string, args?: string[]): Promise<Running>
  /** Where the state of that name is. */
  statePath(state: string): string
  /** Ends what still runs. */
  stop(): Promise<void>
  remove(): Promise<void>
}

/** `files`: what stands in the copy instead, by path. */
export function copyCheckout(files: Readonly<Record<string, string>> = {}): Checkout {
  const parent = fs.mkdtempSync(path.join(tmpdir(), 'makegood-checkout-'))
  const folder = path.join(parent, 'a checkout')
  fs.mkdirSync(folder)
  for (const name of COPIED.split(' ')) {
    if (!fs.existsSync(path.join(ROOT, name))) continue
    fs.cpSync(path.join(ROOT, name), path.join(folder, name), { recursive: true })
  }
  for (const [name, text] of Object.entries(files)) fs.writeFileSync(path.join(folder, name), text)
  fs.symlinkSync(path.join(ROOT, 'node_modules'), path.join(folder, 'node_modules'))
  const children: ChildProcess[] = []
  const statePath = (state: string) => path.join(parent, state)

  const run: Checkout['run'] = (env, command = process.execPath, args = ['scripts/start.ts']) => {
    const { PATH = '' } = process.env
    const child = spawn(command, args, {
      cwd: folder,
      env: {
        PATH: `${path.dirname(process.execPath)}:${PATH}`,
        PORT: '0',
        SANDBOX_PORT: '0',
        ...env,
      },
    })
    children.push(child)
    const output = { text: '' }
    child.stdout.on('data', (chunk) => (output.text += String(chunk)))
    child.stderr.on('data', (chunk) => (output.text += String(chunk)))
    return { child, output }
  }
  const stop = async () => {
    for (const child of children.splice(0)) {
      if (child.exitCode !== null || child.signalCode !== null) continue
      child.kill('SIGTERM')
      await once(child, 'exit')
    }
  }
  return {
    folder,
    run,
    stop,
    statePath,
    async start(state, command, args) {
      const { child, output } = run({ MAKEGOOD_STATE: statePath(state) }, command, args)
      const deadline = Date.now() + STARTS_WITHIN_MS
      while (!/^Stop/m.test(output.text)) {
        if (Date.now() > deadline || child.exitCode !== null) throw new Error(output.text)
        await sleep(50)
      }
      const { pid = 0 } = child
      const app = addressAfter('Makegood', output.text)
      return { child, output, ids: family(pid), app, sandbox: addressAfter('Sandbox', output.text) }
    },
    async remove() {
      await stop()
      fs.rmSync(parent, { recursive: true, force: true })
    },
  }
}

const addressAfter = (word: string, text: string): string =>
  new RegExp(`^${word} +(http://[\\d.:]+)$`, 'm').exec(text)?.[1] ?? `no ${word} in: ${text}`
