// `npm run drill`, as a process, with few facts; and its arguments. A drill waits most of its time, so they run together.

import { execFile, execFileSync } from 'node:child_process'
import * as path from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'

const ROOT = path.resolve(import.meta.dirname, '../..')
const WITHIN_MS = 600_000

async function drill(...args: readonly string[]): Promise<{ code: number; text: string }> {
  try {
    const run = promisify(execFile)(process.execPath, ['scripts/drill.ts', ...args], { cwd: ROOT })
    const { stdout } = await run
    return { code: 0, text: stdout }
  } catch (error) {
    if (!(error instanceof Error) || !('stdout' in error) || !('stderr' in error)) throw error
    return { code: 1, text: `${String(error.stdout)}${String(error.stderr)}` }
  }
}

describe.concurrent('npm run drill -- restore', () => {
  it(
    'posts nothing until the record is compared, then loses and doubles nothing, asked for or not',
    async () => {
      const { code, text } = await drill('restore', '--facts', '18', '--seed', '4')
      console.info(text)
      expect([code, text]).toEqual([
        0,
        expect.stringContaining('a day is lost, and nobody says so'),
      ])
      expect(text.match(/lost 0, doubled 0: good/g)).toHaveLength(2)
      expect(text.match(/nothing was posted in [1-9]\d* looks/g)).toHaveLength(2)
      expect(text).toMatch(/everything is paused while the record is compared/)
      const [, plain, billed] = /; (\d+) facts need nobody, (\d+) of them invoiced/.exec(text) ?? []
      expect(Number(plain)).toBeGreaterThan(9)
      expect(billed).toBe(plain)
    },
    WITHIN_MS,
  )
})

describe.concurrent('npm run drill -- rollback', () => {
  const isShallow =
    execFileSync('git', ['rev-parse', '--is-shallow-repository'], {
      cwd: ROOT,
      encoding: 'utf8',
    }).trim() === 'true'

  it(
    'goes back over the newest migration and loses and doubles nothing, or says that the history lacks',
    async () => {
      const { code, text } = await drill('rollback', '--facts', '18', '--seed', '4')
      console.info(text)
      if (isShallow) {
        expect([code, text]).toEqual([1, expect.stringContaining('a whole clone has the history')])
        return
      }
      expect([code, text]).toEqual([0, expect.stringMatching(/between them: \d{4}_\w+\.sql/)])
      // It was ended in the middle: some were invoiced, and others were not.
      expect(text).toMatch(/now: \d+ facts, [1-9]\d* invoiced when it is ended, [1-9]\d* not yet/)
      // The version of before has worked on the database of now, and not only the version of now.
      expect(text).toMatch(/before: \d+ others, [1-9]\d* more issued/)
      expect(text).toMatch(/lost 0, doubled 0: good/)
    },
    WITHIN_MS,
  )

  it.skipIf(isShallow)('refuses to go back over a breaking migration', async () => {
    const first = execFileSync('git', ['rev-list', '--max-parents=0', 'HEAD'], {
      cwd: ROOT,
      encoding: 'utf8',
    })
    const { code, text } = await drill('rollback', '--to', first.trim().split('\n')[0] ?? '')
    expect([code, text]).toEqual([
      1,
      expect.stringMatching(/0009_links\.sql, 0011_erasure\.sql: .* nobody goes back/),
    ])
  })

  it.each([
    ['nothing', [], /^makegood: npm run drill -- restore/m],
    ['another drill', ['fire'], /^makegood: npm run drill -- restore/m],
    ['too few facts', ['restore', '--facts', '2'], /--facts: 3 to 10000/],
    ['a version that is none', ['rollback', '--to', 'v999'], /the versions can't be read/],
  ])('of %s says what it wants', async (_, args, told) => {
    const { code, text } = await drill(...args)
    expect([code, text]).toEqual([1, expect.stringMatching(told)])
  })
})
