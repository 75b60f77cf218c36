// assets/verify.html, the page that checks an export in a browser: one file that loads nothing, with the check's own
// code, bundled and readable.

import { createHash } from 'node:crypto'
import * as fs from 'node:fs'
import * as path from 'node:path'
import { build } from 'esbuild'
import { ROOT } from './project.ts'

export const VERIFIER = path.join('assets', 'verify.html')

/** The same bytes from the same code. */
export async function makeVerifier(): Promise<string> {
  const { outputFiles } = await build({
    absWorkingDir: ROOT,
    entryPoints: ['verifier/page.ts'],
    bundle: true,
    format: 'iife',
    target: 'es2024',
    charset: 'utf8',
    // Comments name each module's place, which is the same in every checkout.
    preserveSymlinks: true,
    legalComments: 'none',
    write: false,
    logLevel: 'silent',
  })
  const script = `\n${outputFiles[0]?.text ?? ''}    `
  const page = fs.readFileSync(path.join(ROOT, 'verifier', 'page.html'), 'utf8')
  const [, style = ''] = /<style>([^]*)<\/style>/.exec(page) ?? []
  const policy =
    `default-src 'none'; script-src ${hashOf(script)}; style-src ${hashOf(style)}; ` +
    `base-uri 'none'; form-action 'none'`
  return page
    .replace('<!-- policy -->', `<meta http-equiv="content-security-policy" content="${policy}" />`)
    .replace('<!-- script -->', () => `<script>${script}</script>`)
}

const hashOf = (text: string): string =>
  `'sha256-${createHash('sha256').update(text).digest('base64')}'`

/** Whether the file that is there is what the code makes. */
export async function isVerifierFresh(): Promise<boolean> {
  const file = path.join(ROOT, VERIFIER)
  return fs.existsSync(file) && fs.readFileSync(file, 'utf8') === (await makeVerifier())
}

export const writeVerifier = async (): Promise<void> =>
  fs.writeFileSync(path.join(ROOT, VERIFIER), await makeVerifier())
