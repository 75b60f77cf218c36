// What is said to whoever opens an export as ZIP and knows nothing of it.

import { readCheckpoint } from './signed-note.ts'
import type { ExportHead } from './export-format.ts'

export const ZIP_NAMES = {
  readme: 'README.txt',
  page: 'verify.html',
  checkpoint: 'checkpoint.txt',
  log: 'audit-log.ndjson',
} as const

export function readmeOf({ at, filter, checkpoint }: ExportHead): string {
  const { origin, size } = readCheckpoint(checkpoint ?? '')?.checkpoint ?? { origin: '', size: 0 }
  const sealed =
    checkpoint === null
      ? 'Nothing of the log is sealed yet, so nothing can be checked.'
      : `The log is ${origin}; ${size} entries of it are sealed.`
  return `Audit log, exported ${at}
${sealed}
${filter === null ? 'This is all of it.' : `This is a part of it: ${JSON.stringify(filter)}`}

  ${ZIP_NAMES.log}  the entries, a line each
  ${ZIP_NAMES.checkpoint}    the signed statement over all entries
  ${ZIP_NAMES.page}       checks the export in a browser; it loads nothing and sends nothing

1. Get the log's public key in another way than this file: from the company's website, or from a letter.
2. Unpack this ZIP, and open ${ZIP_NAMES.page} in a browser of 2025 or later.
3. Choose ${ZIP_NAMES.log}, enter the public key, and choose a checkpoint that you have kept from before, if
   you have one.
4. Keep ${ZIP_NAMES.checkpoint}: with it you can tell later whether anything from before today was changed.

Whoever has changed the entries may have changed ${ZIP_NAMES.page} as well. To be sure, take it from a copy of
Makegood that you trust (assets/verify.html), or use the command, which is the same check:

  npm run audit -- verify ${ZIP_NAMES.log} --key '<public key>' --checkpoint <kept checkpoint>
`
}
