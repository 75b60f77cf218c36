// The rules of this deployment, kept as text when their hash is first seen, so that an auditor reads later
// what has decided. The clock looks each minute; the door looks once in an isolate's life.

import { keepRuleSet } from '../db/rule-sets.ts'
import type { Config } from '../config.ts'
import type { Deps } from '../deps.ts'
import { moneyOf, ruleSetText } from '../domain/rule-set.ts'

type Keeping = Pick<Deps, 'config' | 'db' | 'now' | 'ruleSet' | 'settings'>

export async function keepPresentRuleSet(deps: Keeping): Promise<void> {
  const { config, db, now, settings } = deps
  const text = ruleSetText(config.rules, moneyOf(config))
  const gitCommit = settings.gitCommit
  await keepRuleSet(db, { hash: await deps.ruleSet(), text, gitCommit, firstSeenAt: now() })
  KEPT.add(config)
}

/** Of this isolate. */
const KEPT = new WeakSet<Config>()

/** Costs a statement the first time, and none from then on. */
export async function keepRuleSetOnce(deps: Keeping): Promise<void> {
  if (!KEPT.has(deps.config)) await keepPresentRuleSet(deps)
}
