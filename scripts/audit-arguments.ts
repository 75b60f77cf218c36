import { parseArgs } from 'node:util'
import { readPublicKey, isKeyName, type PublicKey } from '../src/domain/signed-note.ts'
import type { Api } from './api-client.ts'
import { addressOf } from './connect-settings.ts'
import { Trouble } from './trouble.ts'

export const AUDIT_USAGE = `npm run audit -- verify FILE --key PUBLIC_KEY [--checkpoint FILE [--old-key PUBLIC_KEY …]]
npm run audit -- export [--url ADDRESS] [--out FILE] [--filter NAME=VALUE …] [--csv | --zip]
npm run audit -- checkpoint [--url ADDRESS]
npm run audit -- key [--name makegood.example/audit | --public]
npm run audit -- bench [--entries 1000000]`

type Remote = { readonly url: string }

export type AuditArguments =
  | {
      readonly kind: 'verify'
      readonly file: string
      readonly key: PublicKey
      /** A file that holds an older checkpoint. */
      readonly checkpoint: string | null
      /** Of keys that may have signed that one. */
      readonly oldKeys: readonly PublicKey[]
    }
  | ({ readonly kind: 'export'; readonly out: string | null; readonly query: ExportQuery } & Remote)
  | ({ readonly kind: 'checkpoint' } & Remote)
  | { readonly kind: 'key'; readonly name: string }
  | { readonly kind: 'public' }
  | { readonly kind: 'bench'; readonly entries: number }
  | { readonly kind: 'help' }

const URL_DEFAULT = 'http://127.0.0.1:8787'
const NAME_DEFAULT = 'makegood/audit'

const BENCH_ENTRIES = 1_000_000

const OPTIONS = {
  key: { type: 'string', multiple: true },
  checkpoint: { type: 'string' },
  'old-key': { type: 'string', multiple: true },
  url: { type: 'string' },
  out: { type: 'string' },
  filter: { type: 'string', multiple: true },
  csv: { type: 'boolean' },
  zip: { type: 'boolean' },
  name: { type: 'string' },
  public: { type: 'boolean' },
  entries: { type: 'string' },
  help: { type: 'boolean' },
} as const

/** Throws Trouble with what is wrong. */
export function parseAuditArguments(args: readonly string[]): AuditArguments {
  const { values, positionals } = read(args)
  const [command, file, ...rest] = positionals
  if (values.help || command === undefined) return { kind: 'help' }
  if (rest.length > 0 || (command !== 'verify' && file !== undefined)) {
    throw new Trouble(`there is one argument too many\n${AUDIT_USAGE}`)
  }
  if (command !== 'verify' && values.key !== undefined) {
    throw new Trouble(
      '--key is the public key of verify; an API key is given as MAKEGOOD_KEY in the environment',
    )
  }
  const remote = { url: addressOf('--url', values.url ?? URL_DEFAULT) }
  switch (command) {
    case 'verify':
      if (file === undefined) throw new Trouble(`verify what?\n${AUDIT_USAGE}`)
      return { kind: 'verify', file, ...trusted(values) }
    case 'export':
      return { kind: 'export', ...remote, out: values.out ?? null, query: queryOf(values) }
    case 'checkpoint':
      return { kind: 'checkpoint', ...remote }
    case 'key': {
      const { name = NAME_DEFAULT } = values
      if (values.public) return { kind: 'public' }
      if (!isKeyName(name)) throw new Trouble(`--name '${name}': no blanks, and no plus sign`)
      return { kind: 'key', name }
    }
    case 'bench':
      return { kind: 'bench', entries: Number(values.entries ?? BENCH_ENTRIES) }
    default:
      throw new Trouble(`there is no command '${command}'\n${AUDIT_USAGE}`)
  }
}

function read(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true })
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new Trouble(`${why}\n${AUDIT_USAGE}`)
  }
}

type VerifyOptions = { key?: string[]; 'old-key'?: string[]; checkpoint?: string }

/** One key for the export: whoever has a key of before, a thief say, could sign another one. */
function trusted({ key: given = [], 'old-key': former = [], checkpoint }: VerifyOptions) {
  const [key, ...others] = given.map((text) => keyOf('--key', text))
  if (key === undefined) {
    throw new Trouble(
      '--key is missing: the public key that you were given, name+id+base64. The keys in the file itself prove nothing',
    )
  }
  if (others.length > 0) {
    throw new Trouble(
      '--key is the one that signs now; one that has signed the checkpoint you kept is --old-key',
    )
  }
  if (former.length > 0 && checkpoint === undefined) {
    throw new Trouble(
      '--old-key is the key of a checkpoint that you have kept: --checkpoint is missing',
    )
  }
  const oldKeys = former.map((text) => keyOf('--old-key', text))
  return { key, oldKeys, checkpoint: checkpoint ?? null }
}

function keyOf(option: string, text: string): PublicKey {
  const key = readPublicKey(text)
  if (key === null) throw new Trouble(`${option} '${text}' is not a public key, name+id+base64`)
  return key
}

type ExportQuery = Parameters<Api['audit']['export']['$get']>[0]['query']
type ExportOptions = { filter?: string[]; csv?: boolean; zip?: boolean }

/** What a filter is called the app says: it refuses by name what it does not know. */
function queryOf({ filter = [], csv = false, zip = false }: ExportOptions): ExportQuery {
  if (csv && zip) throw new Trouble(`--csv or --zip, not both\n${AUDIT_USAGE}`)
  const filters = new Map<string, string>()
  for (const each of filter) {
    const [name = '', ...value] = each.split('=')
    if (filters.has(name)) throw new Trouble(`--filter ${name} is there twice\n${AUDIT_USAGE}`)
    filters.set(name, value.join('='))
  }
  const format = csv ? 'csv' : zip ? 'zip' : null
  return { ...Object.fromEntries(filters), ...(format === null ? {} : { format }) }
}
