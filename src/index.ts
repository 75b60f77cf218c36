import config from '../makegood.config.ts'
import { createWorker } from './worker.ts'

export default createWorker(config)
