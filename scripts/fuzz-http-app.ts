// The product's Worker with an endpoint for every source, as a process of its own: whoever forked it
// reads every line that the Worker logs from its output. It ends with the one that forked it.

import * as z from 'zod'
import { startStack, type Stack } from './local-stack.ts'
import { tellTrouble } from './trouble.ts'

const askedSchema = z.object({ statePath: z.string(), vars: z.record(z.string(), z.string()) })

let stack: Stack | undefined

async function start(message: unknown): Promise<void> {
  const { statePath, vars } = askedSchema.parse(message)
  const entry = 'sandbox/all-sources-worker.ts'
  stack = await startStack({ port: 0, sandboxPort: 0, statePath, vars, entry, log: 'normal' })
  process.send?.({ appUrl: stack.appUrl })
}

process.once('message', (message) => {
  start(message).catch((error: unknown) => {
    console.error(tellTrouble(error))
    process.exit(1)
  })
})
process.once('disconnect', () => {
  const ended = stack?.stop() ?? Promise.resolve()
  ended.finally(() => process.exit(0)).catch(() => process.exit(1))
})
