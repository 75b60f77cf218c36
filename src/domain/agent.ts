// What kind of agent asks for a link, by its own words. Nobody is kept out by it, and nobody can be known by
// it: a scanner that looks like a browser is taken for a person.

import { PREVIEW_AGENTS } from './preview-agents.ts'

/** Whoever is led on, and is counted. */
export const OPENERS = ['desktop', 'phone', 'program'] as const
export type Opener = (typeof OPENERS)[number]

/** `prefetch`: a browser that fetches ahead of a click that may never come. */
export type Agent = Opener | 'preview' | 'prefetch'

const PREVIEW = new RegExp(PREVIEW_AGENTS.join('|'), 'i')
const PHONE = /Mobi|Android|iPhone|iPad|iPod/i
const AHEAD = /prefetch|prerender|preview/i
const AHEAD_HEADERS = ['sec-purpose', 'purpose', 'x-purpose', 'x-moz']

export function agentOf(headers: Headers): Agent {
  if (AHEAD_HEADERS.some((name) => AHEAD.test(headers.get(name) ?? ''))) return 'prefetch'
  const userAgent = headers.get('user-agent') ?? ''
  if (PREVIEW.test(userAgent)) return 'preview'
  if (!takesPages(headers)) return 'program'
  return PHONE.test(userAgent) ? 'phone' : 'desktop'
}

/** A browser says that it takes HTML; a program that takes anything gets JSON. */
export const takesPages = (headers: Headers): boolean =>
  /\btext\/html\b/i.test(headers.get('accept') ?? '')
