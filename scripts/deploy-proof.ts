// That what is deployed is what was checked and tested: one hash of the checkout, compared until it is uploaded. It is
// kept, so that whoever leaves the tests out is told whether they were ever passed by these very files.

import * as fs from 'node:fs'
import * as path from 'node:path'
import { checkoutHash } from './checkout-hash.ts'
import type { Gate } from './deploy-gate.ts'
import { Trouble } from './trouble.ts'

/** Of both places: the tests know of none. */
const TESTED = '.wrangler/makegood/tested'

type Proof = { readonly hash: string; readonly isTested: boolean }

type Proving = Pick<Gate, 'asked' | 'root' | 'isWorkersBuild' | 'say'> & {
  readonly npm: (args: readonly string[]) => Promise<boolean>
}

/** Throws Trouble where a step fails, or something was changed meanwhile. */
export async function proveCheckout(proving: Proving): Promise<Proof> {
  const { asked, root, isWorkersBuild, say } = proving
  const hash = checkoutHash(root)
  await npmRun(proving, 'check', 'run', 'check')
  const isSkipped = asked.skipTests || isWorkersBuild
  if (isSkipped) say('test', skipped(proving, hash))
  else await npmRun(proving, 'test', 'test')
  requireUnchanged(root, hash, 'while it was tested; nothing was deployed')
  if (!isSkipped) keepTested(root, hash)
  return { hash, isTested: isTested(root, hash) }
}

/** What it would do. */
export function tellProof(proving: Proving): void {
  const { asked, root, isWorkersBuild, say } = proving
  const isSkipped = asked.skipTests || isWorkersBuild
  say('check', 'npm run check would run')
  say('test', isSkipped ? skipped(proving, checkoutHash(root)) : 'npm test would run')
}

export const isUnchanged = (root: string, hash: string): boolean => checkoutHash(root) === hash

/** `since`: since when, and what was done by then. */
export function requireUnchanged(root: string, hash: string, since: string): void {
  if (!isUnchanged(root, hash)) throw new Trouble(`this checkout was changed ${since}`)
}

function skipped({ asked, root }: Proving, hash: string): string {
  const why = asked.skipTests ? '--skip-tests' : 'a build at Cloudflare'
  return isTested(root, hash)
    ? `skipped: ${why}; these very files have passed them`
    : `skipped: ${why}; THESE FILES WERE NOT TESTED: no deployment from here has had them pass`
}

async function npmRun({ npm, say }: Proving, what: string, ...args: readonly string[]) {
  say(what, `npm ${args.join(' ')}`)
  if (!(await npm(args))) throw new Trouble(`npm ${args.join(' ')} failed; nothing was deployed`)
}

function isTested(root: string, hash: string): boolean {
  const file = path.join(root, TESTED)
  return fs.existsSync(file) && fs.readFileSync(file, 'utf8').trim() === hash
}

function keepTested(root: string, hash: string): void {
  const file = path.join(root, TESTED)
  fs.mkdirSync(path.dirname(file), { recursive: true })
  fs.writeFileSync(file, `${hash}\n`)
}
