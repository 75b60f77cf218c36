// Which Worker is deployed where, as data: production is wrangler.toml itself, staging is made from it. What
// stands in deployment.toml goes over both: that file is the company's own, and no release has it.

import './quiet-tools.ts'
import * as fs from 'node:fs'
import * as path from 'node:path'
import { experimental_readRawConfig } from 'wrangler'
import * as z from 'zod'
import { ENTRY } from './project.ts'
import { Trouble } from './trouble.ts'

export const PLACES = ['production', 'staging'] as const
export type Place = (typeof PLACES)[number]

export type Deployment = {
  readonly place: Place
  /** The Worker's name; like the others, it is unique in an account. */
  readonly worker: string
  readonly database: { readonly binding: string; readonly name: string; readonly folder: string }
  readonly queues: readonly string[]
  /** Settings that are no secrets, such as PUBLIC_URL. */
  readonly vars: Readonly<Record<string, string>>
  /** What Wrangler is given, but for the database's id. */
  readonly config: WranglerFile
}

const OWN_FILE = 'deployment.toml'
const CONFIGURATION = 'makegood.config.ts'
/** Where there is one: a Zendesk of its own for tests, smaller limits. */
const STAGING_CONFIGURATION = 'makegood.staging.config.ts'
/** Each place has its own, so that two can be deployed at a time; its paths lead back to the checkout by BACK. */
export const folderOf = (place: Place): string => `.wrangler/makegood/${place}`
const BACK = '../../..'
const OWN_ENTRY = 'entry.ts'
const entryOf = (configuration: string): string => `import config from '${BACK}/${configuration}'
import { createWorker } from '${BACK}/src/worker.ts'

export default createWorker(config)
`

const wranglerFile = z.looseObject({
  name: z.string(),
  main: z.string(),
  build: z.looseObject({ command: z.string() }),
  assets: z.looseObject({ directory: z.string() }),
  vars: z.record(z.string(), z.string()).optional(),
  d1_databases: z.tuple([
    z.looseObject({
      binding: z.string(),
      database_name: z.string(),
      database_id: z.string().optional(),
      migrations_dir: z.string(),
    }),
  ]),
  queues: z.looseObject({
    producers: z.array(z.looseObject({ queue: z.string() })),
    consumers: z.array(
      z.looseObject({ queue: z.string(), dead_letter_queue: z.string().optional() }),
    ),
  }),
  ratelimits: z.array(z.looseObject({ namespace_id: z.string().regex(/^\d+$/) })).optional(),
})
export type WranglerFile = z.output<typeof wranglerFile>

const ownFile = z.strictObject({
  production: z.record(z.string(), z.unknown()).default({}),
  staging: z.record(z.string(), z.unknown()).default({}),
})

const isTable = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Of one place. Throws Trouble where either file can't be used. */
export function readDeployment(root: string, place: Place): Deployment {
  const base = parsed('wrangler.toml', wranglerFile, readToml(path.join(root, 'wrangler.toml')))
  const file = path.join(root, OWN_FILE)
  const own = parsed(OWN_FILE, ownFile, fs.existsSync(file) ? readToml(file) : {})
  return deploymentOf(place, base, own[place])
}

/** Pure. `own`: tables are merged key by key, everything else takes the place of what was there. */
export function deploymentOf(
  place: Place,
  base: WranglerFile,
  own: Readonly<Record<string, unknown>> = {},
): Deployment {
  const named = place === 'production' ? base : staged(base)
  const file = Object.keys(own).length === 0 ? 'wrangler.toml' : OWN_FILE
  const config = parsed(file, wranglerFile, { ...named, ...merged(named, own) })
  const [database] = config.d1_databases
  const queues = [
    ...config.queues.producers.map(({ queue }) => queue),
    ...config.queues.consumers.flatMap((each) => [
      each.queue,
      each.dead_letter_queue ?? each.queue,
    ]),
  ]
  return {
    place,
    worker: config.name,
    database: {
      binding: database.binding,
      name: database.database_name,
      folder: database.migrations_dir,
    },
    queues: [...new Set(queues)],
    vars: config.vars ?? {},
    config,
  }
}

/** The configuration's file of a place, by its name. */
export const configurationOf = (root: string, place: Place): string =>
  place === 'staging' && fs.existsSync(path.join(root, STAGING_CONFIGURATION))
    ? STAGING_CONFIGURATION
    : CONFIGURATION

/** Throws Trouble where there is no such place. */
export function placeOf(text: string): Place {
  const place = PLACES.find((each) => each === text)
  if (place === undefined) throw new Trouble(`--env ${text}: ${PLACES.join(' or ')} is wanted`)
  return place
}

/** The command that takes a secret away: deployment.toml's Worker and account, which Wrangler alone would not know. */
export const removalOf = (secret: string, place: Place): string =>
  `npx wrangler secret delete ${secret} --config ${folderOf(place)}/look.json`

/** The command that does it for this place. */
export function commandFor(
  what: 'setup' | 'deploy' | 'doctor',
  place: Place,
  ...args: readonly string[]
): string {
  const all = [...(place === 'production' ? [] : ['--env', place]), ...args]
  return ['npm run', what, ...(all.length === 0 ? [] : ['--', ...all])].join(' ')
}

function merged(base: WranglerFile, own: Readonly<Record<string, unknown>>) {
  const entries = Object.entries(own).map(([key, value]) => {
    const there = base[key]
    return [key, isTable(there) && isTable(value) ? { ...there, ...value } : value]
  })
  return Object.fromEntries(entries)
}

const SUFFIX = '-staging'

/** Another name for everything that an account knows by its name, so that neither touches the other. */
function staged(base: WranglerFile): WranglerFile {
  const [database] = base.d1_databases
  const rename = (name: string): string =>
    name.startsWith(`${base.name}-`)
      ? `${base.name}${SUFFIX}${name.slice(base.name.length)}`
      : `${name}${SUFFIX}`
  const { database_id: _, ...unlinked } = database
  return {
    ...base,
    name: base.name + SUFFIX,
    d1_databases: [{ ...unlinked, database_name: database.database_name + SUFFIX }],
    queues: {
      ...base.queues,
      producers: base.queues.producers.map((each) => ({ ...each, queue: rename(each.queue) })),
      consumers: base.queues.consumers.map(({ dead_letter_queue: dead, ...each }) => ({
        ...each,
        queue: rename(each.queue),
        ...(dead === undefined ? {} : { dead_letter_queue: rename(dead) }),
      })),
    },
    ...(base.ratelimits === undefined
      ? {}
      : {
          ratelimits: base.ratelimits.map((each) => ({
            ...each,
            // All Workers of an account that name a namespace count in it together.
            namespace_id: String(Number(each.namespace_id) + 1),
          })),
        }),
  }
}

/** `wrangler.json` is what a place is deployed by; `look.json` is of whoever only looks, also meanwhile. */
export type ConfigName = 'wrangler.json' | 'look.json'

/** Writes what Wrangler reads, and answers its path. `databaseId`: null where it goes by the database's name. */
export function writeConfig(
  root: string,
  { place, config }: Deployment,
  name: ConfigName,
  databaseId: string | null = null,
): string {
  const [database] = config.d1_databases
  const folder = folderOf(place)
  const file = path.join(root, folder, name)
  const configuration = configurationOf(root, place)
  const isUsual = configuration === CONFIGURATION
  const entry = isUsual ? ENTRY : `${folder}/${OWN_ENTRY}`
  const built = name === 'look.json' ? 'look' : 'dist'
  const written = {
    ...config,
    main: `./${built}/index.js`,
    build: {
      ...config.build,
      command: `${config.build.command} ${entry} ${folder}/${built}`,
      cwd: root,
    },
    assets: { ...config.assets, directory: `${BACK}/${config.assets.directory}` },
    d1_databases: [
      {
        ...database,
        ...(databaseId === null ? {} : { database_id: databaseId }),
        migrations_dir: `${BACK}/${database.migrations_dir}`,
      },
    ],
  }
  fs.mkdirSync(path.dirname(file), { recursive: true })
  if (!isUsual) fs.writeFileSync(path.join(root, entry), entryOf(configuration))
  fs.writeFileSync(`${file}.new`, `${JSON.stringify(written, null, 2)}\n`)
  fs.renameSync(`${file}.new`, file)
  return file
}

function readToml(file: string): unknown {
  try {
    return experimental_readRawConfig({ config: file }).rawConfig
  } catch (error) {
    const [line] = (error instanceof Error ? error.message : String(error)).split('\n')
    throw new Trouble(`${path.basename(file)} can't be read: ${line}`)
  }
}

function parsed<T>(file: string, schema: z.ZodType<T>, value: unknown): T {
  const read = schema.safeParse(value)
  if (read.success) return read.data
  const [issue] = read.error.issues
  throw new Trouble(`${file}: ${issue?.path.join('.')}: ${issue?.message}`)
}
