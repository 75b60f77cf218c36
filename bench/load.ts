// The load: HTTP/1.1 over kept connections, written and read as bytes. Every request is another signed body, made
// before the clock runs, and latencies of a fraction of a millisecond matter, which autocannon rounds to whole ones.

import { connect, type Socket } from 'node:net'
import { HOST } from '../scripts/ports.ts'

const HEAD_END = Buffer.from('\r\n\r\n')
const LAST_CHUNK = Buffer.from('0\r\n\r\n')
const ANSWER_DEADLINE_MS = 60_000

export type Load = {
  readonly port: number
  readonly connections: number
  /** An open loop: a request's time runs from when it was due, also where no connection was free. */
  readonly perSecond?: number
}

export type LoadResult = {
  readonly seconds: number
  /** In the order of the requests. */
  readonly latenciesMs: Float64Array
  readonly statuses: Readonly<Record<number, number>>
  /** Of the answer that came last. */
  readonly lastAnswer: string
}

/** Each request is sent once; who has an answer takes the next. */
export async function sendAll(requests: readonly Buffer[], load: Load): Promise<LoadResult> {
  const latenciesMs = new Float64Array(requests.length)
  const statuses: Record<number, number> = {}
  let lastAnswer = ''
  let next = 0
  const sockets = await Promise.all(
    Array.from({ length: Math.min(load.connections, requests.length) }, () => open(load.port)),
  )
  const startedAt = performance.now()
  const dueAt = (nth: number): number =>
    load.perSecond === undefined ? 0 : startedAt + (nth * 1_000) / load.perSecond
  const work = async (socket: Socket): Promise<void> => {
    const reader = new AnswerReader(socket)
    for (let nth = next++; nth < requests.length; nth = next++) {
      await until(dueAt(nth))
      const from = Math.max(dueAt(nth), load.perSecond === undefined ? performance.now() : 0)
      const { status, text } = await reader.ask(requests[nth]!)
      latenciesMs[nth] = performance.now() - from
      statuses[status] = (statuses[status] ?? 0) + 1
      lastAnswer = text
    }
  }
  try {
    await Promise.all(sockets.map(work))
  } finally {
    for (const socket of sockets) socket.destroy()
  }
  return { seconds: (performance.now() - startedAt) / 1_000, latenciesMs, statuses, lastAnswer }
}

async function until(at: number): Promise<void> {
  const wait = at - performance.now()
  if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait))
}

function open(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: HOST, noDelay: true }, () => resolve(socket))
    socket.once('error', reject)
  })
}

type Answer = { readonly status: number; readonly text: string }

/** One connection, one request at a time. */
class AnswerReader {
  #socket: Socket
  #received: Buffer = Buffer.alloc(0)
  #waiting: {
    readonly resolve: (answer: Answer) => void
    readonly reject: (error: Error) => void
  } | null = null

  constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', (part) => this.#take(Buffer.from(part)))
    socket.on('error', (error) => this.#fail(error))
    socket.on('close', () => this.#fail(new Error('the connection was closed before the answer')))
    socket.setTimeout(ANSWER_DEADLINE_MS, () => this.#fail(new Error('no answer in time')))
  }

  ask(request: Buffer): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject }
      this.#socket.write(request)
    })
  }

  #fail(error: Error): void {
    this.#waiting?.reject(error)
    this.#waiting = null
  }

  #take(part: Buffer): void {
    this.#received = this.#received.length === 0 ? part : Buffer.concat([this.#received, part])
    const answer = readAnswer(this.#received)
    if (answer === null || this.#waiting === null) return
    const { resolve } = this.#waiting
    this.#received = Buffer.alloc(0)
    this.#waiting = null
    resolve(answer)
  }
}

/** Null while some of it is missing. What comes after it is none of ours: nothing is asked ahead. */
export function readAnswer(received: Buffer): Answer | null {
  const headEnd = received.indexOf(HEAD_END)
  if (headEnd < 0) return null
  const head = received.toString('latin1', 0, headEnd)
  const status = Number(head.slice(9, 12))
  const bodyStart = headEnd + HEAD_END.length
  const [, length] = /\r\ncontent-length: *(\d+)/i.exec(head) ?? []
  const isChunked = /\r\ntransfer-encoding: *chunked/i.test(head)
  const isWhole = isChunked
    ? received.subarray(-LAST_CHUNK.length).equals(LAST_CHUNK)
    : received.length >= bodyStart + Number(length ?? 0)
  return isWhole ? { status, text: received.toString('utf8') } : null
}
