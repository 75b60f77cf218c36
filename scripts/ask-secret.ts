// A secret from a person: typed or pasted, and not shown. Where nobody sits at a terminal it comes from the
// environment, by its own name.

import { Trouble } from './trouble.ts'

/** An empty answer: he has none yet. */
export type AskSecret = (name: string) => Promise<string>

export const isAnswered = (): boolean => process.stdin.isTTY && process.stdout.isTTY

export const askSecret: AskSecret = async (name) =>
  isAnswered() ? typed(`  ${name}: `) : (process.env[name] ?? '').trim()

const [CTRL_C, CTRL_D] = ['\u0003', '\u0004']

/** One line, shown as nothing at all: also its length is nobody's business. */
async function typed(question: string): Promise<string> {
  const { stdin, stdout } = process
  stdout.write(question)
  stdin.setRawMode(true)
  stdin.setEncoding('utf8')
  let line = ''
  try {
    for await (const chunk of stdin.iterator({ destroyOnReturn: false })) {
      for (const character of String(chunk)) {
        if (character === CTRL_C || character === CTRL_D) {
          throw new Trouble('stopped; what was stored stays, and the next run goes on')
        }
        if (character === '\r' || character === '\n') return line.trim()
        if (character === '\u007f') line = line.slice(0, -1)
        else if (character >= ' ') line += character
      }
    }
    return line.trim()
  } finally {
    stdin.setRawMode(false)
    stdin.pause()
    stdout.write('\n')
  }
}
