// What `npm test` runs each of its parts with.

import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, vi } from 'vitest'
import { runWatched } from '../../scripts/run-watched.ts'

const script = (code: string): string[] => ['--input-type=module', '-e', code]

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

describe('a watched run', () => {
  it('passes or fails as its program does', async () => {
    expect(await runWatched(script('process.exitCode = 0'), 60)).toBe('passed')
    expect(await runWatched(script('process.exitCode = 3'), 60)).toBe('failed')
  })

  it('that is silent for too long is ended, with what it has started', async () => {
    const printed: string[] = []
    const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
      return printed.push(String(text)) > 0
    })
    const started = Date.now()
    const forever = script(`
      import { spawn } from 'node:child_process'
      const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
      console.log('child ' + child.pid)
      setInterval(() => {}, 1000)`)
    const end = await runWatched(forever, 2).finally(() => write.mockRestore())
    expect(end).toBe('stood_still')
    expect(Date.now() - started).toBeLessThan(30_000)
    const pid = Number(/child (\d+)/.exec(printed.join(''))?.[1])
    expect(pid).toBeGreaterThan(0)
    for (let look = 0; look < 50 && isAlive(pid); look++) await sleep(100)
    expect(isAlive(pid)).toBe(false)
  })

  it('that goes on saying something is left alone, however long it takes', async () => {
    const chatty = script(`
      let left = 6
      const timer = setInterval(() => { console.log(left); if (--left === 0) clearInterval(timer) }, 500)`)
    expect(await runWatched(chatty, 2)).toBe('passed')
  })
})
