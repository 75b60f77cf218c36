// What the doctor knows, and what it says.

import type { Config } from '../src/config.ts'
import type { Mode } from '../src/domain/event.ts'

export type Finding = {
  /** `bad` keeps something from working; `look` is what nobody but a person can see. */
  readonly level: 'bad' | 'warn' | 'look' | 'ok'
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
  /** Null where nothing answers as Makegood does. */
  readonly ready: {
    readonly problems: readonly string[]
    readonly endpoints: readonly OnOff[]
    readonly channels: readonly OnOff[]
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
    readonly paused: Paused | null
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
