// Makes of the Worker what workerd runs: index.js with the modules that it needs at once, and beside them what is
// loaded when it is first asked for. Local runs and the upload differ in their source maps and in minifying only.

import * as path from 'node:path'
import { build } from 'esbuild'
import type { BuildFailure, BuildOptions, Metafile } from 'esbuild'
import { readWranglerConfig, ROOT } from './project.ts'
import { Trouble } from './trouble.ts'

/** `isLater`: no delivery, click or wake-up waits for it. */
export type WorkerModule = {
  readonly name: string
  readonly text: string
  readonly isLater: boolean
}
type Bundle = {
  /** index.js is the first. */
  readonly modules: readonly WorkerModule[]
  /** Source maps, where they aren't inside the modules. */
  readonly maps: readonly { readonly name: string; readonly text: string }[]
}
type Purpose = 'local' | 'upload'

/**
 * What `createWorker` imports when an operator or the cron comes. Any other dynamic import counts as needed at
 * once, so that nothing a sender waits for is hidden from the bound in scripts/check.ts.
 */
const LATER: ReadonlySet<string> = new Set(['src/http/app.ts', 'src/scheduled.ts'])

/** Where the upload is built; no file of a local run is written. */
export const OUT = 'dist'

/** The options that Wrangler 4 gives to esbuild (cli.js, `COMMON_ESBUILD_OPTIONS` and its callers). */
const LIKE_WRANGLER: BuildOptions = {
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
}

// Names of functions would cost 10 KiB; a stack trace has them from the source map.
const FOR: Readonly<Record<Purpose, BuildOptions>> = {
  local: { sourcemap: 'inline' },
  upload: { sourcemap: 'linked', minify: true, legalComments: 'none' },
}

/**
 * Nothing is written.
 * @throws Trouble with esbuild's own lines when a file cannot be read or parsed
 */
export async function bundleWorker(entry: string, purpose: Purpose): Promise<Bundle> {
  const { alias, define } = readWranglerConfig()
  const { outputFiles, metafile } = await build({
    ...LIKE_WRANGLER,
    ...FOR[purpose],
    absWorkingDir: ROOT,
    entryPoints: [{ in: entry, out: 'index' }],
    outdir: OUT,
    splitting: true,
    define,
    ...(alias === undefined ? {} : { alias }),
    sourcesContent: false,
    metafile: true,
    write: false,
    logLevel: 'silent',
  }).catch((error: unknown) => {
    throw isBuildFailure(error) ? new Trouble(tellFailure(error)) : error
  })
  const files = outputFiles.map(({ path: file, text }) => ({ name: path.basename(file), text }))
  const atOnce = neededAtOnce(metafile)
  const modules = files
    .filter(({ name }) => name.endsWith('.js'))
    .map((file) => ({ ...file, isLater: !atOnce.has(file.name) }))
    .toSorted((a, b) => Number(b.name === 'index.js') - Number(a.name === 'index.js'))
  return { modules, maps: files.filter(({ name }) => name.endsWith('.map')) }
}

function neededAtOnce({ outputs }: Metafile): ReadonlySet<string> {
  const found = new Set([`${OUT}/index.js`])
  for (const file of found) {
    for (const { kind, path: imported } of outputs[file]?.imports ?? []) {
      const isLater = kind === 'dynamic-import' && LATER.has(outputs[imported]?.entryPoint ?? '')
      if (imported in outputs && !isLater) found.add(imported)
    }
  }
  return new Set([...found].map((file) => path.basename(file)))
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
