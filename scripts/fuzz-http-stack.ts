// The app that is fuzzed: its process, its keys, and an ear on every line that it writes.

import { fork, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import * as z from 'zod'
import { newAuditKey } from './audit-key.ts'
import { lineTrouble, lineOf } from './fuzz-http-log.ts'
import { publishKeys, type PublishedKeys } from './published-keys.ts'
import { Trouble } from './trouble.ts'

const START_DEADLINE_MS = 60_000
const STOP_DEADLINE_MS = 10_000
const TROUBLES_MAX = 20

export type FuzzApp = {
  readonly appUrl: string
  /** Of the senders that sign tokens. */
  readonly privateKey: PublishedKeys['privateKey']
  /** What is wrong with lines that the app wrote, and the lines; the first TROUBLES_MAX of them. */
  readonly troubles: readonly string[]
  readonly logLines: () => number
  /** Lines about requests by POST. */
  readonly deliveryLines: () => number
  stop(): Promise<void>
}

/** On free ports and with fresh state. `vars`: the secrets of the endpoints, and the operator's key. */
export async function startFuzzApp(vars: Readonly<Record<string, string>>): Promise<FuzzApp> {
  const statePath = mkdtempSync(join(tmpdir(), 'makegood-fuzz-'))
  const keys = await publishKeys()
  const child = fork(new URL('./fuzz-http-app.ts', import.meta.url), {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  const ended = once(child, 'exit')
  const stop = async (): Promise<void> => {
    if (child.connected) child.disconnect()
    const late = setTimeout(() => child.kill('SIGKILL'), STOP_DEADLINE_MS)
    await ended
    clearTimeout(late)
    await keys.close()
    rmSync(statePath, { recursive: true, force: true })
  }
  try {
    const heard = listen(child)
    child.send({
      statePath,
      vars: {
        ...vars,
        COMMET_API_KEY: `ck_sandbox_${randomBytes(24).toString('hex')}`,
        LINK_KEY: randomBytes(24).toString('hex'),
        AUDIT_KEY: (await newAuditKey('localhost/audit')).signing,
        SAMPLE_KEYS_ADDRESS: keys.address,
      },
    })
    const appUrl = await started(child, ended)
    return { ...heard, appUrl, privateKey: keys.privateKey, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

async function started(child: ChildProcess, ended: Promise<unknown>): Promise<string> {
  const late = AbortSignal.timeout(START_DEADLINE_MS)
  const gone = ended.then(() => {
    throw new Trouble('the app did not start')
  })
  const [message] = await Promise.race([once(child, 'message', { signal: late }), gone])
  return z.object({ appUrl: z.string() }).parse(message).appUrl
}

function listen(child: ChildProcess): Pick<FuzzApp, 'troubles' | 'logLines' | 'deliveryLines'> {
  const troubles: string[] = []
  let [logLines, deliveryLines] = [0, 0]
  for (const stream of [child.stdout, child.stderr]) {
    if (!stream) throw new Trouble('the app has no output to read')
    createInterface({ input: stream }).on('line', (line) => {
      logLines += 1
      if (lineOf(line)?.['method'] === 'POST') deliveryLines += 1
      const trouble = lineTrouble(line)
      if (trouble !== null && troubles.length < TROUBLES_MAX) troubles.push(`${trouble}: ${line}`)
    })
  }
  return { troubles, logLines: () => logLines, deliveryLines: () => deliveryLines }
}
