// Builds the Worker as it is deployed: dist/index.js, what it needs at once, and beside it what is loaded when
// it is first asked for. Wrangler runs this before each upload (`[build]` in wrangler.toml), and changes nothing.

import * as fs from 'node:fs'
import * as path from 'node:path'
import { buildWorker } from './bundle.ts'
import { ROOT } from './project.ts'

const OUT = path.join(ROOT, 'dist')

fs.rmSync(OUT, { recursive: true, force: true })
await buildWorker('src/index.ts', OUT)
