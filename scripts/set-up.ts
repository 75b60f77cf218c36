// What `npm run setup` does, step by step: each finds what is there, and makes only what is lacking. So whoever
// was cut off runs it again, and it goes on.

import * as path from 'node:path'
import type { Config } from '../src/config.ts'
import { accountOf, requireLogin, type Account } from './account.ts'
import type { AskSecret } from './ask-secret.ts'
import type { SetupArguments } from './deploy-arguments.ts'
import {
  commandFor,
  configurationOf,
  readDeployment,
  writeConfig,
  type Deployment,
} from './deployment.ts'
import { DRAWN_SECRETS } from './drawn-secrets.ts'
import { loadConfig } from './load-configuration.ts'
import type { Wrangler } from './run-wrangler.ts'
import { whileAlone } from './state-lock.ts'
import { requireHidden } from './shown-secrets.ts'
import { storeDrawn } from './store-drawn.ts'
import { Trouble } from './trouble.ts'
import { wantedSecrets, type WantedSecret } from './wanted-secrets.ts'

const TRIES_MAX = 3

/** What is outside of it. */
export type SetupOutside = {
  /** The checkout. */
  readonly root: string
  readonly wrangler: Wrangler
  readonly ask: AskSecret
  /** Whether a person answers, who can be asked again. */
  readonly isAnswered: boolean
  readonly say: (what: string, text: string) => void
}

type Setup = SetupOutside & {
  readonly asked: SetupArguments
  readonly deployment: Deployment
  readonly config: Config
  readonly wanted: readonly WantedSecret[]
  /** Null where a dry run has nobody logged in: what is there is not known. */
  readonly account: Account | null
}

/** Is there, was made, or would be. */
async function ensure(
  { asked, account, say }: Setup,
  [what, name]: readonly [string, string],
  isThere: (account: Account) => Promise<boolean>,
  make: (account: Account) => Promise<unknown>,
): Promise<void> {
  if (account === null) return say(what, `${name}: would be made, unless it is there`)
  if (await isThere(account)) return say(what, `${name}: is there`)
  if (asked.dryRun) return say(what, `${name}: would be made`)
  await make(account)
  say(what, `${name}: made`)
}

async function ensureResources(setup: Setup): Promise<void> {
  const { database, queues } = setup.deployment
  const { jurisdiction } = setup.asked
  const options = jurisdiction === null ? [] : ['--jurisdiction', jurisdiction]
  await ensure(
    setup,
    ['database', database.name],
    async (account) => (await account.databaseId()) !== null,
    (account) => account.makeDatabase(options),
  )
  for (const queue of queues) {
    await ensure(
      setup,
      ['queue', queue],
      (account) => account.hasQueue(queue),
      (account) => account.makeQueue(queue, options),
    )
  }
}

/** Each is stored as soon as it is known: whoever is cut off is not asked for it again. */
async function ensureWanted(setup: Setup, set: ReadonlySet<string>): Promise<readonly string[]> {
  const { asked, account, wanted, say } = setup
  const left: string[] = []
  for (const secret of wanted) {
    const { name, opens, place, isList, isRequired } = secret
    const isRenewed = asked.renew.includes(name)
    if (set.has(name) && !isRenewed) {
      say('secret', `${name}: is set`)
      continue
    }
    say('secret', `${name}, so that ${opens}`)
    say('', place)
    if (isRenewed && isList) say('', 'new,old takes both, until its sender has the new one')
    if (account === null || asked.dryRun) {
      say('', isRequired ? 'would be asked for' : 'would be asked for; without it, that is off')
      continue
    }
    const value = await answerFor(setup, secret)
    if (value === '' && set.has(name)) {
      say('', 'not renewed: the one that is set stays')
      continue
    }
    if (value === '') {
      if (isRequired) left.push(name)
      say('', 'not set now: that is off; the next setup asks for it again')
      continue
    }
    await account.putSecrets({ [name]: value })
    say('', 'stored')
  }
  return left
}

/** Throws Trouble on a name that is none. */
function checkNames(asked: SetupArguments, wanted: readonly WantedSecret[]): void {
  const drawn = DRAWN_SECRETS.map(({ name }) => name)
  for (const [option, given, known] of [
    ['--renew', asked.renew, [...wanted.map(({ name }) => name), ...drawn]],
    ['--store', asked.store, drawn],
  ] as const) {
    const other = given.find((name) => !known.includes(name))
    if (other !== undefined) throw new Trouble(`${option} ${other}: one of ${known.join(', ')}`)
  }
}

/** An empty text where there is none. A value of another form is refused before it is stored. */
async function answerFor(
  { ask, isAnswered, say }: Setup,
  { name, fault }: WantedSecret,
): Promise<string> {
  for (let tried = 1; ; tried++) {
    const value = await ask(name)
    const wrong = value === '' ? null : fault(value)
    if (wrong === null) return value
    if (!isAnswered || tried === TRIES_MAX) throw new Trouble(`${name}: ${wrong}`)
    say('', `${wrong}; again, or Enter for none`)
  }
}

function tellAddresses({ asked, config, deployment, say }: Setup): void {
  const own = deployment.vars['PUBLIC_URL']
  const base = own ?? `https://${deployment.worker}.<your subdomain>.workers.dev`
  for (const [name, { source }] of config.endpoints) {
    say('address', `${base}/webhooks/${name}  for ${source.title}`)
  }
  if (own === undefined) {
    const table = `[${asked.place}.vars]`
    say('', `PUBLIC_URL is in no ${table} of deployment.toml: links lead to workers.dev,`)
    say('', 'which looks like phishing in a mail (docs/upgrading.md, "A domain of your own")')
  }
}

async function makeAll(setup: Setup): Promise<number> {
  const { root, asked, account, deployment, say } = setup
  const { place } = asked
  if (account === null) say('account', 'nobody is logged in, so what is there is not known')
  else say('account', await requireLogin(account, deployment))
  await ensureResources(setup)
  const set = (await account?.secrets()) ?? new Set<string>()
  const { worker, vars } = deployment
  await storeDrawn({ ...asked, root, worker, vars, account, say }, set)
  const left = await ensureWanted(setup, set)
  tellAddresses(setup)
  if (left.length > 0) {
    const again = commandFor('setup', place)
    say('missing', `${left.join(', ')}: nothing is issued without it; again: ${again}`)
    return 1
  }
  say('next', commandFor('deploy', place))
  return 0
}

/** Answers the exit code: 1 while nothing could be issued. Throws Trouble where a step is refused. */
export async function setUp(asked: SetupArguments, outside: SetupOutside): Promise<number> {
  const { root, wrangler, say } = outside
  const { place, dryRun } = asked
  const deployment = readDeployment(root, place)
  const configuration = configurationOf(root, place)
  // Before anything is made: a configuration that does not load would stop it half-way.
  const config = await loadConfig(path.join(root, configuration))
  const wanted = wantedSecrets(config, place)
  requireHidden(deployment, wanted)
  checkNames(asked, wanted)
  const reached = accountOf(wrangler, deployment, writeConfig(root, deployment, 'look.json'))
  say('place', `${place}: Worker ${deployment.worker}, ${configuration}`)
  if (dryRun) say('', 'a dry run: nothing is changed')
  const account = dryRun && (await reached.login()) === null ? null : reached
  const setup: Setup = { ...outside, asked, deployment, config, wanted, account }
  if (dryRun) return makeAll(setup)
  return whileAlone(root, place, () => makeAll(setup))
}
