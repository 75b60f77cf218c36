// The sandbox Worker: Commet's API of version 2026-07-11 for local work and tests.
import { app } from './app.ts'

export { Organization } from './organization.ts'
export default app
