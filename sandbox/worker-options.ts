// Bundles the sandbox and describes it to Miniflare, so that `npm start`, the demo and the tests can
// put it beside the app in one runtime. Node only.
import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { build } from 'esbuild'
import type { Plugin } from 'esbuild'
import type { V4WorkerOptions } from 'miniflare'
import { assert } from '../src/domain/assert.ts'

const WORKER_NAME = 'sandbox'
/** The same date as in sandbox/wrangler.toml. */
const COMPATIBILITY_DATE = '2026-10-20'

type DataModule = { readonly type: 'Data'; readonly path: string; readonly contents: Uint8Array }

/** Fonts stay binary modules beside the script: as base64 they would double the size and the start. */
function fontModules(found: Map<string, string>): Plugin {
  return {
    name: 'font-modules',
    setup(bundle) {
      bundle.onResolve({ filter: /\.(ttf|otf)$/ }, async (wanted) => {
        if (wanted.pluginData === 'resolved') return null
        const resolved = await bundle.resolve(wanted.path, {
          kind: wanted.kind,
          resolveDir: wanted.resolveDir,
          pluginData: 'resolved',
        })
        if (resolved.errors.length > 0) return { errors: resolved.errors }
        found.set(basename(resolved.path), resolved.path)
        return { path: `./${basename(resolved.path)}`, external: true }
      })
    },
  }
}

/**
 * The sandbox as a Worker named 'sandbox' with its Durable Object `Organization` in SQLite. The caller
 * adds what concerns the place only, such as `unsafeDirectSockets`. Miniflare 5 takes this form through
 * `convertV4MiniflareOptions`; Cloudflare's vitest plugin takes it as it is.
 */
export async function sandboxWorker(): Promise<V4WorkerOptions> {
  const root = import.meta.dirname
  const fonts = new Map<string, string>()
  const bundle = await build({
    entryPoints: [join(root, 'src/index.ts')],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'esnext',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    conditions: ['workerd', 'worker', 'browser', 'import'],
    external: ['cloudflare:*', 'node:*'],
    minifySyntax: true,
    logLevel: 'warning',
    plugins: [fontModules(fonts)],
  })
  const script = bundle.outputFiles[0]
  assert(script !== undefined, 'esbuild answers one output file for one entry point')
  const data = await Promise.all(
    [...fonts].map(async ([name, path]): Promise<DataModule> => ({
      type: 'Data',
      path: join(root, name),
      contents: await readFile(path),
    })),
  )
  return {
    name: WORKER_NAME,
    compatibilityDate: COMPATIBILITY_DATE,
    modulesRoot: root,
    modules: [{ type: 'ESModule', path: join(root, 'index.js'), contents: script.text }, ...data],
    durableObjects: { ORGANIZATION: { className: 'Organization', useSQLite: true } },
  }
}
