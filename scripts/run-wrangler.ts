// Wrangler as a process: what it is asked by `npm run setup`, `deploy` and `doctor`. A secret goes in by its
// input only: arguments are seen by everyone on the machine, and are kept in histories and logs.

import { spawn } from 'node:child_process'
import * as path from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { ROOT } from './project.ts'
import { Trouble } from './trouble.ts'

const DEADLINE_MS = 5 * 60_000
const BIN = path.join(ROOT, 'node_modules', '.bin')

export type Called = { readonly code: number; readonly stdout: string; readonly stderr: string }

/** `input`: what it reads; without one its input is closed, so that it asks nobody. */
export type Wrangler = (
  args: readonly string[],
  more?: { readonly input?: string; readonly env?: Readonly<Record<string, string>> },
) => Promise<Called>

/** The one that is first in the path: of `npm run`, this checkout's own. */
export const runWrangler: Wrangler = (args, { input, env } = {}) =>
  new Promise((resolve, reject) => {
    const running = spawn('wrangler', args, {
      cwd: ROOT,
      env: {
        ...process.env,
        PATH: `${process.env['PATH'] ?? ''}${path.delimiter}${BIN}`,
        // Its answers are some of its log lines.
        WRANGLER_LOG: 'log',
        ...env,
      },
      stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      timeout: DEADLINE_MS,
      shell: process.platform === 'win32',
    })
    const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []]
    running.stdout?.on('data', (chunk: Buffer) => stdout.push(chunk))
    running.stderr?.on('data', (chunk: Buffer) => stderr.push(chunk))
    running.once('error', ({ message }) => {
      reject(
        new Trouble(`wrangler can't be started: ${message}; is npm's node_modules/.bin there?`),
      )
    })
    running.once('close', (code, signal) => {
      const text = (chunks: Buffer[]) => stripVTControlCharacters(Buffer.concat(chunks).toString())
      const ended = signal === null ? '' : `\nended by ${signal}`
      resolve({ code: code ?? 1, stdout: text(stdout), stderr: text(stderr) + ended })
    })
    // One that ends before it has read everything is told by its code.
    running.stdin?.on('error', () => undefined)
    running.stdin?.end(input)
  })

/** What Wrangler says is wrong, as one line; never what it was given. */
export function wranglerTrouble(what: string, { stdout, stderr }: Called): Trouble {
  const lines = `${stderr}\n${stdout}`.split('\n').map((line) => line.trim())
  const said = lines.find((line) => /\[ERROR\]/.test(line)) ?? lines.findLast((line) => line !== '')
  return new Trouble(`${what}: ${said?.replace(/^.*?\[ERROR\]\s*/, '') ?? 'wrangler said nothing'}`)
}
