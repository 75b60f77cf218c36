// `npm run setup` as a process, with an account in a file instead of Cloudflare's: FAKE_ACCOUNT, of the checkout FAKE_ROOT.

import * as fs from 'node:fs'
import { askSecret, isAnswered } from '../../scripts/ask-secret.ts'
import { parseSetupArguments } from '../../scripts/deploy-arguments.ts'
import { setUp } from '../../scripts/set-up.ts'
import { tellTrouble } from '../../scripts/trouble.ts'
import { wranglerOf, type FakeAccount } from './fake-wrangler.ts'

const { FAKE_ACCOUNT: file = '', FAKE_ROOT: root = '' } = process.env
const account: FakeAccount = JSON.parse(fs.readFileSync(file, 'utf8'))
const write = () => fs.writeFileSync(file, JSON.stringify(account))
const wrangler = wranglerOf(
  () => account,
  () => {
    write()
    process.kill(process.pid, 'SIGKILL')
  },
)

try {
  const say = (what: string, text: string) => console.log(`${what.padEnd(11)} ${text}`)
  const asked = parseSetupArguments(process.argv.slice(2))
  const outside = { root, wrangler, ask: askSecret, isAnswered: isAnswered(), say }
  process.exitCode = await setUp(asked, outside)
} catch (error) {
  console.error(tellTrouble(error))
  process.exitCode = 1
} finally {
  write()
}
