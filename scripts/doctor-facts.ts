// What the doctor knows, and what it says.

import type { Config } from '../src/config.ts'
import type { Mode } from '../src/domain/event.ts'
import { isLoopback } from '../src/domain/link.ts'
import { commandFor, type Place } from './deployment.ts'

export type Finding = {
  /** `bad` keeps something from working; `look` is what nobody but a person can see; `unasked` is known to nobody. */
  readonly level: 'bad' | 'warn' | 'unasked' | 'look' | 'ok'
  readonly what: string
  readonly text: string
  readonly todo: string | null
}

type OnOff = { readonly name: string; readonly status: string }

/** `since`: ISO 8601. */
export type Paused = {
  readonly since: string
  readonly actor: string
  readonly cause: string | null
}

export type Facts = {
  /** Of Node itself: `26.10.0`. */
  readonly node: string
  readonly config: Config | null
  /** Why the configuration does not start. */
  readonly configProblem: string | null
  /** Of a deployed Makegood; null is this checkout's own. */
  readonly url: string | null
  /** Which of the deployed ones is meant; its commands are what is advised. */
  readonly place: Place
  /** Null where nothing answers as Makegood does. */
  readonly ready: {
    readonly problems: readonly string[]
    readonly endpoints: readonly OnOff[]
    readonly channels: readonly OnOff[]
    /** Of calls; none of a Makegood from before there were any. */
    readonly limits?: readonly OnOff[]
  } | null
  /** Null where it was not asked, or could not be. */
  readonly status: {
    readonly billing: { readonly state: string; readonly cause: string | null }
    readonly claimsWait: boolean
    /** Of the audit log; null where it was not asked. */
    readonly sealing: string | null
    readonly held: number
    readonly failed: number
    /** Since when each takes deliveries; null before the first. */
    readonly startedAt: ReadonlyMap<string, string | null>
    readonly refusedHosts: readonly string[]
    /** All of it, by a person or by Makegood itself (`cause`); null while it goes on. */
    readonly paused: Paused | 'unknown' | null
  } | null
  readonly statusProblem: string | null
  /** `where`: of a deployed one, which database. `why` it could not be asked. Null where there is none yet. */
  readonly migrations:
    | {
        readonly missing: readonly string[]
        readonly unknown: readonly string[]
        readonly where: string | null
      }
    | { readonly why: string }
    | null
  /** Null without a key. */
  readonly billing: {
    readonly url: string
    readonly mode: Mode
    readonly answer: 'ok' | 'refused' | 'none'
    readonly customers: {
      readonly looked: number
      readonly isAll: boolean
      readonly externalIds: readonly string[]
    } | null
  } | null
  /** Under which customers see links; null where nobody knows. */
  readonly linkAddress: string | null
  /** The file of secrets that setup has drawn, while it is there. */
  readonly keptFile: string | null
}

export const finding = (
  level: Finding['level'],
  what: string,
  text: string,
  todo: string | null = null,
): Finding => ({ level, what, text, todo })

type Where = Pick<Facts, 'url' | 'place'>

/** Of this machine: its secrets are in .dev.vars, and `npm start` makes its tables. */
export const isHere = ({ url }: Pick<Facts, 'url'>): boolean =>
  url === null || isLoopback(new URL(url).hostname)

/** How a secret that is missing gets there. */
export const setupOf = (facts: Where): string =>
  isHere(facts) ? 'put it into .dev.vars' : commandFor('setup', facts.place)

/** How the code and the tables of now get there. */
export const deployOf = (facts: Where): string =>
  isHere(facts) ? 'npm start' : commandFor('deploy', facts.place)

export const renewKeyOf = (facts: Where): string =>
  isHere(facts)
    ? 'another COMMET_API_KEY in .dev.vars'
    : commandFor('setup', facts.place, '--renew', 'COMMET_API_KEY')

/** The last line, and the exit code: 1 where something is bad, 2 where nothing is and not everything was asked. */
export function conclusionOf(found: readonly Finding[]): {
  readonly text: string
  readonly code: 0 | 1 | 2
} {
  const bad = found.filter(({ level }) => level === 'bad').length
  const unasked = found.flatMap(({ level, what }) => (level === 'unasked' ? [what] : []))
  const rest = unasked.length === 0 ? '' : ` Not asked: ${unasked.join(', ')}.`
  if (bad > 0) return { text: `${bad} of these keep it from working.${rest}`, code: 1 }
  if (rest === '') return { text: 'Nothing keeps it from working.', code: 0 }
  return { text: `Nothing that was asked keeps it from working.${rest}`, code: 2 }
}
