// `npm run sim`.

import './quick-answers.ts'
import './quick-drizzle.ts'
import './without-pages.ts'

// A stack for each error that the database is made to throw would cost more than the run.
Error.stackTraceLimit = 0
const { runCommand } = await import('./command.ts')
process.exitCode = await runCommand(process.argv.slice(2))
