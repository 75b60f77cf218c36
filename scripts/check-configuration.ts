// Does the user's configuration start, and does it still know every rule that has made adjustments?

import * as fs from 'node:fs'
import * as path from 'node:path'
import { pathToFileURL } from 'node:url'
import * as z from 'zod'
import { localFile, openLocal } from './backtest-database.ts'
import { locateProblems } from './locate-problems.ts'
import { lostRules, recordedRule, type RecordedRule } from './lost-rules.ts'
import { runTool, type Finding } from './run-tool.ts'

const FILE = 'makegood.config.ts'
const HEADING = `${FILE}:\n`

const NO_CONFIGURATION = `${FILE}: export default defineConfig({ … }) is wanted`

/** Imports the file in a process of its own, as the Worker would at its start; prints a line of JSON. */
const PROGRAM = `await import('./${FILE}').then(
  ({ default: config }) => config?.rules
    ? { ids: config.rules.flatMap(({ id, was }) => [id, ...was]) }
    : { message: '${NO_CONFIGURATION}', stack: '' },
  (error) => ({ message: String(error?.message ?? error), stack: String(error?.stack) }),
).then((answer) => console.log('\\n' + JSON.stringify(answer)))`

const answerSchema = z.union([
  z.object({ ids: z.array(z.string()) }),
  z.object({ message: z.string(), stack: z.string() }),
])

type Started = { readonly ids: readonly string[] } | { readonly trouble: string }

async function startConfiguration(root: string): Promise<Started> {
  const { output } = await runTool(root, process.execPath, '--input-type=module', '--eval', PROGRAM)
  const answer = answerSchema.safeParse(parsed(output.trim().split('\n').at(-1) ?? ''))
  if (!answer.success) return { trouble: output }
  if ('ids' in answer.data) return answer.data
  const { message, stack } = answer.data
  const source = fs.readFileSync(path.join(root, FILE), 'utf8')
  return {
    trouble: message.startsWith(HEADING)
      ? locateProblems(FILE, source, message)
      : `${placeOf(root, stack)}${message}`,
  }
}

/** The innermost line of the user's own files that led to it, such as `makegood.config.ts:12: `. */
function placeOf(root: string, stack: string): string {
  const base = RegExp.escape(`${pathToFileURL(root).href}/`)
  const [, file, line] =
    new RegExp(`${base}(?!src/|node_modules/)([^\\s:]+):(\\d+)`).exec(stack) ?? []
  return file === undefined ? '' : `${decodeURI(file)}:${line}: `
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/** A failing one says on which line, and why. */
export async function checkConfiguration(root: string): Promise<Finding> {
  const started = await startConfiguration(root)
  return 'ids' in started ? { passed: true } : { passed: false, output: started.trouble }
}

/**
 * A note, never a failure: what the local database has recorded was play money. `npm run deploy` asks the deployed
 * one, and stops. `statePath`: the folder of `npm start`, which is only read.
 */
export async function checkRuleIds(root: string, statePath: string): Promise<Finding> {
  const started = await startConfiguration(root)
  if (!('ids' in started)) return { passed: true, note: 'the configuration has to start first' }
  if (!fs.existsSync(localFile(statePath))) return { passed: true, note: 'no local database yet' }
  const recorded = await recordedRules(statePath)
  if (recorded === null) return { passed: true, note: 'the local database has no such table yet' }
  const lost = lostRules(started.ids, recorded).map(({ id }) => id)
  const told = lost.length === 0 ? '' : `; no rule has any more: ${lost.join(', ')}`
  return { passed: true, note: `${recorded.length} recorded here${told}` }
}

/** Null where migrations have not made the table. */
async function recordedRules(statePath: string): Promise<readonly RecordedRule[] | null> {
  const database = openLocal(statePath)
  try {
    const tables = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'rule_ids'"
    if ((await database.query(tables)).length === 0) return null
    const rows = await database.query('SELECT id, at FROM rule_ids ORDER BY id')
    return rows.map((row) => recordedRule.parse(row))
  } finally {
    database.close()
  }
}
