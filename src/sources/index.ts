// The list of sources: adding one is a new file, and a line here.

export { standard } from './standard.ts'
export { stripe } from './stripe.ts'
export { zendesk } from './zendesk.ts'
