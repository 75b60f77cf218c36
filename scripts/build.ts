// `node scripts/build.ts [ENTRY [FOLDER]]`: builds the Worker as it is deployed, from src/index.ts into dist/, or as
// `npm run deploy` has it. Wrangler runs this before each upload (`[build]` in wrangler.toml), and changes nothing of it.

import * as fs from 'node:fs'
import * as path from 'node:path'
import { bundleWorker, OUT } from './bundle.ts'
import { ENTRY, ROOT } from './project.ts'
import { tellTrouble } from './trouble.ts'

try {
  const [entry = ENTRY, out = OUT] = process.argv.slice(2)
  const { modules, maps } = await bundleWorker(entry, 'upload')
  const folder = path.join(ROOT, out)
  fs.rmSync(folder, { recursive: true, force: true })
  fs.mkdirSync(folder, { recursive: true })
  for (const { name, text } of [...modules, ...maps])
    fs.writeFileSync(path.join(folder, name), text)
} catch (error) {
  console.error(tellTrouble(error))
  process.exitCode = 1
}
