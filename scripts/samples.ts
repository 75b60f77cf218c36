// The sample deliveries: test/fixtures/<source>/<event>, a body each as its sender writes it.

import * as fs from 'node:fs'
import * as path from 'node:path'
import { ROOT } from './project.ts'
import { Trouble } from './trouble.ts'

export type Sample = {
  readonly source: string
  /** The name of the fixture without its ending: the event's type, in letters that a file may have. */
  readonly event: string
  readonly text: string
}

const FIXTURES = path.join(ROOT, 'test', 'fixtures')
const ENDING = /\.(json|xml)$/

/** Each source that has a sample, with its events, both in alphabetical order. */
export function listSamples(folder: string = FIXTURES): ReadonlyMap<string, readonly string[]> {
  const sources = fs
    .readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .toSorted()
  return new Map(
    sources.map((source) => [
      source,
      fs
        .readdirSync(path.join(folder, source))
        .filter((name) => ENDING.test(name))
        .map((name) => name.replace(ENDING, ''))
        .toSorted(),
    ]),
  )
}

/**
 * `event`: of the samples, or the path of a file of one's own that ends in .json. Throws Trouble that names
 * what there is instead.
 */
export function readSample(source: string, event: string, folder: string = FIXTURES): Sample {
  if (event.endsWith('.json')) return readOwnSample(source, event)
  const samples = listSamples(folder)
  const events = samples.get(source)
  if (!events) {
    throw new Trouble(
      `there is no sample of a source '${source}'; there are: ${[...samples.keys()].join(', ')}`,
    )
  }
  if (!events.includes(event)) {
    throw new Trouble(
      `there is no sample '${event}' of ${source}; there are: ${events.join(', ') || 'none yet'}`,
    )
  }
  const files = ['json', 'xml'].map((ending) => path.join(folder, source, `${event}.${ending}`))
  const file = files.find((each) => fs.existsSync(each)) ?? ''
  const text = fs.readFileSync(file, 'utf8')
  return { source, event, text: file.endsWith('.json') ? compact(text, file) : text.trim() }
}

function readOwnSample(source: string, file: string): Sample {
  if (!fs.existsSync(file)) throw new Trouble(`there is no file ${file}`)
  const event = path.basename(file).replace(ENDING, '')
  return { source, event, text: compact(fs.readFileSync(file, 'utf8'), path.resolve(file)) }
}

/** Senders write their JSON on one line. */
function compact(text: string, file: string): string {
  try {
    return JSON.stringify(JSON.parse(text))
  } catch {
    throw new Trouble(`${path.relative(ROOT, file)} is no JSON`)
  }
}
