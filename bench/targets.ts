// What is put under load: each Worker in a workerd of its own, asked on its own port, without any proxy of Wrangler's
// or Miniflare's between. A database is a file in the run's folder, on the disk that the folder is on.

import '../scripts/quiet-tools.ts'
import * as path from 'node:path'
import { convertV4MiniflareOptions, Miniflare, NoOpLog } from 'miniflare'
import type { V4WorkerOptions } from 'miniflare'
import { bundleWorker } from '../scripts/bundle.ts'
import { appWorker } from '../scripts/local-stack.ts'
import { applyMigrations } from '../scripts/migrations.ts'
import { claimPort, HOST } from '../scripts/ports.ts'
import { readWranglerConfig, ROOT } from '../scripts/project.ts'
import { guardRuntime } from '../scripts/runtime-guard.ts'
import { STRIPE_SECRET } from './deliveries.ts'

export type Target = {
  readonly port: number
  /** Of its process. */
  readonly pid: number
  stop(): Promise<void>
}

export type Runtime = Target & { readonly runtime: Miniflare }

export const OPERATOR_KEY = 'ck_mg_bench_0123456789abcdef'
export const LINK_KEY = 'bench-link-key-bench-link-key-bench-link-key'
export const ZENDESK_SECRET = 'YmVuY2gtemVuZGVzaw=='

const ONE_ROW_TABLE =
  'CREATE TABLE events (id TEXT PRIMARY KEY, type TEXT NOT NULL, received_at INTEGER NOT NULL, body TEXT NOT NULL)'

/** @param beside other Workers in the same process, each with a socket of its own */
export async function startWorker(
  worker: V4WorkerOptions,
  folder: string,
  prepare: (runtime: Miniflare) => Promise<void> = async () => {},
  beside: readonly V4WorkerOptions[] = [],
): Promise<Runtime> {
  const port = await claimPort(0, 'PORT')
  const guard = guardRuntime()
  const runtime = new Miniflare(
    convertV4MiniflareOptions({
      host: HOST,
      port: 0,
      cf: false,
      log: new NoOpLog(),
      telemetry: { enabled: false },
      resourcePersistencePath: path.join(folder, worker.name ?? 'worker'),
      // The Worker's own lines are read, as they are everywhere, and dropped.
      handleStructuredLogs: () => undefined,
      workers: [{ ...worker, unsafeDirectSockets: [{ host: HOST, port }] }, ...beside],
    }),
  )
  await runtime.ready
  await prepare(runtime)
  const [pid = 0] = guard.alive
  return {
    runtime,
    port,
    pid,
    stop: async () => {
      await runtime.dispose()
      guard.release()
    },
  }
}

const COMPATIBILITY_DATE = readWranglerConfig().compatibility_date ?? '2026-10-20'

async function small(name: 'bare' | 'one-row'): Promise<V4WorkerOptions> {
  const { modules } = await bundleWorker(`bench/workers/${name}.ts`, 'upload')
  return {
    name,
    compatibilityDate: COMPATIBILITY_DATE,
    modulesRoot: ROOT,
    modules: modules.map(({ name: file, text }) => ({
      type: 'ESModule',
      path: path.join(ROOT, file),
      contents: text,
    })),
  }
}

export const startBare = async (folder: string): Promise<Target> =>
  startWorker(await small('bare'), folder)

export async function startOneRow(folder: string): Promise<Target> {
  const worker = {
    ...(await small('one-row')),
    d1Databases: { DB: 'one-row' },
    bindings: { STRIPE_WEBHOOK_SECRET: STRIPE_SECRET },
  }
  return startWorker(worker, folder, async (runtime) => {
    const database = await runtime.getD1Database('DB', 'one-row')
    await database.prepare(ONE_ROW_TABLE).run()
  })
}

export async function startMakegood(
  folder: string,
  billingUrl: string,
  entry: string = MAKEGOOD,
): Promise<Runtime> {
  return startWorker(await makegood(entry, billingUrl), folder, migrate)
}

/** Ours, and beside it on the same database the one that counts. */
export async function startWithCounting(
  folder: string,
  billingUrl: string,
): Promise<Runtime & { readonly countingPort: number }> {
  const countingPort = await claimPort(0, 'PORT')
  const { queueConsumers: _, ...worker } = await makegood(COUNTING, billingUrl)
  const counting = {
    ...worker,
    name: 'counting',
    unsafeDirectSockets: [{ host: HOST, port: countingPort }],
  }
  const ours = await makegood(MAKEGOOD, billingUrl)
  return { ...(await startWorker(ours, folder, migrate, [counting])), countingPort }
}

export const COUNTING = 'bench/workers/counting.ts'
const MAKEGOOD = 'bench/workers/makegood.ts'

export const databaseOf = (runtime: Miniflare): Promise<D1Database> =>
  runtime.getD1Database('DB', 'app') as Promise<D1Database>

const migrate = async (runtime: Miniflare): Promise<void> => {
  await applyMigrations(await databaseOf(runtime), path.join(ROOT, 'migrations'))
}

async function makegood(entry: string, billingUrl: string): Promise<V4WorkerOptions> {
  const { modules } = await bundleWorker(entry, 'upload')
  // Static files are Cloudflare's own work; Miniflare would put three Workers of its own before ours for them.
  const { assets: _, ...worker } = appWorker(modules, {
    COMMET_API_URL: billingUrl,
    COMMET_API_KEY: 'ck_sandbox_bench',
    BOOTSTRAP_KEY: OPERATOR_KEY,
    STRIPE_WEBHOOK_SECRET: STRIPE_SECRET,
    ZENDESK_WEBHOOK_SECRET: ZENDESK_SECRET,
    LINK_KEY,
    PUBLIC_URL: 'https://makegood.example',
  })
  return worker
}
