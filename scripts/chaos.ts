// `npm run chaos -- [--kills 20] [--events N] [--seed S]`: the app and its sandbox under load with faults, killed
// again and again, and then counted. Exits 1 unless every acknowledged event has its one invoice, or visibly
// waits. Only ever its own sandbox, on free ports, with state of its own.

import { parseArgs } from 'node:util'
import { runChaos, type ChaosReport } from './chaos-run.ts'
import { endWithParent } from './lifetime.ts'
import { tellTrouble, Trouble } from './trouble.ts'

const KILLS_DEFAULT = 20
const KILLS_MAX = 1_000
const EVENTS_PER_KILL = 30
const EVENTS_MAX = 100_000
const TOLD_MAX = 10

function wholeNumber(text: string | undefined, name: string, fallback: number, max: number) {
  const value = Number(text ?? fallback)
  if (Number.isSafeInteger(value) && value >= 0 && value <= max) return value
  throw new Trouble(`--${name} is a whole number up to ${max}`)
}

const row = (name: string, value: string | number): void =>
  console.log(`  ${name.padEnd(34)}${value}`)

const sorted = (counts: ReadonlyMap<string, number>): [string, number][] =>
  [...counts].toSorted(([, a], [, b]) => b - a)

function printReport(report: ChaosReport): void {
  const { verdict, kills, deliveries, faults } = report
  const struck = [...faults.values()].reduce((sum, count) => sum + count, 0)
  const withAttempt = kills.filter(({ standing }) => standing.issuing > 0).length
  const ofPart = (name: 'app' | 'sandbox') =>
    kills.filter(({ parts }) => parts.includes(name)).length
  console.log('\nWhat happened')
  row('facts told by the senders', report.facts)
  row('deliveries', `${deliveries.deliveries}, ${deliveries.refused} without an answer of 2xx`)
  row('repeats, and hung up before it', `${deliveries.repeats}, ${deliveries.hungUp}`)
  row('kills', `${kills.length}: app ${ofPart('app')}, sandbox ${ofPart('sandbox')}`)
  row('kills with an attempt in flight', withAttempt)
  row('calls of the billing API', `${report.calls}, ${struck} times a fault`)
  for (const [kind, count] of sorted(faults)) row(`  ${kind}`, count)
  row('rules resumed by a person', report.resumed)
  console.log('\nWhat became of the acknowledged events')
  for (const [outcome, count] of sorted(verdict.outcomes)) row(`  ${outcome}`, count)
  row('invoices', report.invoices)
  row('ambiguous outcomes', verdict.ambiguous)
  const bad = [
    ['lost', verdict.lost],
    ['doubled', verdict.doubled],
    ['strange', verdict.strange],
    ['unresolved', verdict.unresolved],
    ['a handler threw', report.troubles],
  ] as const
  for (const [name, lines] of bad) {
    for (const line of lines.slice(0, TOLD_MAX)) console.log(`  ${name}: ${line}`)
  }
}

/** The one line; two decimals would hide one of ten thousand. */
function summary({ acknowledged, lost, doubled, ambiguous, unresolved }: ChaosReport['verdict']) {
  const resolved = ambiguous === 0 ? 100 : (100 * (ambiguous - unresolved.length)) / ambiguous
  const percent = unresolved.length === 0 ? '100' : resolved.toFixed(2)
  return `acknowledged ${acknowledged}; lost ${lost.length}; doubled ${doubled.length}; ambiguous resolved ${percent} %`
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { kills: { type: 'string' }, events: { type: 'string' }, seed: { type: 'string' } },
  })
  const kills = wholeNumber(values.kills, 'kills', KILLS_DEFAULT, KILLS_MAX)
  const events = wholeNumber(values.events, 'events', (kills + 1) * EVENTS_PER_KILL, EVENTS_MAX)
  const seed = wholeNumber(values.seed, 'seed', Date.now() % 1_000_000, 2 ** 32 - 1)
  const again = `npm run chaos -- --kills ${kills} --events ${events} --seed ${seed}`
  console.log(`Again, by the same plan: ${again}`)
  const report = await runChaos({ kills, events, seed, tell: (line) => console.log(line) })
  printReport(report)
  console.log(`\n${report.seconds} s. ${summary(report.verdict)}`)
  const { folder, unanswered } = report
  if (unanswered > 0) console.log(`${unanswered} deliveries were never answered with 2xx`)
  if (folder !== null) {
    console.log(`The state is kept in ${folder}. Again: ${again}`)
    process.exitCode = 1
  }
}

endWithParent(async () => undefined)
try {
  await main()
} catch (error) {
  console.error(tellTrouble(error))
  process.exitCode = 1
}
process.exit()
