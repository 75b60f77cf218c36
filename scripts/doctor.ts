// `npm run doctor [-- --url https://…] [--env staging]`: everything between here and a Makegood that works, each with
// what to do. Without --url it is this checkout's own. Nothing is changed. Exit code 1 if something is bad.

import { parseArgs } from 'node:util'
import { addressOf } from './connect-settings.ts'
import { placeOf } from './deployment.ts'
import type { Finding } from './doctor-facts.ts'
import { findingsOf } from './doctor-findings.ts'
import { gather } from './doctor-gather.ts'
import { operatorKey } from './operator-key.ts'
import { runWrangler } from './run-wrangler.ts'
import { tellTrouble, Trouble } from './trouble.ts'

const USAGE = 'npm run doctor -- [--url https://…] [--env staging]'

function parseDoctorArguments(given: readonly string[]) {
  const text = { type: 'string' } as const
  try {
    const { values } = parseArgs({ args: [...given], options: { url: text, env: text } })
    const url = values.url === undefined ? null : addressOf('--url', values.url)
    return { url, place: placeOf(values.env ?? 'production') }
  } catch (error) {
    const [line] = (error instanceof Error ? error.message : String(error)).split('\n')
    throw new Trouble(`${line}; ${USAGE}`)
  }
}

const MARKS: Readonly<Record<Finding['level'], string>> = {
  bad: 'BAD ',
  warn: 'warn',
  look: 'look',
  ok: 'ok  ',
}
const LEVELS = ['bad', 'warn', 'look', 'ok'] as const

try {
  const asked = parseDoctorArguments(process.argv.slice(2))
  const key = asked.url === null ? null : await operatorKey(asked.url)
  const found = findingsOf(await gather({ ...asked, key }, runWrangler))
  console.log(asked.url ?? 'this checkout, as `npm start` runs it')
  for (const level of LEVELS) {
    for (const { what, text, todo } of found.filter((each) => each.level === level)) {
      console.log(`${MARKS[level]}  ${what.padEnd(13)} ${text}`)
      if (todo !== null) console.log(`${''.padEnd(20)}to do: ${todo}`)
    }
  }
  const bad = found.filter(({ level }) => level === 'bad').length
  console.log(
    bad === 0 ? 'Nothing keeps it from working.' : `${bad} of these keep it from working.`,
  )
  process.exitCode = bad === 0 ? 0 : 1
} catch (error) {
  console.error(tellTrouble(error))
  process.exitCode = 1
}
