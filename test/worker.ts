// The Worker under test: the product's own, with a configuration that no user edits.
import { createWorker } from '../src/worker.ts'
import config from './makegood.config.ts'

export default createWorker(config)
