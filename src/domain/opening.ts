// That a link was opened: when and by which kind of agent, and nothing about who it was.

import type { Opener } from './agent.ts'
import type { LinkId } from './ids.ts'

/** Openings of one link by one kind of agent that are written together. */
export type Opening = {
  readonly link: LinkId
  readonly agent: Opener
  readonly times: number
  /** The first and the last of them, milliseconds since 1970. */
  readonly at: number
  readonly lastAt: number
}
