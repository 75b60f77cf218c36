// The app and the sandbox side by side in one workerd, each on a port of its own, with the bindings
// and queues of wrangler.toml. `npm start`, the demo and the tests all run on this.
import './quiet-tools.ts'
import * as path from 'node:path'
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare, NoOpLog } from 'miniflare'
import type { V4MiniflareOptions, V4WorkerOptions, V4WorkerOptionsShape } from 'miniflare'
import { unstable_getMiniflareWorkerOptions } from 'wrangler'
import { sandboxWorker } from '../sandbox/worker-options.ts'
import { bundleWorker, type WorkerModule } from './bundle.ts'
import { applyMigrations } from './migrations.ts'
import { claimPort, HOST } from './ports.ts'
import { ENTRY, readWranglerConfig, ROOT } from './project.ts'
import { guardRuntime } from './runtime-guard.ts'
import { channelVars } from './stand-ins.ts'
import { lockState } from './state-lock.ts'
import { Trouble } from './trouble.ts'

export type StackOptions = {
  /** Of the app, on 127.0.0.1; 0 = a free one. */
  port: number
  /** Of the sandbox, likewise. */
  sandboxPort: number
  /** The folder for databases; the Wrangler CLI sees them with `--persist-to <statePath>`. */
  statePath: string
  /**
   * What the Worker reads from its environment besides wrangler.toml. COMMET_API_URL is the sandbox and
   * PUBLIC_URL the app's own address unless they are set here.
   */
  vars: Record<string, string>
  /** Another entry file than src/index.ts. */
  entry?: string
  /** 'normal' passes the Worker's console on to stdout and stderr; 'quiet' passes nothing on. */
  log?: 'quiet' | 'normal'
}

export type Stack = {
  appUrl: string
  sandboxUrl: string
  /**
   * Runs the Worker's `scheduled` once. `@restart` tells the app that every lease in its database is dead.
   * @param cron the cron of wrangler.toml when left out
   * @throws Trouble when the handler threw
   */
  tick(cron?: string): Promise<void>
  /** Bundles the app again and restarts the runtime with it; on Trouble the old one goes on. */
  reload(): Promise<void>
  /** Ends workerd and frees the state folder. A second call waits for the first. */
  stop(): Promise<void>
}

const APP = 'app'

type Place = Required<Pick<StackOptions, 'statePath' | 'log' | 'port' | 'sandboxPort'>>

/**
 * Applies the migrations, starts both Workers, and answers when both listen.
 * @throws Trouble with one line: a port or the state folder in use, a bundle or migration refused
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  const statePath = path.resolve(options.statePath)
  const port = await claimPort(options.port, 'PORT')
  const sandboxPort = await claimPort(options.sandboxPort, 'SANDBOX_PORT')
  if (port === sandboxPort) throw new Trouble(`PORT and SANDBOX_PORT are both ${port}`)
  const lock = lockState(statePath)
  const guard = guardRuntime()
  let runtime: Miniflare | undefined
  const end = async () => {
    await runtime?.dispose()
    guard.release()
    lock.release()
  }
  try {
    const address = {
      appUrl: `http://${HOST}:${port}`,
      sandboxUrl: `http://${HOST}:${sandboxPort}`,
    }
    const vars = {
      COMMET_API_URL: address.sandboxUrl,
      ...channelVars(address.sandboxUrl),
      PUBLIC_URL: address.appUrl,
      ...given(options),
    }
    const place = { statePath, log: options.log ?? 'normal', port, sandboxPort }
    const entry = options.entry ?? ENTRY
    const [{ modules }, sandbox] = await Promise.all([
      bundleWorker(entry, 'local'),
      sandboxWorker(),
      migrate(statePath),
    ])
    const optionsFor = (code: readonly WorkerModule[]) =>
      convertV4MiniflareOptions(stackOptions(place, appWorker(code, vars), sandbox))
    const started = new Miniflare(optionsFor(modules))
    runtime = started
    await listening(started)
    let stopping: Promise<void> | undefined
    return {
      ...address,
      tick: (cron) => tick(started, cron ?? firstCron()),
      reload: async () =>
        started.setOptions(optionsFor((await bundleWorker(entry, 'local')).modules)),
      stop: () => (stopping ??= end()),
    }
  } catch (error) {
    await end().catch(() => undefined)
    throw error
  }
}

/** An empty address in .dev.vars is an unset one: it must not lead to the real billing API. */
function given({ vars }: StackOptions): Record<string, string> {
  return Object.fromEntries(Object.entries(vars).filter(([, value]) => value !== ''))
}

/** Before anything listens: a request must never meet a database that is half made. */
export async function migrate(statePath: string): Promise<void> {
  const databases = readWranglerConfig().d1_databases
  if (databases.length === 0) return
  const { d1Databases, compatibilityDate } = appBindings()
  const runtime = new Miniflare(
    convertV4MiniflareOptions({
      ...shared(statePath, new NoOpLog()),
      workers: [
        {
          name: APP,
          modules: [{ type: 'ESModule', path: 'index.js', contents: 'export default {}' }],
          ...(d1Databases === undefined ? {} : { d1Databases }),
          ...(compatibilityDate === undefined ? {} : { compatibilityDate }),
        },
      ],
    }),
  )
  try {
    for (const { binding, migrations_dir: folder, migrations_table: table } of databases) {
      const database = await runtime.getD1Database(binding, APP)
      await applyMigrations(database, path.join(ROOT, folder ?? 'migrations'), table)
    }
  } finally {
    await runtime.dispose()
  }
}

/** The Worker of wrangler.toml without its code. */
function appBindings(): V4WorkerOptionsShape {
  const { workerOptions } = unstable_getMiniflareWorkerOptions(path.join(ROOT, 'wrangler.toml'))
  // Rules choose files for Miniflare's own bundler; esbuild has already bundled everything.
  const { modulesRules: _, ...bindings } = workerOptions
  return bindings
}

export function appWorker(
  modules: readonly WorkerModule[],
  vars: Record<string, string>,
): V4WorkerOptions {
  const bindings = appBindings()
  return {
    ...bindings,
    name: APP,
    bindings: { ...bindings.bindings, ...vars },
    modulesRoot: ROOT,
    modules: modules.map(({ name, text: contents }) => ({
      type: 'ESModule',
      path: path.join(ROOT, name),
      contents,
    })),
  }
}

function shared(statePath: string, log: Log) {
  return {
    host: HOST,
    port: 0,
    cf: false,
    log,
    telemetry: { enabled: false },
    resourcePersistencePath: path.join(statePath, 'v3'),
  }
}

function stackOptions(
  place: Place,
  app: V4WorkerOptions,
  sandbox: V4WorkerOptions,
): V4MiniflareOptions {
  const isQuiet = place.log === 'quiet'
  const on = (port: number) => ({ unsafeDirectSockets: [{ host: HOST, port }] })
  return {
    ...shared(place.statePath, isQuiet ? new NoOpLog() : new Log(LogLevel.WARN)),
    handleStructuredLogs: isQuiet ? () => undefined : printLine,
    workers: [
      { ...app, ...on(place.port) },
      { ...sandbox, ...on(place.sandboxPort) },
    ],
  }
}

function printLine({ level, message }: { level: string; message: string }): void {
  const stream = level === 'error' || level === 'warn' ? process.stderr : process.stdout
  stream.write(`${message}\n`)
}

async function listening(runtime: Miniflare): Promise<void> {
  try {
    await runtime.ready
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error)
    // workerd's own lines are JSON; the first that names an Error is the Worker's.
    const thrown = /Uncaught (?:\w*Error: )?((?:[^"\\]|\\[^n])+)/.exec(text)?.[1]
    throw new Trouble(`the Worker does not start: ${thrown ?? text}`)
  }
}

async function tick(runtime: Miniflare, cron: string): Promise<void> {
  // Asked for anew each time: a handle is dead after `reload`.
  const worker = await runtime.getWorker(APP)
  const { outcome } = await worker.scheduled({ cron, scheduledTime: new Date() })
  if (outcome !== 'ok') throw new Trouble(`the scheduled handler ended with '${outcome}' (${cron})`)
}

function firstCron(): string {
  return readWranglerConfig().triggers.crons?.[0] ?? '* * * * *'
}
