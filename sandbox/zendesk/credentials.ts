// The one API token that the Zendesk stand-in knows, and whose it is. They open nothing else.

export const INTEGRATION_EMAIL = 'makegood@saas.example'
export const API_TOKEN = 'sandbox_zendesk_token'

const EXPECTED = `Basic ${btoa(`${INTEGRATION_EMAIL}/token:${API_TOKEN}`)}`

export const isKnown = (authorization: string | undefined): boolean => authorization === EXPECTED
