// `npm run doctor [-- --url https://…] [--env staging]`: everything between here and a Makegood that works, each with
// what to do. Without --url it is this checkout's own. Nothing is changed. Exit code 1 if something is bad, 2 if nothing
// that was asked is, and not everything could be.

import { parseArgs } from 'node:util'
import { addressOf } from './connect-settings.ts'
import { placeOf } from './deployment.ts'
import { conclusionOf, isHere, type Finding } from './doctor-facts.ts'
import { findingsOf } from './doctor-findings.ts'
import { gather } from './doctor-gather.ts'
import { operatorKey } from './operator-key.ts'
import { placeFor } from './place-of-address.ts'
import { ROOT } from './project.ts'
import { runWrangler } from './run-wrangler.ts'
import { tellTrouble, Trouble } from './trouble.ts'

const USAGE = 'npm run doctor -- [--url https://…] [--env staging]'

function parseDoctorArguments(given: readonly string[]) {
  const text = { type: 'string' } as const
  try {
    const { values } = parseArgs({ args: [...given], options: { url: text, env: text } })
    const url = values.url === undefined ? null : addressOf('--url', values.url)
    const named = values.env === undefined ? null : placeOf(values.env)
    if (url !== null) return { url, ...placeFor(ROOT, url, named) }
    return { url, place: named ?? 'production', isGuess: false }
  } catch (error) {
    const [line] = (error instanceof Error ? error.message : String(error)).split('\n')
    throw new Trouble(`${line}; ${USAGE}`)
  }
}

const MARKS: Readonly<Record<Finding['level'], string>> = {
  bad: 'BAD ',
  warn: 'warn',
  unasked: '?   ',
  look: 'look',
  ok: 'ok  ',
}
const LEVELS = ['bad', 'warn', 'unasked', 'look', 'ok'] as const

function titleOf({ url, place, isGuess }: ReturnType<typeof parseDoctorArguments>): string {
  if (url === null) return 'this checkout, as `npm start` runs it'
  if (isHere({ url })) return url
  return `${url}, ${place}${isGuess ? ' (if it is staging: --env staging)' : ''}`
}

try {
  const asked = parseDoctorArguments(process.argv.slice(2))
  const key = asked.url === null ? null : await operatorKey(asked.url)
  const found = findingsOf(await gather({ ...asked, key }, runWrangler))
  console.log(titleOf(asked))
  for (const level of LEVELS) {
    for (const { what, text, todo } of found.filter((each) => each.level === level)) {
      console.log(`${MARKS[level]}  ${what.padEnd(13)} ${text}`)
      if (todo !== null) console.log(`${''.padEnd(20)}to do: ${todo}`)
    }
  }
  const { text, code } = conclusionOf(found)
  console.log(text)
  process.exitCode = code
} catch (error) {
  console.error(tellTrouble(error))
  process.exitCode = 1
}
