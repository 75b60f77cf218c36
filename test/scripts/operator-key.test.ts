// The key of whoever asks a running Makegood: from where it comes, and that it is never an argument.

import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import { afterEach, expect, it, vi } from 'vitest'
import { parseAuditArguments } from '../../scripts/audit-arguments.ts'
import { operatorKey, requireOperatorKey } from '../../scripts/operator-key.ts'
import { parseReconcileArguments } from '../../scripts/reconcile-arguments.ts'
import { parseSendArguments } from '../../scripts/send-arguments.ts'
import { ROOT } from './pages.ts'

afterEach(() => vi.unstubAllEnvs())

it('is that of the environment, wherever it is for', async () => {
  vi.stubEnv('MAKEGOOD_KEY', 'ck_mg_given')
  expect(await operatorKey('https://credits.acme.example')).toBe('ck_mg_given')
  expect(await operatorKey('http://127.0.0.1:8787')).toBe('ck_mg_given')
})

it('of this machine goes nowhere else', async () => {
  vi.stubEnv('MAKEGOOD_KEY', '')
  const root = fs.mkdtempSync(path.join(tmpdir(), 'makegood-key-'))
  fs.writeFileSync(path.join(root, '.dev.vars'), 'BOOTSTRAP_KEY="ck_mg_of_this_machine"\n')
  expect(await operatorKey('http://127.0.0.1:8787', root)).toBe('ck_mg_of_this_machine')
  expect(await operatorKey('https://credits.acme.example', root)).toBe(null)
  expect(await operatorKey('https://127.0.0.1.acme.example', root)).toBe(null)
  fs.rmSync(root, { recursive: true })
  await expect(requireOperatorKey('https://credits.acme.example')).rejects.toThrow('MAKEGOOD_KEY')
})

it('is no argument of any command', () => {
  const key = ['--key', 'ck_mg_0123456789']
  expect(() => parseAuditArguments(['export', ...key])).toThrow('MAKEGOOD_KEY')
  expect(() => parseSendArguments(['zendesk', 'makegood.ticket', ...key])).toThrow('MAKEGOOD_KEY')
  expect(() => parseReconcileArguments(key, 0)).toThrow("Unknown option '--key'")
  for (const page of fs.globSync('{README.md,CONTRIBUTING.md,docs/**/*.md}', { cwd: ROOT })) {
    const text = fs.readFileSync(path.join(ROOT, page), 'utf8')
    expect(text, page).not.toMatch(/--key (?:ck_mg|K\b)/)
  }
})
