declare namespace Cloudflare {
  interface Env extends Readonly<import('../src/env.ts').Env> {
    readonly TEST_MIGRATIONS: import('cloudflare:test').D1Migration[]
    readonly SANDBOX: Fetcher
    readonly FAULTS_EACH: string
    readonly API_REQUESTS: string
    readonly API_SEED: string
    readonly LOG_ENTRIES: string
    readonly ROWS_FILLED: string
    readonly STRIPE_WEBHOOK_SECRET: string
    readonly ZENDESK_WEBHOOK_SECRET: string
    readonly ZENDESK_LIVE_WEBHOOK_SECRET: string
    readonly STANDARD_WEBHOOK_SECRET: string
  }
  interface GlobalProps {
    mainModule: typeof import('./worker.ts')
  }
}
