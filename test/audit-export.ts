// What an auditor is told of an export, wherever it was made.

import { readPublicKey } from '../src/domain/signed-note.ts'
import { finishVerification, openExport, takeLine } from '../src/domain/verify-export.ts'
import { VERIFIER } from './log-mutations.ts'

export async function linesOf(parts: AsyncIterable<Uint8Array>): Promise<string[]> {
  let text = ''
  const decoder = new TextDecoder()
  for await (const part of parts) text += decoder.decode(part, { stream: true })
  return text.trimEnd().split('\n')
}

/** By one who has the public key, and perhaps a checkpoint. */
export async function audited(
  lines: readonly string[],
  older: string | null = null,
): Promise<string> {
  const encoder = new TextEncoder()
  const [head = '', ...rest] = lines
  const opened = await openExport(encoder.encode(head), [readPublicKey(VERIFIER)!], older)
  if (!opened.ok) return opened.error
  for (const line of rest) takeLine(opened.value, encoder.encode(line))
  return finishVerification(opened.value).fault?.what ?? 'intact'
}
