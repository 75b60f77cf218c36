// One tool in a process of its own, for `npm run check`: whether it succeeded, and what it printed.

import { spawn } from 'node:child_process'
import * as path from 'node:path'
import { ROOT } from './project.ts'

const TOOL_DEADLINE_MS = 5 * 60_000
const BIN = path.join(ROOT, 'node_modules', '.bin')

export type Finding = { readonly passed: boolean; readonly note?: string; readonly output?: string }

/** Runs it in `folder`, with the tools of this checkout first in its path. */
export async function runTool(
  folder: string,
  command: string,
  ...args: readonly string[]
): Promise<Finding & { readonly output: string }> {
  return new Promise((resolve) => {
    const running = spawn(command, args, {
      cwd: folder,
      env: { ...process.env, PATH: `${BIN}${path.delimiter}${process.env['PATH'] ?? ''}` },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: TOOL_DEADLINE_MS,
      shell: process.platform === 'win32',
    })
    const chunks: Buffer[] = []
    running.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
    running.stderr.on('data', (chunk: Buffer) => chunks.push(chunk))
    running.once('error', (error) => resolve({ passed: false, output: error.message }))
    running.once('close', (code, signal) => {
      const text = Buffer.concat(chunks).toString()
      const output = signal === null ? text : `${text}\nended by ${signal}`
      resolve({ passed: code === 0, output })
    })
  })
}
