// `npm run setup [-- --env staging] [--dry-run]`: makes in the Cloudflare account what a deployment needs, asks for
// the secrets that the configuration names, and prints the endpoints' addresses. What is there stays as it is, so
// it can be run again at any time, also after it was cut off. `--dry-run` changes nothing.

import { askSecret, isAnswered } from './ask-secret.ts'
import { parseSetupArguments } from './deploy-arguments.ts'
import { ROOT } from './project.ts'
import { runWrangler } from './run-wrangler.ts'
import { setUp } from './set-up.ts'
import { tellTrouble } from './trouble.ts'

try {
  process.exitCode = await setUp(parseSetupArguments(process.argv.slice(2)), {
    root: ROOT,
    wrangler: runWrangler,
    ask: askSecret,
    isAnswered: isAnswered(),
    say: (what, text) => console.log(`${what.padEnd(11)} ${text}`),
  })
} catch (error) {
  console.error(tellTrouble(error))
  process.exitCode = 1
}
