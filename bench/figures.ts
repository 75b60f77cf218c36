// What is written down: each figure with its unit, how it was measured, and how far the rounds were apart.

export type Figure = {
  readonly name: string
  readonly value: number
  readonly unit: string
  /** Of the rounds: least and most. */
  readonly spread: readonly [number, number] | null
  /** What it is meant to be, where something is. */
  readonly target: string | null
  readonly how: string
}

export const SECTIONS = [
  'counts',
  'size',
  'speed',
  'issue',
  'clicks',
  'cpu',
  'start',
  'growth',
] as const
export type Section = (typeof SECTIONS)[number]

export type SectionResult = {
  readonly at: string
  readonly isQuick: boolean
  /** Of the machine, over one minute, before and after. */
  readonly load: readonly [number, number]
  readonly figures: readonly Figure[]
}

export type Results = {
  readonly machine: Readonly<Record<'cores' | 'node' | 'miniflare' | 'system', string>>
  readonly sections: Partial<Record<Section, SectionResult>>
}

/** Of an even number, the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length / 2
  const [low, high] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]]
  if (low === undefined || high === undefined) throw new Error('the median of nothing')
  return (low + high) / 2
}

/** `share`: 0.99 for the 99th percentile: the least value that so many are not above. */
export function percentile(values: Float64Array | readonly number[], share: number): number {
  const sorted = Float64Array.from(values).sort()
  const found = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]
  if (found === undefined) throw new Error('a percentile of nothing')
  return found
}

/** Each round's own ratio: what else the machine did in that round slowed both. */
export function ratios(ours: readonly number[], theirs: readonly number[]): number[] {
  if (ours.length !== theirs.length) throw new Error('rounds of different numbers')
  return ours.map((value, round) => value / theirs[round]!)
}

type Said = Partial<Pick<Figure, 'target'>> & Pick<Figure, 'name' | 'unit' | 'how'>

export const exact = (value: number, said: Said): Figure => ({
  target: null,
  spread: null,
  value,
  ...said,
})

/** The median of rounds, and their least and most. */
export const ofRounds = (values: readonly number[], said: Said): Figure => ({
  target: null,
  value: rounded(median(values)),
  spread: [rounded(Math.min(...values)), rounded(Math.max(...values))],
  ...said,
})

/** Three digits, and whole numbers whole. */
export const rounded = (value: number): number =>
  Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(3))

const BEGIN = '<!-- measured -->'
const END = '<!-- /measured -->'

/** The page with these tables in the place of its last ones. */
export function pageWith(page: string, results: Results): string {
  const [from, to] = [page.indexOf(BEGIN), page.indexOf(END)]
  if (from < 0 || to < from) throw new Error(`the page has no ${BEGIN} … ${END}`)
  return `${page.slice(0, from + BEGIN.length)}\n\n${tablesOf(results).trim()}\n\n${page.slice(to)}`
}

/** A table for each section, as Markdown: what docs/bench.md holds and the command prints. */
export function tablesOf({ machine, sections }: Results): string {
  const told = SECTIONS.flatMap((name) => {
    const section = sections[name]
    if (section === undefined) return []
    const load = section.load.map((value) => value.toFixed(1)).join(' before, ')
    const quick = section.isQuick ? ' A quick run, for trying.' : ''
    return [
      `### ${name}`,
      '',
      `${section.at}; load average ${load} after.${quick}`,
      '',
      '| figure | value | least to most | target | how |',
      '| --- | --- | --- | --- | --- |',
      ...section.figures.map(rowOf),
      '',
    ]
  })
  const { cores, node, miniflare, system } = machine
  return [`${cores}, ${system}, Node ${node}, Miniflare ${miniflare}.`, '', ...told].join('\n')
}

const rowOf = ({ name, value, unit, spread, target, how }: Figure): string =>
  `| ${name} | ${value} ${unit} | ${spread?.join(' to ') ?? '–'} | ${target ?? '–'} | ${how} |`
