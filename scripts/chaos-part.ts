// The app or the sandbox of a chaos run in a workerd of its own, as a process that can be killed without
// the other. It ends with the one that forked it; a guard ends workerd where this process can't.

import './quiet-tools.ts'
import { setTimeout as sleep } from 'node:timers/promises'
import { convertV4MiniflareOptions, Miniflare, NoOpLog } from 'miniflare'
import type { PartMessage, PartReply } from './chaos-process.ts'
import { guardRuntime } from './runtime-guard.ts'

const STOP_MS_MAX = 2_000

const guard = guardRuntime()
let runtime: Miniflare | undefined

const reply = (message: PartReply): boolean | undefined => process.send?.(message)

async function handle(message: PartMessage): Promise<void> {
  if (message.do === 'start') {
    const { host, port, worker, persistencePath } = message
    const options = {
      host,
      port: 0,
      cf: false,
      log: new NoOpLog(),
      handleStructuredLogs: () => undefined,
      telemetry: { enabled: false },
      resourcePersistencePath: persistencePath,
      workers: [{ ...worker, unsafeDirectSockets: [{ host, port }] }],
    }
    const started = new Miniflare(convertV4MiniflareOptions(options))
    runtime = started
    await started.ready
    reply({ is: 'listening', ids: [...guard.alive] })
    return
  }
  const worker = await runtime?.getWorker(message.worker)
  const ran = await worker?.scheduled({ cron: message.cron, scheduledTime: new Date() })
  reply({ is: 'ticked', outcome: ran?.outcome ?? 'not_started' })
}

process.on('message', (message: PartMessage) => {
  handle(message).catch((error: unknown) => {
    reply({ is: 'failed', why: error instanceof Error ? error.message : String(error) })
  })
})
process.once('disconnect', () => {
  const ended = Promise.race([runtime?.dispose(), sleep(STOP_MS_MAX)])
  ended.finally(() => process.exit(0)).catch(() => process.exit(1))
})
