// What `npm run deploy` does, step by step. A step that fails is the last one, and each finds what an earlier run
// has done, so the next run goes on where this one ended.

import * as path from 'node:path'
import type { Config } from '../src/config.ts'
import { accountOf, requireLogin } from './account.ts'
import type { DeployArguments } from './deploy-arguments.ts'
import { askGate, planOf, requirePause, type Gate } from './deploy-gate.ts'
import { isUnchanged, proveCheckout, requireUnchanged, tellProof } from './deploy-proof.ts'
import { addressIn, buildOnly, upload } from './deploy-upload.ts'
import { commandFor, configurationOf, readDeployment, writeConfig } from './deployment.ts'
import { loadConfig } from './load-configuration.ts'
import type { Wrangler } from './run-wrangler.ts'
import { requireHidden } from './shown-secrets.ts'
import { smokeTest, type Outside } from './smoke-test.ts'
import { whileAlone } from './state-lock.ts'
import { Trouble } from './trouble.ts'
import { wantedSecrets } from './wanted-secrets.ts'

/** What is outside of it. */
export type DeployOutside = Outside & {
  /** The checkout. */
  readonly root: string
  readonly wrangler: Wrangler
  /** Runs npm with what it prints passed on; whether it ended well. */
  readonly npm: (args: readonly string[]) => Promise<boolean>
  /** A build at Cloudflare (deploy-gate.ts). */
  readonly isWorkersBuild: boolean
  /** For a version to be everywhere, milliseconds. */
  readonly smokeWaitMs?: number
  readonly say: (what: string, text: string) => void
}

type Deploy = DeployOutside & Gate

/**
 * Before the code that needs them. The code of before works on with them, or is paused (BREAKING_MIGRATIONS).
 * Answers those that it can't go back over.
 */
async function applyMissing(deploy: Deploy): Promise<readonly string[]> {
  const { account, deployment, say } = deploy
  const plan = await planOf(deploy)
  if (plan.missing.length === 0) return []
  await requirePause(deploy, plan)
  const bookmark = await account.bookmark()
  say('migrations', `apply ${plan.missing.join(', ')}`)
  if (bookmark !== null) {
    say('', `as it is now: database ${deployment.database.name}, bookmark ${bookmark}`)
  }
  await account.migrate()
  say('', 'applied')
  return plan.breaking
}

type Smoked = 'good' | 'not ready' | 'bad'

async function tryOut(deploy: Deploy, address: string, version: string | null): Promise<Smoked> {
  const { say, smokeWaitMs } = deploy
  say('smoke test', address)
  const seen = await smokeTest(address, version, deploy, smokeWaitMs)
  for (const { what, text, isGood } of seen) say(isGood ? '  ok' : '  FAILED', `${what}: ${text}`)
  const bad = seen.filter(({ isGood }) => !isGood)
  if (bad.length === 0) return 'good'
  return bad.every(({ what }) => what === '/readyz') ? 'not ready' : 'bad'
}

/** Why the real one would stop, asked as it asks; null where it would not, or where nobody can be asked. */
async function stopOf(deploy: Deploy, config: Config): Promise<string | null> {
  const { account, deployment, say } = deploy
  if ((await account.login()) === null) {
    say('account', 'nobody is logged in, so what is there is not known')
    return null
  }
  try {
    say('account', await requireLogin(account, deployment))
    await askGate(deploy, config)
    return null
  } catch (error) {
    if (error instanceof Trouble) return error.message
    throw error
  }
}

/** Answers 1 where the real one would stop before it begins. */
async function dryRun(deploy: Deploy, config: Config): Promise<number> {
  const { deployment, root, wrangler, say } = deploy
  say('', 'a dry run: nothing is changed')
  tellProof(deploy)
  const stop = await stopOf(deploy, config)
  const lines = await buildOnly(wrangler, writeConfig(root, deployment, 'look.json'))
  say('deploy', 'wrangler deploy --dry-run:')
  for (const line of lines) say('', line)
  say('smoke test', 'would ask /healthz, /readyz, and each endpoint without a signature')
  if (stop === null) return 0
  say('would stop', stop)
  return 1
}

function wayBack(before: string | null, oneWay: readonly string[], file: string): string {
  if (oneWay.length > 0) return `not over ${oneWay.join(', ')}: deploy a mended version`
  return before === null
    ? 'to nothing: no version ran alone before this one; deploy a mended version'
    : `npx wrangler rollback ${before} --config ${file}`
}

async function deployProven(deploy: Deploy, config: Config): Promise<number> {
  const { account, asked, deployment, root, wrangler, isWorkersBuild, say } = deploy
  say('account', await requireLogin(account, deployment))
  const { id, plan } = await askGate(deploy, config)
  const { hash, isTested } = await proveCheckout(deploy)
  const file = writeConfig(root, deployment, 'wrangler.json', id)
  await buildOnly(wrangler, file)
  // Whatever setup has stored since is in it, so whoever goes back keeps his secrets.
  const before = plan.isFirst ? null : await account.currentVersion()
  requireUnchanged(root, hash, 'since it was checked; nothing was deployed')
  const oneWay = await applyMissing(deploy)
  requireUnchanged(root, hash, 'since it was checked; migrations are applied, no code is deployed')
  const uploaded = await upload(root, wrangler, file)
  const tested = isTested ? '' : ', not tested'
  say('deploy', `${deployment.worker}, version ${uploaded.version ?? 'not said'}${tested}`)
  const isSame = isUnchanged(root, hash)
  if (!isSame)
    say('changed', 'files were, during the upload: what runs may not be tested; deploy again')
  const address = asked.url ?? deployment.vars['PUBLIC_URL'] ?? addressIn(uploaded)
  if (address === null) {
    throw new Trouble('deployed, but Wrangler names no address: try it with --url https://…')
  }
  const smoked = await tryOut(deploy, address, uploaded.version)
  if (smoked === 'bad') {
    const back = wayBack(before, oneWay, path.relative(root, file))
    say('to go back', `${back} (docs/upgrading.md)`)
  }
  if (await account.isPaused())
    say('paused', 'nothing is issued until you resume: DELETE /api/v1/switches/all')
  if (smoked !== 'bad') say('next', commandFor('doctor', asked.place, '--url', address))
  return (smoked === 'good' && isSame) || isWorkersBuild ? 0 : 1
}

/** Answers the exit code: 1 where what was deployed does not answer as it should. Throws Trouble before that. */
export async function deployWorker(
  asked: DeployArguments,
  outside: DeployOutside,
): Promise<number> {
  const { root, wrangler, say } = outside
  const { place } = asked
  const deployment = readDeployment(root, place)
  const account = accountOf(wrangler, deployment, writeConfig(root, deployment, 'look.json'))
  const deploy: Deploy = { ...outside, asked, deployment, account }
  const configuration = configurationOf(root, place)
  say('place', `${place}: Worker ${deployment.worker}, ${configuration}`)
  const config = await loadConfig(path.join(root, configuration))
  requireHidden(deployment, wantedSecrets(config, place))
  if (asked.dryRun) return dryRun(deploy, config)
  return whileAlone(root, place, () => deployProven(deploy, config))
}
