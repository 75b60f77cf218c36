// An export that somebody can check who has nothing but a browser: the log, and the page that checks it, in a ZIP.

import type { Deps } from '../deps.ts'
import { readmeOf, ZIP_NAMES } from '../domain/export-readme.ts'
import type { Operator } from '../domain/operator.ts'
import { err, ok, type Result } from '../domain/result.ts'
import { zip } from '../domain/zip.ts'
import { exportLog } from './export-log.ts'
import type { FilterTrouble, LogQuery } from './list-log.ts'

export type ZipTrouble = FilterTrouble | { readonly reason: 'page_not_deployed' }

/** Nothing is written down where the page isn't there. */
export async function exportZip(
  deps: Deps,
  operator: Operator,
  query: LogQuery,
): Promise<Result<AsyncGenerator<Uint8Array>, ZipTrouble>> {
  const page = await deps.verifyPage()
  if (page === null) return err({ reason: 'page_not_deployed' })
  const made = await exportLog(deps, operator, 'zip', query)
  if (!made.ok) return made
  const { head, parts } = made.value
  const files = [
    { name: ZIP_NAMES.readme, content: once(readmeOf(head)) },
    { name: ZIP_NAMES.page, content: page },
    ...(head.checkpoint === null
      ? []
      : [{ name: ZIP_NAMES.checkpoint, content: once(head.checkpoint) }]),
    { name: ZIP_NAMES.log, content: parts },
  ]
  return ok(zip(files, Date.parse(head.at)))
}

async function* once(text: string): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode(text)
}
