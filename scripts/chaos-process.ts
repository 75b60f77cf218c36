// One part of a chaos run as a process: forked, asked, killed.

import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import type { V4WorkerOptions } from 'miniflare'
import { claimPort } from './ports.ts'

export type PartMessage =
  | {
      readonly do: 'start'
      readonly host: string
      readonly port: number
      readonly worker: V4WorkerOptions
      readonly persistencePath: string
    }
  | { readonly do: 'tick'; readonly worker: string; readonly cron: string }

export type PartReply =
  | { readonly is: 'listening'; readonly ids: readonly number[] }
  | { readonly is: 'ticked'; readonly outcome: string }
  | { readonly is: 'failed'; readonly why: string }

export type PartProcess = {
  /** Answers what it replied; that it failed, where it ended or said nothing in time. One at a time. */
  ask(message: PartMessage): Promise<PartReply>
  readonly isListening: () => boolean
  /** SIGKILL, of the process and of its workerd; answers when its port is free. */
  kill(): Promise<void>
}

/** A start takes a minute where others use the machine too. */
const REPLY_MS_MAX = 120_000
const GONE_MS_MAX = 5_000
const GONE_LOOK_MS = 5

export function forkPart(port: number): PartProcess {
  const child = fork(new URL('./chaos-part.ts', import.meta.url), {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    serialization: 'advanced',
  })
  let ids: readonly number[] = []
  let isListening = false
  return {
    isListening: () => isListening,
    async ask(message) {
      const heard = hear(child)
      child.send(message, () => undefined)
      const reply = await heard
      if (reply.is !== 'listening') return reply
      ids = reply.ids
      isListening = true
      return reply
    },
    async kill() {
      const gone = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : null
      // The parent first, so that it starts no other workerd in the place of the one that dies.
      child.kill('SIGKILL')
      for (const id of ids) killIfThere(id)
      await gone
      await portFree(port)
    },
  }
}

function killIfThere(id: number): void {
  try {
    process.kill(id, 'SIGKILL')
  } catch {
    // It was gone already.
  }
}

/** The next reply; a process that ends, or says nothing for so long, has failed. */
async function hear(child: ChildProcess): Promise<PartReply> {
  const settled = new AbortController()
  const { signal } = settled
  const late = AbortSignal.any([signal, AbortSignal.timeout(REPLY_MS_MAX)])
  const heard = once(child, 'message', { signal: late }).then(([reply]): PartReply => reply)
  const ended = once(child, 'exit', { signal }).then((): PartReply => {
    return { is: 'failed', why: 'it ended' }
  })
  heard.catch(() => undefined)
  ended.catch(() => undefined)
  try {
    return await Promise.race([heard, ended])
  } catch {
    return { is: 'failed', why: `nothing was heard for ${REPLY_MS_MAX} ms` }
  } finally {
    settled.abort()
  }
}

/** What was killed may still be on its way out, and its socket with it. */
async function portFree(port: number): Promise<void> {
  const deadline = Date.now() + GONE_MS_MAX
  for (;;) {
    try {
      await claimPort(port, 'PORT')
      return
    } catch (error) {
      if (Date.now() > deadline) throw error
      await sleep(GONE_LOOK_MS)
    }
  }
}
