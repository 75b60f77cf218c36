// A configuration over recorded events: page by page through the rules, then what differs.

import type { Config } from '../src/config.ts'
import { addEarlier, addEarlierUndo, beginBacktest, type Seen } from '../src/domain/backtest.ts'
import { findingsOf, type Findings } from '../src/domain/backtest-findings.ts'
import { replay } from '../src/domain/backtest-replay.ts'
import { eventOfRecord } from '../src/sources/recorded-event.ts'
import type { Source } from '../src/sources/source.ts'
import type { EarlierMade, EarlierUndo, RecordedRow, Records } from './backtest-records.ts'
import { Trouble } from './trouble.ts'

/** Of events, and of what stood before them: more would not fit into memory. */
const ROWS_MAX = 10_000_000
const LARGEST_MAX = 20

/** `onPage`: how many events were read so far. Throws Trouble where there are too many. */
export async function runBacktest(
  config: Pick<Config, 'rules' | 'endpoints'>,
  records: Records,
  onPage: (events: number) => void = () => undefined,
): Promise<Findings> {
  const backtest = beginBacktest(config.rules)
  for await (const { made } of rowsOf<EarlierMade>(({ last }) => records.earlier(last?.seq ?? 0))) {
    addEarlier(backtest, made)
  }
  for await (const undo of rowsOf<EarlierUndo>(({ read }) => records.earlierUndos(read))) {
    addEarlierUndo(backtest, undo)
  }
  const rows = rowsOf<RecordedRow>(({ last, read }) => {
    onPage(read)
    return records.events(last?.recorded.seq ?? 0)
  })
  for await (const row of rows) replay(backtest, row.recorded, seenOf(config, row))
  return findingsOf(backtest, LARGEST_MAX)
}

type SoFar<Row> = { readonly last: Row | null; readonly read: number }

/** All rows of all pages, until an empty one. */
async function* rowsOf<Row>(
  nextPage: (soFar: SoFar<Row>) => Promise<readonly Row[]>,
): AsyncGenerator<Row> {
  let last: Row | null = null
  let read = 0
  while (read <= ROWS_MAX) {
    const page = await nextPage({ last, read })
    if (page.length === 0) return
    yield* page
    last = page.at(-1) ?? null
    read += page.length
  }
  throw new Trouble(`more than ${ROWS_MAX} events or adjustments: narrow it by --since and --until`)
}

function seenOf(config: Pick<Config, 'endpoints'>, row: RecordedRow): Seen {
  const source = sourceOf(config, row)
  if (source === null) return { kind: 'not_received' }
  const found = eventOfRecord(source, row.record, row.payload)
  return found.ok
    ? { kind: 'event', event: found.value }
    : { kind: 'kept', reason: found.error.reason }
}

/** Of the endpoint that received it, or, where that has another name now, of one of its kind. */
function sourceOf(
  { endpoints }: Pick<Config, 'endpoints'>,
  { endpoint, recorded }: RecordedRow,
): Source | null {
  const own = endpoints.get(endpoint)
  if (own?.source.name === recorded.source) return own.source
  const alike = [...endpoints.values()].find(({ source }) => source.name === recorded.source)
  return alike?.source ?? null
}
