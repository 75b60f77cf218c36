// Builds the Worker into dist/ as it is deployed. Wrangler runs this before each upload (`[build]` in
// wrangler.toml), and changes nothing of it. Another entry than src/index.ts may be named: a staging of its own.

import * as fs from 'node:fs'
import * as path from 'node:path'
import { bundleWorker, OUT } from './bundle.ts'
import { ENTRY, ROOT } from './project.ts'
import { tellTrouble } from './trouble.ts'

try {
  const { modules, maps } = await bundleWorker(process.argv[2] ?? ENTRY, 'upload')
  const folder = path.join(ROOT, OUT)
  fs.rmSync(folder, { recursive: true, force: true })
  fs.mkdirSync(folder)
  for (const { name, text } of [...modules, ...maps])
    fs.writeFileSync(path.join(folder, name), text)
} catch (error) {
  console.error(tellTrouble(error))
  process.exitCode = 1
}
