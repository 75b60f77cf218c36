// A sandbox as a process of its own, so that a test can kill it: `node run-sandbox.ts <state folder>`
// prints its address as the only line.
import { assert } from '../../src/domain/assert.ts'
import { startSandbox } from './running-sandbox.ts'

const statePath = process.argv[2]
assert(statePath !== undefined, 'the state folder is the first argument')
const sandbox = await startSandbox(statePath)
process.stdout.write(`${sandbox.origin}\n`)
