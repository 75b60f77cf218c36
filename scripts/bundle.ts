// Bundles the Worker as Wrangler would, so that what runs locally is what would be deployed.
import { build } from 'esbuild'
import type { BuildFailure } from 'esbuild'
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
