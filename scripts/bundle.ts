// Bundles the Worker: in one file for local runs, and in modules for the upload. Options are Wrangler's own.
import * as path from 'node:path'
import { build } from 'esbuild'
import type { BuildFailure, Metafile } from 'esbuild'
import { readWranglerConfig, ROOT } from './project.ts'
import { Trouble } from './trouble.ts'

/** The options that Wrangler 4 gives to esbuild (cli.js, `COMMON_ESBUILD_OPTIONS` and its callers). */
const LIKE_WRANGLER = {
  bundle: true,
  format: 'esm',
  target: 'es2024',
  supported: { 'import-source': true, using: true },
  conditions: ['workerd', 'worker', 'browser'],
  loader: { '.js': 'jsx', '.mjs': 'jsx', '.cjs': 'jsx', '.html': 'text', '.txt': 'text' },
  jsx: 'automatic',
  jsxImportSource: 'hono/jsx',
  keepNames: false,
  external: ['cloudflare:*', 'node:*'],
} as const

/**
 * One ES module with its source map inside, not minified.
 * @throws Trouble with esbuild's own lines when a file cannot be read or parsed
 */
export async function bundleWorker(entry: string): Promise<string> {
  const { alias, define } = readWranglerConfig()
  const found = await build({
    ...LIKE_WRANGLER,
    conditions: [...LIKE_WRANGLER.conditions],
    external: [...LIKE_WRANGLER.external],
    absWorkingDir: ROOT,
    entryPoints: [entry],
    define,
    ...(alias === undefined ? {} : { alias }),
    sourcemap: 'inline',
    sourcesContent: false,
    write: false,
    logLevel: 'silent',
  }).catch((error: unknown) => {
    throw isBuildFailure(error) ? new Trouble(tellFailure(error)) : error
  })
  const [file] = found.outputFiles
  if (file === undefined) throw new Trouble(`${entry} gave no bundle`)
  return file.text
}

function isBuildFailure(error: unknown): error is BuildFailure {
  return error instanceof Error && 'errors' in error && Array.isArray(error.errors)
}

function tellFailure({ errors }: BuildFailure): string {
  const lines = errors.map(({ location, text }) =>
    location === null ? text : `${location.file}:${location.line}:${location.column}: ${text}`,
  )
  return `the Worker cannot be bundled: ${lines.join('\n  ')}`
}

/** Names of files in the folder: what an isolate loads before its first request, and what it loads when asked for. */
type Modules = { readonly atOnce: readonly string[]; readonly later: readonly string[] }

/**
 * The Worker as it is deployed: minified modules in `folder`, index.js first, their source maps beside them.
 * @throws Trouble with esbuild's own lines when a file cannot be read or parsed
 */
export async function buildWorker(entry: string, folder: string): Promise<Modules> {
  const { alias, define } = readWranglerConfig()
  const { metafile } = await build({
    ...LIKE_WRANGLER,
    conditions: [...LIKE_WRANGLER.conditions],
    external: [...LIKE_WRANGLER.external],
    absWorkingDir: ROOT,
    entryPoints: [entry],
    define,
    ...(alias === undefined ? {} : { alias }),
    outdir: folder,
    splitting: true,
    minify: true,
    sourcemap: 'linked',
    sourcesContent: false,
    legalComments: 'none',
    metafile: true,
    logLevel: 'silent',
  }).catch((error: unknown) => {
    throw isBuildFailure(error) ? new Trouble(tellFailure(error)) : error
  })
  return partModules(metafile, path.relative(ROOT, path.join(folder, 'index.js')))
}

function partModules({ outputs }: Metafile, index: string): Modules {
  const atOnce = new Set([index])
  for (const file of atOnce) {
    for (const { kind, path: imported } of outputs[file]?.imports ?? []) {
      if (kind === 'import-statement' && imported in outputs) atOnce.add(imported)
    }
  }
  const modules = Object.keys(outputs).filter((file) => file.endsWith('.js'))
  const names = (files: readonly string[]) => files.map((file) => path.basename(file))
  return { atOnce: names([...atOnce]), later: names(modules.filter((file) => !atOnce.has(file))) }
}
