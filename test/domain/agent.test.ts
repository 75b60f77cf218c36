// Who is led to a document: people in browsers and programs that ask for it, and nobody who opens links by
// himself. The words are those that these agents send.

import { describe, expect, it } from 'vitest'
import { agentOf, type Agent } from '../../src/domain/agent.ts'
import { PREVIEW_AGENTS } from '../../src/domain/preview-agents.ts'
import { PREVIEWS } from '../preview-words.ts'

const HTML = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'

const agentWith = (userAgent: string, accept = HTML, more: Record<string, string> = {}): Agent =>
  agentOf(new Headers({ 'user-agent': userAgent, accept, ...more }))

const CHROME =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36'

describe('a preview or a scanner gets no document', () => {
  it.each(PREVIEWS)('%s', (userAgent) => {
    expect(agentWith(userAgent)).toBe('preview')
    expect(agentWith(userAgent, '*/*')).toBe('preview')
  })
})

describe('a person gets it, in whatever he opens it', () => {
  it.each<[Agent, string]>([
    ['desktop', CHROME],
    ['desktop', `${CHROME} Edg/142.0.0.0`],
    [
      'desktop',
      'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15',
    ],
    ['desktop', 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'],
    // Windows of an application: Teams, Slack, Outlook.
    ['desktop', `${CHROME} Teams/24.1 Edg/142.0.0.0`],
    ['desktop', `${CHROME} Slack_SSB/4.40 Electron/33`],
    ['desktop', `${CHROME} OneOutlook/1.2025.1 Edg/142.0.0.0`],
    ['desktop', 'Lynx/2.9.2 libwww-FM/2.14'],
    [
      'phone',
      'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1',
    ],
    [
      'phone',
      'Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36',
    ],
    [
      'phone',
      'Mozilla/5.0 (Linux; Android 9; CUBOT DINOSAUR) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Mobile Safari/537.36',
    ],
    [
      'phone',
      'Mozilla/5.0 (Linux; Android 9; CUBOT) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Mobile Safari/537.36',
    ],
    // In the applications of Facebook, LinkedIn, Outlook, WhatsApp and Zendesk.
    [
      'phone',
      'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 [FBAN/FBIOS;FBAV/500.0;FBDV/iPhone15,2]',
    ],
    [
      'phone',
      'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 [LinkedInApp]/9.30',
    ],
    [
      'phone',
      'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 Outlook-iOS/4.2',
    ],
    [
      'phone',
      'Mozilla/5.0 (Linux; Android 14; SM-S911B; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/142.0 Mobile Safari/537.36 Zendesk/1.0',
    ],
  ])('by %s: %s', (agent, userAgent) => {
    expect(agentWith(userAgent)).toBe(agent)
  })
})

it('what asks for no page is a program, whatever it calls itself', () => {
  expect(agentWith('curl/8.14.1', '*/*')).toBe('program')
  expect(agentOf(new Headers())).toBe('program')
  expect(agentWith(CHROME, 'application/json')).toBe('program')
})

describe('who fetches ahead of a click', () => {
  it.each([
    { 'sec-purpose': 'prefetch' },
    { 'sec-purpose': 'prefetch;prerender' },
    { 'sec-purpose': 'prefetch;anonymous-client-ip' },
    { purpose: 'prefetch' },
    { 'x-purpose': 'preview' },
    { 'x-moz': 'prefetch' },
  ])('is no opener: %j', (headers) => {
    expect(agentWith(CHROME, HTML, headers)).toBe('prefetch')
  })
})

it('no word is there twice, and none stands in a browser', () => {
  expect(new Set(PREVIEW_AGENTS).size).toBe(PREVIEW_AGENTS.length)
  for (const word of PREVIEW_AGENTS) expect(new RegExp(word, 'i').test(CHROME), word).toBe(false)
})
