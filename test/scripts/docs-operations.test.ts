// docs/operations.md has what to do about every alarm, every discrepancy, and every line of the log that
// begins with `alarm.`; and nothing that there isn't.

import * as fs from 'node:fs'
import * as path from 'node:path'
import { describe, expect, it } from 'vitest'
import { ALARM_CAUSES } from '../../src/domain/alarm.ts'
import { ATTEMPTS_MAX, HOLD_EXPIRE_SECONDS, NOTICE_ATTEMPTS_MAX } from '../../src/domain/limits.ts'
import { REQUEUE_ROWS_MAX, SWEEP_ROWS_MAX } from '../../src/domain/limits.ts'
import { CIRCUIT_FAILURES_MAX, KEY_TROUBLE_RETRY_SECONDS } from '../../src/domain/limits.ts'
import { DISCREPANCY_REASONS } from '../../src/domain/reconciliation.ts'
import { readPage, ROOT } from './pages.ts'

const DOCS = readPage('docs/operations.md')
const section = (title: string): string => DOCS.split(`\n## ${title}\n`)[1]?.split('\n## ')[0] ?? ''
const ALARMS = section('Alarms')
const entryOf = (cause: string): string =>
  ALARMS.split(`\n### \`${cause}\`\n`)[1]?.split('\n### ')[0] ?? ''

describe('alarms', () => {
  it('are all there in the order of the code, and no other', () => {
    const shown = [...ALARMS.matchAll(/^### `(\w+)`$/gm)].map(([, cause]) => cause)
    expect(shown).toEqual([...ALARM_CAUSES])
  })

  it.each([...ALARM_CAUSES])('%s: what it means, what of the money, and what to do', (cause) => {
    const parts = [...entryOf(cause).matchAll(/^\*\*(\w+)\*\*: \S/gm)].map(([, part]) => part)
    expect(parts).toEqual(['Means', 'Money', 'Do'])
  })
})

it('every reason of a discrepancy leads to what to do about it', () => {
  const linked = [
    ...entryOf('reconciliation_mismatch').matchAll(
      /\[`(\w+)`\]\(reconciliation\.md#what-can-be-wrong\)/g,
    ),
  ].map(([, reason]) => reason)
  expect(linked).toEqual([...DISCREPANCY_REASONS])
  const table = readPage('docs/reconciliation.md').split('\n## What can be wrong\n')[1] ?? ''
  for (const reason of DISCREPANCY_REASONS) expect(table).toContain(`| \`${reason}\` |`)
})

/** What src writes to the log under `alarm.`, besides the causes; `alarm.${name}_failed` by the jobs. */
function linesOfLog(): ReadonlySet<string> {
  const files = fs
    .readdirSync(path.join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
  const found = files.flatMap((name) => {
    const text = fs.readFileSync(path.join(ROOT, 'src', name), 'utf8')
    return [...text.matchAll(/'alarm\.(\w+)'/g)].map(([, line = '']) => line)
  })
  const jobs = [...readPage('src/scheduled.ts').matchAll(/^ +\['(\w+)', \(\) =>/gm)].map(
    ([, job]) => `${job}_failed`,
  )
  const causes: readonly string[] = ALARM_CAUSES
  // `alarm.raised` is an entry of the audit log.
  return new Set([...found, ...jobs].filter((line) => !causes.includes(line) && line !== 'raised'))
}

it('every line of the log that begins with alarm. is there, and no other', () => {
  const shown = section('Lines of the log')
    .split('\n')
    .filter((line) => line.startsWith('| `alarm.'))
    .flatMap((line) => [...(line.split(' | ')[0] ?? '').matchAll(/`alarm\.(\w+)`/g)])
    .map(([, line]) => line)
  expect(shown.toSorted()).toEqual([...linesOfLog()].toSorted())
})

it('has the figures of the code', () => {
  expect([ATTEMPTS_MAX, NOTICE_ATTEMPTS_MAX, REQUEUE_ROWS_MAX, SWEEP_ROWS_MAX]).toEqual([
    40, 40, 500, 500,
  ])
  expect(HOLD_EXPIRE_SECONDS).toBe(14 * 24 * 3_600)
  expect([CIRCUIT_FAILURES_MAX, KEY_TROUBLE_RETRY_SECONDS]).toEqual([5, 300])
})
