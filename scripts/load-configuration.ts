// A configuration's file, loaded as the Worker loads it at its start.

import * as fs from 'node:fs'
import * as path from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Config } from '../src/config.ts'
import { locateProblems } from './locate-problems.ts'
import { Trouble } from './trouble.ts'

const isConfig = (value: unknown): value is Config =>
  typeof value === 'object' &&
  value !== null &&
  'rules' in value &&
  Array.isArray(value.rules) &&
  'endpoints' in value &&
  value.endpoints instanceof Map

/** Throws Trouble with every problem of the configuration, and the line that it is on. */
export async function loadConfig(file: string): Promise<Config> {
  const absolute = path.resolve(file)
  if (!fs.existsSync(absolute)) throw new Trouble(`there is no file ${file}`)
  const loaded: unknown = await import(pathToFileURL(absolute).href).catch((error: unknown) => {
    const message = error instanceof Error ? error.message : String(error)
    throw new Trouble(
      `${file} does not load:\n${locateProblems(file, fs.readFileSync(absolute, 'utf8'), message)}`,
    )
  })
  const config: unknown = Reflect.get(Object(loaded), 'default')
  if (!isConfig(config)) throw new Trouble(`${file} has no default export of defineConfig()`)
  return config
}
