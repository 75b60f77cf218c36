import type { NoticeWakeUp, WakeUp } from './domain/wake-up.ts'

/** What the Worker is given: bindings of wrangler.toml, and secrets, whose names the configuration knows. */
export type Env = {
  readonly DB: D1Database
  readonly ADJUSTMENTS: Queue<WakeUp>
  readonly NOTICES: Queue<NoticeWakeUp>
  /** How often a network asked for links that don't exist; without it nobody is held back. */
  readonly LINK_MISSES?: RateLimit
  /** How often a key calls the operator's API, and a network that is not known; without them nobody is held back. */
  readonly API_CALLS?: RateLimit
  readonly API_STRANGERS?: RateLimit
  /** The folder assets/: what is served as it is. */
  readonly ASSETS?: Fetcher
  /** Of the deployed code; Cloudflare draws it. */
  readonly VERSION?: { readonly id: string }
  /** Where the billing API is; unset is Commet's own address. */
  readonly COMMET_API_URL?: string
  readonly COMMET_API_KEY?: string
  /** The operator's first key; begins `ck_mg_`. */
  readonly BOOTSTRAP_KEY?: string
  /** `current,previous`: what slugs and the seal of addresses are derived from. */
  readonly LINK_KEY?: string
  /** `current,previous`: what signs the audit log, as `npm run audit -- key` makes them. */
  readonly AUDIT_KEY?: string
  /** Public halves of former keys, with commas: only where AUDIT_KEY was replaced without them. */
  readonly AUDIT_KEY_FORMER?: string
  /** The address under which the world knows this Worker, for links; unset is the request's own. */
  readonly PUBLIC_URL?: string
  /** Of what is deployed: kept with the rules. */
  readonly GIT_COMMIT?: string
}

/** A secret by its configured name; undefined where it isn't set, or isn't text. */
export function secretOf(env: Env, name: string): string | undefined {
  const value: unknown = Reflect.get(env, name)
  return typeof value === 'string' && value !== '' ? value : undefined
}
