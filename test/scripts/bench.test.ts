// The bench's own arithmetic, and that its page and its counts are what this checkout gives.

import { execFile } from 'node:child_process'
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import {
  median,
  pageWith,
  percentile,
  ratios,
  SECTIONS,
  type Results,
} from '../../bench/figures.ts'
import { readAnswer } from '../../bench/load.ts'
import { ROOT } from '../../scripts/project.ts'

const RESULTS = path.join(ROOT, 'bench', 'results.json')
const resultsOf = (file: string): Results => JSON.parse(fs.readFileSync(file, 'utf8'))

it('takes the median of an odd and of an even number of rounds', () => {
  expect(median([9, 1, 5])).toBe(5)
  expect(median([4, 1, 3, 2])).toBe(2.5)
  expect(() => median([])).toThrow('nothing')
})

it('takes the percentile as the least value that so many are not above', () => {
  const values = Array.from({ length: 100 }, (_, nth) => 100 - nth)
  expect([0.5, 0.99, 1].map((share) => percentile(values, share))).toEqual([50, 99, 100])
})

it('compares each round with its own, so that a slow round slows both', () => {
  expect(ratios([8, 4], [10, 5])).toEqual([0.8, 0.8])
  expect(() => ratios([1], [1, 2])).toThrow('different')
})

it('waits for the whole of an answer, by its length or to its last chunk', () => {
  const whole = 'HTTP/1.1 202 Accepted\r\nContent-Length: 4\r\n\r\nabcd'
  expect(readAnswer(Buffer.from(whole.slice(0, -1)))).toBeNull()
  expect(readAnswer(Buffer.from(whole))).toMatchObject({ status: 202 })
  const chunked = 'HTTP/1.1 302 Found\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n'
  expect(readAnswer(Buffer.from(chunked))).toBeNull()
  expect(readAnswer(Buffer.from(`${chunked}0\r\n\r\n`))).toMatchObject({ status: 302 })
})

it('has written each figure with its unit and how it was measured', () => {
  const { sections } = resultsOf(RESULTS)
  for (const [name, section] of Object.entries(sections)) {
    expect(SECTIONS).toContain(name)
    for (const figure of section.figures) {
      expect(figure).toMatchObject({ name: expect.any(String), unit: expect.stringMatching(/./) })
      expect(Number.isFinite(figure.value) && figure.how.length > 0).toBe(true)
    }
  }
})

it('has the tables of the last run in docs/bench.md, as the command writes them', () => {
  const page = fs.readFileSync(path.join(ROOT, 'docs', 'bench.md'), 'utf8')
  expect(pageWith(page, resultsOf(RESULTS))).toBe(page)
})

it('writes its tables between two marks and leaves the rest of the page alone', () => {
  const results = { machine: resultsOf(RESULTS).machine, sections: {} }
  const page = 'a\n<!-- measured -->\nold\n<!-- /measured -->\nb\n'
  const written = pageWith(page, results)
  expect(written).toMatch(/^a\n<!-- measured -->\n\n[^]+\n\n<!-- \/measured -->\nb\n$/)
  expect(written).not.toContain('old')
  expect(() => pageWith('a page without marks', results)).toThrow('has no')
})

it('counts what was counted when it was written down', async () => {
  const folder = fs.mkdtempSync(path.join(tmpdir(), 'makegood-bench-test-'))
  try {
    const out = path.join(folder, 'results.json')
    const bench = path.join(ROOT, 'bench', 'run.ts')
    await promisify(execFile)(process.execPath, [bench, '--only', 'counts', '--out', out])
    const known = resultsOf(RESULTS).sections.counts?.figures
    expect(resultsOf(out).sections.counts?.figures).toEqual(known)
  } finally {
    fs.rmSync(folder, { recursive: true, force: true })
  }
})
