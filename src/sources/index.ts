// The list of sources: adding one is a new file, and a line here.

export { freshdesk } from './freshdesk.ts'
export { github } from './github.ts'
export { hubspot } from './hubspot.ts'
export { standard } from './standard.ts'
export { stripe } from './stripe.ts'
export { zendesk } from './zendesk.ts'
