// A copy of this checkout beside a Cloudflare account that the test holds. Its commands run in the test's own process,
// where their end is an exception; or as processes, as their user has them.

import { once } from 'node:events'
import * as fs from 'node:fs'
import * as path from 'node:path'
import { parseDeployArguments, parseSetupArguments } from '../../scripts/deploy-arguments.ts'
import { deployWorker, type DeployOutside } from '../../scripts/deploy-worker.ts'
import { setUp } from '../../scripts/set-up.ts'
import { tellTrouble } from '../../scripts/trouble.ts'
import { copyCheckout, type Checkout } from './checkout.ts'
import { EXAMPLE_CONFIG } from './example-config.ts'
import { emptyAccount, Killed, wranglerOf, type FakeAccount } from './fake-wrangler.ts'

export type Ended = { readonly code: number | 'killed' | null; readonly text: string }

export type Deploying = {
  readonly checkout: Checkout
  account: FakeAccount
  /** Nothing was ever asked, nothing is there. */
  reset(): void
  setup: (args?: readonly string[], secrets?: Readonly<Record<string, string>>) => Promise<Ended>
  /** `parts`: what is outside of it otherwise than that npm ends well and `site` answers. */
  deploy: (args?: readonly string[], parts?: Partial<DeployOutside>) => Promise<Ended>
  /** What npm was asked for. */
  npmCalls: string[]
  /** What the deployed address answers, by method and path. */
  site: Record<string, readonly [status: number, body: object]>
  /** `npm run setup` as a process of its own, which gets its secrets by its environment. */
  setupProcess(secrets: Readonly<Record<string, string>>): Promise<Ended>
}

export const ADDRESS = 'https://makegood.acme.workers.dev'

/** As Makegood answers once everything is set. */
const SITE: Deploying['site'] = {
  'GET /healthz': [200, { status: 'alive', version: 'v-1' }],
  'GET /readyz': [
    200,
    {
      status: 'ready',
      problems: [],
      endpoints: [
        { name: 'stripe', path: '/webhooks/stripe', status: 'on' },
        { name: 'zendesk', path: '/webhooks/zendesk', status: 'off: its secret is not set' },
      ],
    },
  ],
  'POST /webhooks/stripe': [401, {}],
  'POST /webhooks/zendesk': [503, {}],
}

const CHANGES = /^(d1 (create|migrations)|queues create|secret bulk|deploy --config)/

/** The calls that change something. */
export const changesOf = ({ calls }: FakeAccount): string[] =>
  calls.map(({ args }) => args.join(' ')).filter((call) => CHANGES.test(call))

/** What it says, and how it ends. */
export async function ending(
  act: (say: (what: string, text: string) => void) => Promise<number>,
): Promise<Ended> {
  const lines: string[] = []
  const say = (what: string, text: string) => lines.push(`${what.padEnd(11)} ${text}`)
  try {
    const code = await act(say)
    return { code, text: lines.join('\n') }
  } catch (error) {
    if (error instanceof Killed) return { code: 'killed', text: lines.join('\n') }
    return { code: 1, text: [...lines, tellTrouble(error)].join('\n') }
  }
}

export function deploying(files: Readonly<Record<string, string>> = {}): Deploying {
  const checkout = copyCheckout({ 'makegood.config.ts': EXAMPLE_CONFIG, ...files })
  const file = checkout.statePath('account.json')
  const held: Deploying = {
    checkout,
    account: emptyAccount(),
    npmCalls: [],
    site: { ...SITE },
    reset() {
      held.account = emptyAccount()
      held.npmCalls = []
      held.site = { ...SITE }
      fs.rmSync(path.join(checkout.folder, '.wrangler/makegood/tested'), { force: true })
      for (const place of ['production', 'staging']) {
        fs.rmSync(path.join(checkout.folder, `.secrets.${place}`), { force: true })
      }
    },
    setup: (args = [], secrets = {}) =>
      ending((say) =>
        setUp(parseSetupArguments(args), {
          root: checkout.folder,
          wrangler: wranglerOf(() => held.account),
          ask: async (name) => secrets[name] ?? '',
          isAnswered: false,
          say,
        }),
      ),
    deploy: (args = [], parts = {}) =>
      ending((say) => {
        let nowMs = 0
        return deployWorker(parseDeployArguments(args), {
          root: checkout.folder,
          wrangler: wranglerOf(() => held.account),
          npm: async (given) => {
            held.npmCalls.push(given.join(' '))
            return true
          },
          isWorkersBuild: false,
          smokeWaitMs: 10_000,
          now: () => nowMs,
          sleep: async (ms) => (nowMs += ms),
          fetch: async (url, { method = 'GET' }) => {
            const { origin, pathname } = new URL(url)
            const found = origin === ADDRESS ? held.site[`${method} ${pathname}`] : undefined
            if (found === undefined) throw new TypeError('fetch failed')
            const [status, body] = found
            return Response.json(body, { status })
          },
          say,
          ...parts,
        })
      }),
    async setupProcess(secrets) {
      fs.writeFileSync(file, JSON.stringify(held.account))
      const program = path.join(import.meta.dirname, 'setup-process.ts')
      const env = { FAKE_ACCOUNT: file, FAKE_ROOT: checkout.folder, NO_COLOR: '1', ...secrets }
      const running = checkout.run(env, process.execPath, [program])
      const [code, signal] = await once(running.child, 'close')
      held.account = JSON.parse(fs.readFileSync(file, 'utf8'))
      return { code: signal === null ? code : 'killed', text: running.output.text }
    },
  }
  return held
}
