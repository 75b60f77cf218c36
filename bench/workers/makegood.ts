// What is measured: the product's Worker, as it is deployed.

import { createWorker } from '../../src/worker.ts'
import { config } from './configuration.ts'

export default createWorker(config)
