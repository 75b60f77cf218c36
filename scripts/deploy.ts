// `npm run deploy [-- --env staging] [--dry-run] [--skip-tests]`: checks and tests this checkout, applies the
// migrations that the database lacks, deploys the Worker, and tries what was deployed.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseDeployArguments } from './deploy-arguments.ts'
import { deployWorker } from './deploy-worker.ts'
import { ROOT } from './project.ts'
import { runWrangler } from './run-wrangler.ts'
import { tellTrouble } from './trouble.ts'

async function npm(args: readonly string[]): Promise<boolean> {
  const running = spawn('npm', args, {
    cwd: ROOT,
    stdio: ['ignore', 'inherit', 'inherit'],
    shell: process.platform === 'win32',
  })
  const [code] = await once(running, 'close')
  return code === 0
}

try {
  process.exitCode = await deployWorker(parseDeployArguments(process.argv.slice(2)), {
    root: ROOT,
    wrangler: runWrangler,
    npm,
    isWorkersBuild: process.env['WORKERS_CI'] === '1',
    fetch,
    sleep,
    now: () => Date.now(),
    say: (what, text) => console.log(`${what.padEnd(11)} ${text}`),
  })
} catch (error) {
  console.error(tellTrouble(error))
  process.exitCode = 1
}
