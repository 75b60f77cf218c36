// Checks an export that is a file, a piece of it at a time.

import * as fs from 'node:fs'
import { checkExport } from '../src/domain/check-export.ts'
import type { PublicKey } from '../src/domain/signed-note.ts'
import type { ExportReport } from '../src/domain/verify-export.ts'
import { Trouble } from './trouble.ts'

const PIECE_BYTES = 1_048_576

/** `older`: a signed note; `formerKeys` are for it alone. Throws Trouble where the file can't be read, or is no export that these keys have signed. */
export async function verifyFile(
  file: string,
  keys: readonly PublicKey[],
  older: string | null,
  formerKeys: readonly PublicKey[] = [],
): Promise<ExportReport> {
  const pieces = fs.createReadStream(file, { highWaterMark: PIECE_BYTES })
  const checked = await checkExport(pieces, keys, older, formerKeys).catch((error: unknown) => {
    throw isOfFiles(error) ? new Trouble(`${file} can not be read`) : error
  })
  if (!checked.ok) throw new Trouble(`${file}: ${checked.error}`)
  return checked.value
}

const isOfFiles = (error: unknown): boolean => error instanceof Error && 'syscall' in error
