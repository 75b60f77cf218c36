// Two projects. `app` runs inside workerd, with real D1 and Queues, and the sandbox as the outside
// world. `node` drives whole processes and the sandbox from outside.

import { statfsSync } from 'node:fs'
import { cloudflareTest, readD1Migrations } from '@cloudflare/vitest-plugin'
import { defineConfig, type ViteUserConfig } from 'vitest/config'
import './scripts/quiet-tools.ts'
import { sandboxWorker } from './sandbox/worker-options.ts'

const MEMORY_FOLDER = '/dev/shm'
const MEMORY_BYTES_MIN = 1_073_741_824

/**
 * Local D1 waits for the disk at each commit, which on a busy disk is seconds a test. The tests keep
 * nothing, so their databases are made in memory where Linux offers enough of it as a folder.
 */
function preferMemory(): void {
  if (process.env['TMPDIR'] !== undefined || process.platform !== 'linux') return
  try {
    const { bavail, bsize } = statfsSync(MEMORY_FOLDER)
    if (bavail * bsize >= MEMORY_BYTES_MIN) process.env['TMPDIR'] = MEMORY_FOLDER
  } catch {
    // There is no such folder: the disk will do.
  }
}
preferMemory()

export default defineConfig(async (): Promise<ViteUserConfig> => {
  const [migrations, sandbox] = await Promise.all([readD1Migrations('migrations'), sandboxWorker()])
  return {
    test: {
      silent: 'passed-only',
      projects: [
        {
          plugins: [
            cloudflareTest({
              main: './test/worker.ts',
              wrangler: { configPath: './wrangler.toml' },
              miniflare: {
                bindings: {
                  TEST_MIGRATIONS: migrations,
                  FAULTS_EACH: process.env['FAULTS_EACH'] ?? '4',
                  API_REQUESTS: process.env['API_REQUESTS'] ?? '2500',
                  API_SEED: process.env['API_SEED'] ?? '1',
                  LOG_ENTRIES: process.env['LOG_ENTRIES'] ?? '20000',
                  ROWS_FILLED: process.env['ROWS_FILLED'] ?? '20000',
                  COMMET_API_URL: 'http://sandbox.localhost',
                  COMMET_API_KEY: 'ck_sandbox_test',
                  BOOTSTRAP_KEY: 'ck_mg_test_0123456789abcdef',
                  STRIPE_WEBHOOK_SECRET: 'whsec_test_stripe,whsec_test_stripe_previous',
                  ZENDESK_WEBHOOK_SECRET: 'dGVzdC16ZW5kZXNr',
                  ZENDESK_LIVE_WEBHOOK_SECRET: 'bGl2ZS16ZW5kZXNr',
                  STANDARD_WEBHOOK_SECRET: 'whsec_dGVzdC1zdGFuZGFyZC13ZWJob29rcy1zZWNyZXQ=',
                  SETUP_WEBHOOK_SECRET: 'setup-secret',
                  LINK_KEY: 'test-link-key-test-link-key-test-link-key',
                  AUDIT_KEY:
                    'PRIVATE+KEY+makegood.example/audit+9970207e+AQECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g',
                  PUBLIC_URL: 'https://makegood.example',
                },
                serviceBindings: { SANDBOX: 'sandbox' },
                outboundService: 'sandbox',
                queueConsumers: {
                  'makegood-adjustments': {
                    maxBatchSize: 10,
                    maxBatchTimeout: 0,
                    deadLetterQueue: 'makegood-adjustments-dead',
                  },
                  'makegood-notices': { maxBatchSize: 5, maxBatchTimeout: 0 },
                },
                compatibilityFlags: ['service_binding_extra_handlers'],
                workers: [sandbox],
              },
            }),
          ],
          test: {
            name: 'app',
            include: ['test/**/*.test.ts'],
            exclude: ['test/sandbox/**', 'test/scripts/**', 'test/sim/**'],
            setupFiles: ['./test/apply-migrations.ts'],
            // What hangs is found as well after 20 s; what is slow beside other tests is no failure.
            testTimeout: 20_000,
            hookTimeout: 30_000,
          },
        },
        {
          test: {
            name: 'node',
            include: ['sandbox', 'scripts', 'sim'].map((folder) => `test/${folder}/**/*.test.ts`),
            testTimeout: 60_000,
            hookTimeout: 60_000,
          },
        },
      ],
    },
  }
})
