// Draws the secrets that nobody has to know from elsewhere, and stores them, each where it is lacking.

import type { Account } from './account.ts'
import type { Place } from './deployment.ts'
import {
  DRAWN_SECRETS,
  planDrawn,
  type DrawnPlan,
  type DrawnSecret,
  type DrawnState,
} from './drawn-secrets.ts'
import { keep, keptFile, readKept, type Kept } from './kept-secrets.ts'
import { droppedBy, keysInUse } from './keys-in-use.ts'
import { Trouble } from './trouble.ts'

export type DrawnSetup = {
  readonly root: string
  readonly place: Place
  readonly worker: string
  /** Of the deployment: AUDIT_KEY_FORMER may be in it. */
  readonly vars: Readonly<Record<string, string>>
  /** Names of those that are to be drawn anew. */
  readonly renew: readonly string[]
  /** Names of those that are stored as they are kept. */
  readonly store: readonly string[]
  readonly dryRun: boolean
  /** Null where a dry run has nobody logged in. */
  readonly account: Account | null
  readonly say: (what: string, text: string) => void
}

type Planned = {
  readonly secret: DrawnSecret
  readonly plan: DrawnPlan
  readonly state: DrawnState
}

/** `set`: the names that the Worker has. Throws Trouble, with nothing stored, where one of them may not be drawn. */
export async function storeDrawn(setup: DrawnSetup, set: ReadonlySet<string>): Promise<void> {
  const { root, place, account, dryRun, say } = setup
  const planned = await plansOf(setup, readKept(root, place), set)
  for (const { secret, plan, state } of planned) {
    if (plan.do === 'leave') await tellStored(setup, secret, 'is set', state.kept)
    else if (account === null || dryRun) say('secret', `${secret.name}: would be drawn`)
  }
  if (account === null || dryRun) return
  const values = await valuesOf(setup, planned)
  const unstored = Object.keys(values)
  if (unstored.length === 0) return
  // Before they are stored, so that nobody has a key that he doesn't know.
  keep(root, place, { values, unstored })
  await account.putSecrets(values)
  keep(root, place, { values, unstored: [] })
  for (const secret of DRAWN_SECRETS) {
    const value = values[secret.name]
    if (value !== undefined) await tellStored(setup, secret, `stored: ${secret.what}`, value)
  }
  say('', `they stand in ${keptFile(place)}: put them into your password manager, delete it`)
}

async function tellStored(
  { say }: DrawnSetup,
  { name, tell }: DrawnSecret,
  how: string,
  value: string | null,
): Promise<void> {
  say('secret', `${name}: ${how}`)
  if (tell !== undefined && value !== null) say('', await tell(value))
}

async function plansOf(
  setup: DrawnSetup,
  { values, unstored }: Kept,
  set: ReadonlySet<string>,
): Promise<readonly Planned[]> {
  const { place, account, renew, store } = setup
  // A database that a dry run would make has nothing in it.
  const asked = account !== null && (await account.databaseId()) !== null ? account : null
  const planned: Planned[] = []
  for (const secret of DRAWN_SECRETS) {
    const { name, usedBy } = secret
    const kept = values[name] ?? null
    const isKnown = kept !== null || (set.has(name) && !renew.includes(name))
    const state = {
      isSet: set.has(name),
      kept,
      isUnstored: unstored.includes(name) || store.includes(name),
      isRenewed: renew.includes(name),
      used: isKnown || usedBy === null ? null : ((await asked?.firstText(usedBy)) ?? null),
    }
    if (kept === null && store.includes(name)) {
      throw new Trouble(`--store ${name}: it is not in ${keptFile(place)}`)
    }
    const plan = planDrawn(secret, state, place)
    if (plan.do === 'refuse') throw new Trouble(plan.why)
    if (asked !== null) await requireInUse(setup, asked, name, plan)
    planned.push({ secret, plan, state })
  }
  return planned
}

/** The kept file may be older than what the Worker has, as where another checkout has renewed it since. */
async function requireInUse(
  { place, store, vars, say }: DrawnSetup,
  account: Account,
  name: string,
  plan: DrawnPlan,
): Promise<void> {
  if (plan.do === 'leave' || plan.do === 'refuse') return
  const list = plan.do === 'store' ? plan.value : plan.former
  const inUse = await keysInUse(name, account, vars['AUDIT_KEY_FORMER'])
  const dropped = await droppedBy(list ?? '', inUse)
  if (dropped === null) return
  const { what, todo, mayBeCut } = dropped
  // Given up before, or cut by its owner.
  const isMeant = list === null || (store.includes(name) && mayBeCut)
  if (isMeant) return say('secret', `${name}: from then on without ${what}`)
  throw new Trouble(
    `${name} in ${keptFile(place)} lacks ${what}: it is an older list. Write that key in front there, from your password manager, and run this again. If it is lost: ${todo}`,
  )
}

async function valuesOf({ worker }: DrawnSetup, planned: readonly Planned[]) {
  const values: Record<string, string> = {}
  for (const { secret, plan, state } of planned) {
    if (plan.do === 'store') values[secret.name] = plan.value
    if (plan.do !== 'draw') continue
    const drawn = await secret.draw(worker, plan.former ?? '', state.used ?? '')
    values[secret.name] = plan.former === null ? drawn : `${drawn},${plan.former}`
  }
  return values
}
