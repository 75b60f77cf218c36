// `npm run audit -- verify FILE --key PUB [--checkpoint OLD]`: checks an export offline; exit code 0 or 1.
// `export`, `checkpoint`: fetch one from a running Makegood. `key`: a new pair of keys,
// or with `--public` the public half of the present one.

import * as fs from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { reportLines } from '../src/domain/export-report.ts'
import { apiOf, type Answer, type Api } from './api-client.ts'
import { AUDIT_USAGE, parseAuditArguments, type AuditArguments } from './audit-arguments.ts'
import { newAuditKey, publicHalves } from './audit-key.ts'
import { verifyFile } from './audit-verify.ts'
import { readDevVars } from './dev-vars.ts'
import { requireOperatorKey } from './operator-key.ts'
import { tellTrouble, Trouble } from './trouble.ts'

async function verify(asked: Extract<AuditArguments, { kind: 'verify' }>): Promise<boolean> {
  const startedAt = performance.now()
  const older = asked.checkpoint === null ? null : readNote(asked.checkpoint)
  const report = await verifyFile(asked.file, [asked.key], older, asked.oldKeys)
  for (const line of reportLines(report, older !== null)) console.log(line)
  console.error(`${((performance.now() - startedAt) / 1_000).toFixed(1)} s`)
  return report.fault === null
}

function readNote(file: string): string {
  try {
    return fs.readFileSync(file, 'utf8')
  } catch {
    throw new Trouble(`the older checkpoint ${file} can not be read`)
  }
}

/** The key is never printed; the answer's own words are. */
async function ask<Told extends Answer>(
  { url }: { readonly url: string },
  call: (api: Api) => Promise<Told>,
): Promise<Told> {
  const api = apiOf({ url, key: await requireOperatorKey(url) })
  const response = await call(api).catch(() => {
    throw new Trouble(`nothing answers at ${url}`)
  })
  if (response.ok) return response
  throw new Trouble(`${url} answered ${response.status}: ${await response.text()}`)
}

async function exportTo(asked: Extract<AuditArguments, { kind: 'export' }>): Promise<void> {
  const { body } = await ask(asked, ({ audit }) => audit.export.$get({ query: asked.query }))
  if (body === null) throw new Trouble('the export is empty')
  const target = asked.out === null ? process.stdout : fs.createWriteStream(asked.out)
  await pipeline(Readable.fromWeb(body), target)
}

/** Of the key that the environment holds, or of this machine's own; it says of which. */
async function showPublic(): Promise<void> {
  const given = process.env['AUDIT_KEY']
  const shown = await publicHalves(given || readDevVars().vars['AUDIT_KEY'] || '')
  if (shown === null) throw new Trouble('AUDIT_KEY is not as `npm run audit -- key` makes it')
  if (shown.length === 0) {
    throw new Trouble('AUDIT_KEY is not set: npm start draws one into .dev.vars')
  }
  console.error(
    given ? 'of AUDIT_KEY in the environment:' : "of this machine's own log, in .dev.vars:",
  )
  for (const key of shown) console.log(key)
}

async function run(asked: AuditArguments): Promise<number> {
  switch (asked.kind) {
    case 'verify':
      return (await verify(asked)) ? 0 : 1
    case 'export':
      await exportTo(asked)
      return 0
    case 'checkpoint': {
      const asText = { headers: { accept: 'text/plain' } }
      const response = await ask(asked, ({ audit }) => audit.checkpoint.$get({}, asText))
      process.stdout.write(await response.text())
      return 0
    }
    case 'key': {
      const { signing, verifier } = await newAuditKey(asked.name)
      console.log(`AUDIT_KEY="${signing}"`)
      console.log(`For auditors: ${verifier}`)
      return 0
    }
    case 'public':
      await showPublic()
      return 0
    case 'bench':
      return (await (await import('./audit-bench.ts')).benchAudit(asked.entries)) ? 0 : 1
    case 'help':
      console.log(AUDIT_USAGE)
      return 0
  }
}

try {
  process.exitCode = await run(parseAuditArguments(process.argv.slice(2)))
} catch (error) {
  console.error(tellTrouble(error))
  process.exitCode = 1
}
