// `npm run backtest -- [--since 90d] [--rules other.config.ts] [--json] [--remote [--env staging]]`: the configured
// rules, or another file's, over all recorded events since then: what would differ from what was done.
// Nothing is written. Exits 1 where the configuration doesn't load.

import { parseBacktestArguments, type BacktestArguments } from './backtest-arguments.ts'
import { openLocal, openRemote } from './backtest-database.ts'
import { recordsOf } from './backtest-records.ts'
import { jsonReport, textReport } from './backtest-report.ts'
import { runBacktest } from './backtest-run.ts'
import { loadConfig } from './load-configuration.ts'
import { ROOT } from './project.ts'
import { runWrangler } from './run-wrangler.ts'
import { tellTrouble } from './trouble.ts'

const PAGE_ROWS = 1_000
/** A page of a deployed database is one answer over the network, bodies and all. */
const REMOTE_PAGE_ROWS = 100
const TELL_EVERY_EVENTS = 10_000

async function backtest(asked: BacktestArguments): Promise<string> {
  const { since, until, statePath, place } = asked
  const config = await loadConfig(asked.rules)
  const database = statePath === null ? openRemote(ROOT, place, runWrangler) : openLocal(statePath)
  try {
    const rows = statePath === null ? REMOTE_PAGE_ROWS : PAGE_ROWS
    const records = recordsOf(database.query, { since, until }, rows)
    const findings = await runBacktest(config, records, (events) => {
      if (events > 0 && events % TELL_EVERY_EVENTS === 0) console.error(`${events} events`)
    })
    const backtested = {
      rules: asked.rules,
      since: new Date(since).toISOString(),
      until: until === null ? null : new Date(until).toISOString(),
      findings,
    }
    return asked.json ? jsonReport(backtested) : textReport(backtested, asked.idsOnly)
  } finally {
    database.close()
  }
}

try {
  const startedAt = performance.now()
  const report = await backtest(parseBacktestArguments(process.argv.slice(2), Date.now()))
  console.log(report)
  console.error(`${((performance.now() - startedAt) / 1_000).toFixed(1)} s`)
} catch (error) {
  console.error(tellTrouble(error))
  process.exitCode = 1
}
