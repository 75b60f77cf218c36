// Where an event holds one of a person's texts.

import { holdsText, holdsTextAsSent } from './erasure.ts'
import type { Encoding } from './event.ts'

export type SearchedEvent = {
  readonly ownId: string | null
  readonly reason: string | null
  /** JSON. */
  readonly decision: string
  /** Null once its payload is forgotten. */
  readonly encoding: Encoding | null
  readonly body: string | null
}

/** In its payload, in the words of its rules, in its own id. `texts`: comparable ones. */
export function searchEvent(event: SearchedEvent, texts: readonly string[]) {
  const { body, decision, reason, ownId } = event
  const isNamed =
    body !== null && (holdsText(dataOf(event, body), texts) || holdsTextAsSent(body, texts))
  return {
    isNamed,
    hasWords: holdsText([reason, wordsOf(decision)], texts),
    isInId: isNamed && holdsText(ownId, texts),
  }
}

function wordsOf(decision: string): unknown {
  const { detail, considered }: Partial<Record<string, unknown>> = JSON.parse(decision)
  return [detail, considered]
}

/** What is no JSON is one text; what is no UTF-8, or only not all of it, is read in both ways. */
function dataOf({ encoding }: SearchedEvent, body: string): unknown {
  if (encoding === 'base64') {
    const bytes = Uint8Array.fromBase64(body)
    return ['latin1', 'utf-8'].map((name) => new TextDecoder(name).decode(bytes))
  }
  try {
    return JSON.parse(body.replace(/^\uFEFF/, ''))
  } catch {
    return body
  }
}
