// `npm start`: the app and the sandbox of this checkout, until Ctrl-C.
import * as fs from 'node:fs'
import * as path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { keepAuditKey } from './audit-key.ts'
import { readDevVars } from './dev-vars.ts'
import { gitCommit } from './git-commit.ts'
import { endWithParent } from './lifetime.ts'
import { startStack } from './local-stack.ts'
import type { Stack } from './local-stack.ts'
import { readPort } from './ports.ts'
import { ROOT } from './project.ts'
import { tellTrouble } from './trouble.ts'

const TICK_EVERY_MS = 60_000
const TICK_DEADLINE_MS = 55_000
const WATCH_SETTLE_MS = 150

/** What the first tick is called: nobody else runs on this database, so every lease in it is dead. */
const RESTART_CRON = '@restart'

let stack: Stack | undefined
let stopping = false

async function fireCron(running: Stack, cron?: string): Promise<void> {
  const late = new AbortController()
  const deadline = sleep(TICK_DEADLINE_MS, undefined, { signal: late.signal }).then(() => {
    throw new Error(`still running after ${TICK_DEADLINE_MS / 1000} s`)
  })
  try {
    await Promise.race([running.tick(cron), deadline])
  } catch (error) {
    if (stopping) return
    const [line] = (error instanceof Error ? error.message : String(error)).split('\n')
    console.error(`makegood: cron: ${line}`)
  } finally {
    late.abort()
    deadline.catch(() => undefined)
  }
}

/** Reloads after the last of a burst of changes, one reload at a time. */
function reloadOnChange(running: Stack): void {
  let pending: NodeJS.Timeout | undefined
  let reloads = Promise.resolve()
  const reload = async () => {
    try {
      await running.reload()
      console.log('makegood: reloaded')
    } catch (error) {
      console.error(tellTrouble(error))
    }
  }
  const onChange = () => {
    clearTimeout(pending)
    pending = setTimeout(() => {
      reloads = reloads.then(reload)
    }, WATCH_SETTLE_MS)
  }
  for (const place of ['src', 'rules']) {
    const watched = path.join(ROOT, place)
    if (fs.existsSync(watched)) fs.watch(watched, { recursive: true }, onChange)
  }
  // The folder, because an editor that saves by renaming would end a watch of the file itself.
  fs.watch(ROOT, (_, name) => {
    if (name === 'makegood.config.ts') onChange()
  })
}

async function main(): Promise<void> {
  const statePath = process.env['MAKEGOOD_STATE'] || path.join(ROOT, '.wrangler', 'state')
  const port = readPort('PORT', 8787)
  const sandboxPort = readPort('SANDBOX_PORT', 8790)
  const { vars: kept, made } = readDevVars()
  const commit = await gitCommit()
  const vars: Readonly<Record<string, string>> = {
    ...(commit && { GIT_COMMIT: commit }),
    ...(await keepAuditKey(kept)),
  }
  const running = await startStack({ port, sandboxPort, statePath, vars })
  stack = running
  if (stopping) return running.stop()
  await fireCron(running, RESTART_CRON)
  setInterval(() => void fireCron(running), TICK_EVERY_MS)
  if (process.argv.includes('--watch')) reloadOnChange(running)
  const billing = vars['COMMET_API_URL'] || `the sandbox, ${running.sandboxUrl}`
  if (made) console.log('Made .dev.vars from .dev.vars.example')
  console.log(`Makegood     ${running.appUrl}`)
  console.log(`Sandbox      ${running.sandboxUrl}`)
  console.log(`Billing API  ${billing}`)
  console.log(`State        ${path.relative(process.cwd(), statePath) || '.'}`)
  console.log('Stop         Ctrl-C')
}

endWithParent(async () => {
  stopping = true
  await stack?.stop()
})
try {
  await main()
} catch (error) {
  console.error(tellTrouble(error))
  process.exit(1)
}
