import { measureCounts } from './measure-counts.ts'
import { mkdtempSync } from 'node:fs'
for (const f of await measureCounts(mkdtempSync('/dev/shm/p13b-bench-'))) console.log(f.name, f.value, f.unit)
process.exit()
