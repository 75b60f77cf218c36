// What `npm run setup` does, step by step: each finds what is there, and makes only what is lacking. So whoever
// was cut off runs it again, and it goes on.

import * as path from 'node:path'
import { accountOf, requireLogin, type Account } from './account.ts'
import type { AskSecret } from './ask-secret.ts'
import type { SetupArguments } from './deploy-arguments.ts'
import { configurationOf, readDeployment, writeConfig, type Deployment } from './deployment.ts'
import { keep, keptFile, readKept } from './kept-secrets.ts'
import { loadConfig } from './load-configuration.ts'
import type { Wrangler } from './run-wrangler.ts'
import { Trouble } from './trouble.ts'
import {
  DRAWN_SECRETS,
  wantedSecrets,
  type DrawnSecret,
  type WantedSecret,
} from './wanted-secrets.ts'

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

/** Kept in a file before they are stored, so that nobody has a key that he doesn't know. */
async function ensureDrawn(
  { root, asked, account, deployment, say }: Setup,
  set: ReadonlySet<string>,
) {
  const isKept = ({ name }: DrawnSecret): boolean => set.has(name) && !asked.renew.includes(name)
  const missing = DRAWN_SECRETS.filter((each) => !isKept(each))
  for (const { name } of DRAWN_SECRETS.filter(isKept)) say('secret', `${name}: is set`)
  for (const { name, what } of missing) {
    if (account === null || asked.dryRun) say('secret', `${name}: would be drawn: ${what}`)
  }
  if (missing.length === 0 || account === null || asked.dryRun) return
  const kept = readKept(root, asked.place)
  const values: Record<string, string> = {}
  for (const { name, isList, draw } of missing) {
    const before = kept[name]
    const isRenewed = asked.renew.includes(name)
    if (isRenewed && isList && before === undefined && set.has(name)) {
      throw new Trouble(
        `${name}: the former one is not in ${keptFile(asked.place)}: write it there, and it stays valid behind the new one; ` +
          `or give it up: npx wrangler secret delete ${name} --name ${deployment.worker}`,
      )
    }
    const drawn = isRenewed || before === undefined ? await draw(deployment.worker) : before
    values[name] = isRenewed && isList && before !== undefined ? `${drawn},${before}` : drawn
  }
  keep(root, asked.place, values)
  await account.putSecrets(values)
  for (const { name, what, tell } of missing) {
    say('secret', `${name}: drawn and stored: ${what}`)
    if (tell !== undefined) say('', await tell(values[name] ?? ''))
  }
  say('', `they stand in ${keptFile(asked.place)}: put them into your password manager, delete it`)
}

/** Each is stored as soon as it is known: whoever is cut off is not asked for it again. */
async function ensureWanted(setup: Setup, set: ReadonlySet<string>): Promise<readonly string[]> {
  const { asked, account, say } = setup
  const left: string[] = []
  for (const secret of await wantedOf(setup)) {
    const { name, opens, place, isRequired } = secret
    const isRenewed = asked.renew.includes(name)
    if (set.has(name) && !isRenewed) {
      say('secret', `${name}: is set`)
      continue
    }
    say('secret', `${name}, so that ${opens}`)
    say('', place)
    if (account === null || asked.dryRun) {
      say('', isRequired ? 'would be asked for' : 'would be asked for; without it, that is off')
      continue
    }
    const value = await answerFor(setup, secret)
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

async function wantedOf({ root, asked, deployment }: Setup): Promise<readonly WantedSecret[]> {
  const config = await loadConfig(path.join(root, configurationOf(root, asked.place)))
  const wanted = wantedSecrets(config, asked.place)
  const names = [...wanted, ...DRAWN_SECRETS].map(({ name }) => name)
  const shown = names.filter((name) => Object.hasOwn(deployment.vars, name))
  if (shown.length > 0) {
    throw new Trouble(`deployment.toml has ${shown.join(', ')} in its vars, where all can read it`)
  }
  for (const name of asked.renew) {
    if (!names.includes(name)) throw new Trouble(`--renew ${name}: one of ${names.join(', ')}`)
  }
  return wanted
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

async function tellAddresses({ root, asked, deployment, say }: Setup): Promise<void> {
  const config = await loadConfig(path.join(root, configurationOf(root, asked.place)))
  const own = deployment.vars['PUBLIC_URL']
  const base = own ?? `https://${deployment.worker}.<your subdomain>.workers.dev`
  for (const [name, { source }] of config.endpoints) {
    say('address', `${base}/webhooks/${name}  for ${source.title}`)
  }
  if (own === undefined) {
    say('', 'PUBLIC_URL is in no [production.vars] of deployment.toml: links lead to workers.dev,')
    say('', 'which looks like phishing in a mail (docs/upgrading.md, "A domain of your own")')
  }
}

/** Answers the exit code: 1 while nothing could be issued. Throws Trouble where a step is refused. */
export async function setUp(asked: SetupArguments, outside: SetupOutside): Promise<number> {
  const { root, wrangler, say } = outside
  const deployment = readDeployment(root, asked.place)
  const reached = accountOf(wrangler, deployment, writeConfig(root, deployment, null))
  const isKnown = !asked.dryRun || (await reached.login()) !== null
  const setup: Setup = { ...outside, asked, deployment, account: isKnown ? reached : null }
  say('place', `${asked.place}: Worker ${deployment.worker}, ${configurationOf(root, asked.place)}`)
  if (asked.dryRun) say('', 'a dry run: nothing is changed')
  if (isKnown) {
    const configured = deployment.config['account_id']
    const chosen = typeof configured === 'string' ? configured : undefined
    say('account', await requireLogin(reached, chosen))
  } else {
    say('account', 'nobody is logged in, so what is there is not known')
  }
  // Before anything is made: a configuration that does not load would stop it half-way.
  await wantedOf(setup)
  await ensureResources(setup)
  const set = (await setup.account?.secrets()) ?? new Set<string>()
  await ensureDrawn(setup, set)
  const left = await ensureWanted(setup, set)
  await tellAddresses(setup)
  const again = `npm run setup${asked.place === 'production' ? '' : ` -- --env ${asked.place}`}`
  if (left.length > 0) {
    say('missing', `${left.join(', ')}: nothing is issued without it; again: ${again}`)
    return 1
  }
  say('next', `npm run ${again.slice('npm run '.length).replace('setup', 'deploy')}`)
  return 0
}
