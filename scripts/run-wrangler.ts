// Wrangler as a process, for every command that asks Cloudflare something. A secret goes in by its input only:
// arguments are seen by everyone on the machine, and are kept in histories and logs.

import { execFile } from 'node:child_process'
import * as path from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { ROOT } from './project.ts'
import { Trouble } from './trouble.ts'

const DEADLINE_MS = 5 * 60_000
const ANSWER_BYTES_MAX = 256 * 1_048_576
/** It is given every secret, so it is this checkout's own, whatever a PATH says. */
const PROGRAM = path.join(ROOT, 'node_modules', 'wrangler', 'bin', 'wrangler.js')

export type Called = { readonly code: number; readonly stdout: string; readonly stderr: string }

/** `input`: what it reads; without one its input is empty, so that it asks nobody. */
export type Wrangler = (
  args: readonly string[],
  more?: { readonly input?: string; readonly env?: Readonly<Record<string, string>> },
) => Promise<Called>

export const runWrangler: Wrangler = (args, { input = '', env } = {}) => {
  // One would write secrets into its log file; the others choose another place than was asked for, or an account that
  // nobody has compared (an older name of CLOUDFLARE_ACCOUNT_ID).
  const { WRANGLER_LOG_SANITIZE: _, CLOUDFLARE_ENV: __, CF_ACCOUNT_ID: ___, ...own } = process.env
  const options = {
    cwd: ROOT,
    // Its answers are some of its log lines.
    env: { ...own, WRANGLER_LOG: 'log', ...env },
    maxBuffer: ANSWER_BYTES_MAX,
    timeout: DEADLINE_MS,
  }
  return new Promise((resolve, reject) => {
    const running = execFile(process.execPath, [PROGRAM, ...args], options, (error, out, err) => {
      const [stdout, stderr] = [stripVTControlCharacters(out), stripVTControlCharacters(err)]
      if (error === null) return resolve({ code: 0, stdout, stderr })
      if (running.pid === undefined) {
        return reject(new Trouble(`wrangler can't be started: ${error.message}`))
      }
      const ended = running.signalCode === null ? '' : `\nended by ${running.signalCode}`
      resolve({ code: running.exitCode || 1, stdout, stderr: stderr + ended })
    })
    // One that ends before it has read everything is told by its code.
    running.stdin?.on('error', () => undefined)
    running.stdin?.end(input)
  })
}

/** What Wrangler says is wrong, as one line; never what it was given. */
export function wranglerTrouble(what: string, { stdout, stderr }: Called): Trouble {
  const lines = `${stderr}\n${stdout}`.split('\n').map((line) => line.trim())
  const said = lines.find((line) => /\[ERROR\]/.test(line)) ?? lines.findLast((line) => line !== '')
  return new Trouble(`${what}: ${said?.replace(/^.*?\[ERROR\]\s*/, '') ?? 'wrangler said nothing'}`)
}
