// Node strips types and reads no JSX, and nobody in the simulator asks for a page: the dashboard is left out.
// It has to be there before the app is loaded.

import { registerHooks } from 'node:module'

const NO_PAGES = `
import { createRoutes } from '../routes.ts'
export const dashboard = createRoutes()
`

registerHooks({
  load: (url, context, next) =>
    url.endsWith('/src/http/dashboard/dashboard.ts')
      ? { format: 'module', source: NO_PAGES, shortCircuit: true }
      : next(url, context),
})
