// A headless Chromium, spoken to over its DevTools protocol: as much as a page with a form needs.

import { spawn } from 'node:child_process'
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import { createInterface } from 'node:readline'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome']
const START_MS = 30_000
const WAIT_MS = 20_000

/** Null where none is installed. */
export function findBrowser(): string | null {
  const folders = (process.env['PATH'] ?? '').split(path.delimiter)
  const files = folders.flatMap((folder) => NAMES.map((name) => path.join(folder, name)))
  return files.find((file) => fs.existsSync(file)) ?? null
}

export type Page = {
  /** What a JavaScript expression in the page comes to. */
  readonly evaluate: (expression: string) => Promise<unknown>
  /** As if somebody had chosen them. */
  readonly choose: (selector: string, files: readonly string[]) => Promise<void>
  /** Until the expression is true. */
  readonly until: (expression: string) => Promise<void>
  /** Every address that the page has asked for. */
  readonly asked: readonly string[]
  /** What it has complained about. */
  readonly errors: readonly string[]
  readonly screenshot: (file: string) => Promise<void>
}

export type Browser = {
  readonly open: (url: string) => Promise<Page>
  readonly close: () => Promise<void>
}

type Message = { id?: number; sessionId?: string; method?: string; params?: any; result?: any }

export async function startBrowser(program: string): Promise<Browser> {
  const folder = fs.mkdtempSync(path.join(tmpdir(), 'makegood-browser-'))
  const flags = ['--headless=new', '--no-sandbox', '--remote-debugging-port=0', '--hide-scrollbars']
  const running = spawn(program, [...flags, `--user-data-dir=${folder}`, 'about:blank'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const ended = new Promise((resolve) => running.once('exit', resolve))
  const end = async () => {
    running.kill('SIGKILL')
    await ended
    fs.rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
  const socket = new WebSocket(await addressOf(running.stderr, end))
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve, { once: true })
    socket.addEventListener('error', reject, { once: true })
  })
  const waiting = new Map<number, (answer: any) => void>()
  const listeners = new Set<(message: Message) => void>()
  let last = 0
  socket.addEventListener('message', ({ data }) => {
    const message: Message = JSON.parse(String(data))
    if (message.id === undefined) for (const listen of listeners) listen(message)
    else waiting.get(message.id)?.(message)
  })
  const send = async (method: string, params: object, sessionId?: string): Promise<any> => {
    const id = (last += 1)
    const answer = await new Promise<any>((resolve) => {
      waiting.set(id, resolve)
      socket.send(JSON.stringify({ id, method, params, sessionId }))
    })
    waiting.delete(id)
    if (answer.error) throw new Error(`${method}: ${answer.error.message}`)
    return answer.result
  }
  return {
    open: (url) => openPage(send, listeners, url),
    close: async () => {
      socket.close()
      await end()
    },
  }
}

async function addressOf(stderr: NodeJS.ReadableStream, end: () => Promise<void>): Promise<string> {
  const timer = setTimeout(() => void end(), START_MS)
  try {
    for await (const line of createInterface(stderr)) {
      const [, address] = /^DevTools listening on (ws:\S+)/.exec(line) ?? []
      if (address !== undefined) return address
    }
  } finally {
    clearTimeout(timer)
    stderr.resume()
  }
  throw new Error('the browser does not start')
}

type Send = (method: string, params: object, sessionId?: string) => Promise<any>

async function openPage(
  send: Send,
  listeners: Set<(message: Message) => void>,
  url: string,
): Promise<Page> {
  const { targetId } = await send('Target.createTarget', { url: 'about:blank' })
  const { sessionId } = await send('Target.attachToTarget', { targetId, flatten: true })
  const tell = (method: string, params: object = {}) => send(method, params, sessionId)
  const [asked, errors]: [string[], string[]] = [[], []]
  const loaded = new Promise<void>((resolve) => {
    listeners.add((message) => {
      if (message.sessionId !== sessionId) return
      const { method, params } = message
      if (method === 'Page.loadEventFired') resolve()
      if (method === 'Network.requestWillBeSent') asked.push(params.request.url)
      if (method === 'Runtime.exceptionThrown') errors.push(JSON.stringify(params))
      if (method === 'Log.entryAdded') errors.push(params.entry.text)
    })
  })
  for (const domain of ['Page', 'Network', 'Runtime', 'Log', 'DOM']) await tell(`${domain}.enable`)
  await tell('Emulation.setDeviceMetricsOverride', {
    width: 900,
    height: 820,
    deviceScaleFactor: 1,
    mobile: false,
  })
  await tell('Page.navigate', { url })
  await loaded
  const evaluate = async (expression: string): Promise<unknown> => {
    const params = { expression, returnByValue: true, awaitPromise: true }
    const { result, exceptionDetails } = await tell('Runtime.evaluate', params)
    if (exceptionDetails) throw new Error(exceptionDetails.text)
    return result.value
  }
  return {
    asked,
    errors,
    evaluate,
    choose: async (selector, files) => {
      const { root } = await tell('DOM.getDocument')
      const { nodeId } = await tell('DOM.querySelector', { nodeId: root.nodeId, selector })
      await tell('DOM.setFileInputFiles', { nodeId, files })
    },
    until: async (expression) => {
      for (const startedAt = Date.now(); Date.now() - startedAt < WAIT_MS;) {
        if (await evaluate(expression)) return
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
      throw new Error(`never: ${expression}`)
    },
    screenshot: async (file) => {
      const { data } = await tell('Page.captureScreenshot', { format: 'png' })
      fs.writeFileSync(file, Buffer.from(data, 'base64'))
    },
  }
}
