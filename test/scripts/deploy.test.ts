// `npm run deploy` against an account that the test holds; Wrangler's dry runs for real.

import { execFile } from 'node:child_process'
import * as fs from 'node:fs'
import * as path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { readDeployment, writeConfig } from '../../scripts/deployment.ts'
import { BREAKING_MIGRATIONS, planMigrations } from '../../scripts/migration-plan.ts'
import { migrationFiles } from '../../scripts/migrations.ts'
import { smokeTest } from '../../scripts/smoke-test.ts'
import { ADDRESS, changesOf, deploying } from './deploying.ts'
import { EXAMPLE_CONFIG } from './example-config.ts'

const ROOT = path.resolve(import.meta.dirname, '../..')
const SECRETS = { COMMET_API_KEY: 'ck_sandbox_of_this_test_only' }
const FILES = migrationFiles(path.join(ROOT, 'migrations'))

const place = deploying()
const { setup, deploy } = place
beforeEach(async () => {
  place.reset()
  await setup([], SECRETS)
  place.account.calls = []
  place.account.deployed = {
    version: 'v-1',
    targets: ['schedule: * * * * *', ADDRESS, 'Producer for makegood-notices'],
  }
})
afterAll(async () => place.checkout.remove())

const applied = () => place.account.databases['makegood']?.applied
const versions = () => place.account.workers['makegood']?.versions
const use = (...names: readonly string[]) => {
  const database = place.account.databases['makegood']
  if (database) database.applied = [...names]
}

describe('npm run deploy', () => {
  it('checks, tests, migrates, deploys and tries it, in this order', async () => {
    const { code, text } = await deploy()
    expect([code, text]).toEqual([0, expect.stringContaining(`smoke test  ${ADDRESS}`)])
    expect(place.npmCalls).toEqual(['run check', 'test'])
    expect(applied()).toEqual(FILES)
    expect(versions()).toEqual(['v-1'])
    const [migrated, uploaded] = changesOf(place.account)
    expect(migrated).toMatch(/^d1 migrations apply makegood --remote --config .*production\.json$/)
    expect(uploaded).toMatch(/^deploy --config .*production\.json --message makegood of no commit$/)
    expect(text).toMatch(/bookmark 00000085-0000024c$/m)
    expect(text).toMatch(/^ {2}ok +\/healthz: alive, version v-1$/m)
    expect(text).toMatch(/^ {2}ok +\/webhooks\/stripe: unsigned: 401; it takes nobody/m)
    expect(text).toMatch(/^next +npm run doctor -- --url https:\/\/makegood\.acme\.workers\.dev$/m)
  })

  it('applies nothing the second time, and deploys again', async () => {
    await deploy()
    place.account.calls = []
    const { code, text } = await deploy(['--skip-tests'])
    expect([code, text]).toEqual([0, expect.stringMatching(/^migrations +none is missing$/m)])
    expect(changesOf(place.account).map((call) => call.split(' ')[0])).toEqual(['deploy'])
    expect(text).toMatch(/^test +skipped: --skip-tests$/m)
    expect(place.npmCalls.at(-1)).toBe('run check')
  })

  it.each(['run check', 'test'])('deploys nothing where npm %s fails', async (failing) => {
    const npm = async (args: readonly string[]) => args.join(' ') !== failing
    const { code, text } = await deploy([], { npm })
    expect([code, text]).toEqual([1, expect.stringContaining('failed; nothing was deployed')])
    expect(place.account.calls).toEqual([])
  })

  it.each([
    ['a database', (held: typeof place) => (held.account.databases = {}), 'there is no database'],
    [
      'its secrets',
      (held: typeof place) => (held.account.workers = {}),
      'BOOTSTRAP_KEY, LINK_KEY, AUDIT_KEY',
    ],
    ['anybody logged in', (held: typeof place) => (held.account.accounts = null), 'wrangler login'],
  ])('begins nothing without %s', async (_, take, why) => {
    take(place)
    const { code, text } = await deploy()
    expect([code, text]).toEqual([1, expect.stringContaining(why)])
    expect(changesOf(place.account)).toEqual([])
  })

  it('deploys no code where a migration is refused', async () => {
    const at = 6
    place.account.trouble = { at, how: 'refuse' }
    const { code, text } = await deploy()
    expect(place.account.calls[at - 1]?.args.slice(0, 2)).toEqual(['d1', 'migrations'])
    expect([code, text]).toEqual([1, expect.stringContaining('makegood: a migration was refused')])
    expect(versions()).toEqual([])
  })

  it('cut off before or after any of its calls, it goes on; no code is there before its tables', async () => {
    await deploy()
    const count = place.account.calls.length
    expect(count).toBeGreaterThan(6)
    for (let at = 1; at <= count; at++) {
      for (const how of ['kill_before', 'kill_after'] as const) {
        place.reset()
        await setup([], SECRETS)
        place.account.calls = []
        place.account.deployed = { version: 'v-1', targets: [ADDRESS] }
        place.account.trouble = { at, how }
        expect([at, (await deploy()).code]).toEqual([at, 'killed'])
        if ((versions() ?? []).length > 0) expect(applied()).toEqual(FILES)
        place.account.trouble = { at: 0, how }
        const { code, text } = await deploy()
        expect([at, code], text).toEqual([at, 0])
        expect(applied()).toEqual(FILES)
      }
    }
  })

  it('stops before a migration that the code of before can not work with, unless all is paused', async () => {
    const [breaking = ''] = BREAKING_MIGRATIONS
    use(...FILES.slice(0, FILES.indexOf(breaking)))
    const refused = await deploy()
    expect([refused.code, refused.text]).toEqual([
      1,
      expect.stringContaining(
        `makegood: the code that runs now can't work with ${BREAKING_MIGRATIONS.join(', ')}: pause`,
      ),
    ])
    expect(changesOf(place.account)).toEqual([])
    expect((await deploy(['--paused'])).code).toBe(0)
    expect(applied()).toEqual(FILES)
  })

  it('says where the database is newer than the code, as after a checkout of an older version', async () => {
    use(...FILES, '9999_later.sql')
    const { code, text } = await deploy()
    expect([code, text]).toEqual([0, expect.stringContaining('newer than this code: it has 9999')])
  })

  it('deploys staging beside production, and nothing of it is the same', async () => {
    await setup(['--env', 'staging'], SECRETS)
    const { code, text } = await deploy(['--env', 'staging'])
    expect([code, text]).toEqual([0, expect.stringMatching(/^place +staging: Worker makegood-st/m)])
    expect(place.account.workers['makegood-staging']?.versions).toEqual(['v-1'])
    expect([versions(), applied()]).toEqual([[], []])
    const { databases, queues } = place.account
    expect(databases['makegood-staging']?.applied).toEqual(FILES)
    expect(queues.filter((name) => name.startsWith('makegood-staging-')).length).toBe(3)
  })

  it('of a build at Cloudflare runs no tests, waits for no secret, and fails over neither', async () => {
    place.account.workers = {}
    place.site['GET /readyz'] = [503, { status: 'not_ready', problems: ['x'], endpoints: [] }]
    const { code, text } = await deploy([], { isWorkersBuild: true })
    expect([code, text]).toEqual([0, expect.stringContaining('skipped: a build at Cloudflare')])
    expect(text).toMatch(
      /^secrets +BOOTSTRAP_KEY, LINK_KEY, AUDIT_KEY, COMMET_API_KEY: not set; npm run setup/m,
    )
    expect(text).toMatch(/^ {2}FAILED +\/readyz: not ready: x$/m)
  })
})

describe('the smoke test', () => {
  it.each([
    [
      'another version answers',
      'GET /healthz',
      [200, { status: 'alive', version: 'v-0' }],
      /version v-0 answers, and not v-1/,
    ],
    [
      'something else answers',
      'GET /healthz',
      [200, { hello: 'world' }],
      /200, and not as Makegood/,
    ],
    [
      'it is not ready',
      'GET /readyz',
      [503, { status: 'not_ready', problems: ['LINK_KEY is not set'], endpoints: [] }],
      /not ready: LINK_KEY is not set/,
    ],
    [
      'an endpoint takes what nobody has signed',
      'POST /webhooks/stripe',
      [202, {}],
      /stripe: unsigned: 202/,
    ],
    [
      'an endpoint without a secret is open',
      'POST /webhooks/zendesk',
      [401, {}],
      /zendesk: unsigned: 401/,
    ],
  ] as const)('fails where %s, and says how to go back', async (_, what, answer, told) => {
    place.site[what] = answer
    const { code, text } = await deploy()
    expect([code, text]).toEqual([1, expect.stringMatching(told)])
    expect(text).toMatch(/^to go back {2}npx wrangler rollback --name makegood/m)
    expect(versions()).toEqual(['v-1'])
  })

  it('waits until the new version is everywhere', async () => {
    let asked = 0
    const answer = async (url: string): Promise<Response> => {
      asked += 1
      const version = asked < 4 ? 'v-0' : 'v-1'
      const { pathname } = new URL(url)
      if (pathname === '/healthz') return Response.json({ status: 'alive', version })
      return Response.json({ status: 'ready', problems: [], endpoints: [] })
    }
    const { code, text } = await deploy([], { fetch: answer })
    expect([code, asked], text).toEqual([0, 5])
  })

  it('asks at the address that customers see, or where it is told to', async () => {
    const seen: string[] = []
    const fetch = async (url: string): Promise<Response> => {
      seen.push(new URL(url).origin)
      return Response.json({ status: 'alive', version: 'v-1', problems: [], endpoints: [] })
    }
    place.account.deployed.targets = [ADDRESS, 'credits.acme.example (custom domain)']
    await deploy([], { fetch })
    await deploy(['--url', 'https://other.example/'], { fetch })
    expect([...new Set(seen)]).toEqual(['https://credits.acme.example', 'https://other.example'])
  })
})

describe('the smoke test of the product itself', () => {
  it('is passed, and names the version that answers', async () => {
    const running = await place.checkout.start('smoke')
    const outside = { fetch, sleep: async () => undefined, now: () => Date.now() }
    const seen = await smokeTest(running.app, null, outside)
    expect(seen.filter(({ isGood }) => !isGood)).toEqual([])
    expect(seen[0]?.text).toMatch(/^alive, version [\da-f-]{36}$/)
    expect(seen.map(({ what }) => what)).toContain('/webhooks/stripe')
    const [other] = await smokeTest(running.app, 'another', outside, 0)
    expect(other).toMatchObject({ isGood: false, text: expect.stringMatching(/and not another$/) })
  })
})

describe('a plan of migrations', () => {
  it.each([
    [
      'an empty database lacks all, and nothing runs that could be stopped',
      ['a', 'b'],
      [],
      { missing: ['a', 'b'], unknown: [], breaking: [] },
    ],
    [
      'one in use lacks what is new',
      ['a', 'b', 'c'],
      ['a'],
      { missing: ['b', 'c'], unknown: [], breaking: ['b'] },
    ],
    [
      'what breaks is past',
      ['a', 'b', 'c'],
      ['a', 'b'],
      { missing: ['c'], unknown: [], breaking: [] },
    ],
    [
      'one that is newer lacks nothing',
      ['a'],
      ['a', 'z'],
      { missing: [], unknown: ['z'], breaking: [] },
    ],
  ])('%s', (_, files, known, plan) => {
    expect(planMigrations(files, known, ['b'])).toEqual(plan)
  })

  it('names only breaking migrations that are there', () => {
    for (const name of BREAKING_MIGRATIONS) expect(FILES).toContain(name)
  })
})

describe('what Wrangler is given', () => {
  const wrangler = path.join(ROOT, 'node_modules/wrangler/bin/wrangler.js')
  const bundle = async (config: string, name: string) => {
    const out = place.checkout.statePath(name)
    const args = [wrangler, 'deploy', '--dry-run', '--config', config, '--outdir', out]
    const { stdout } = await promisify(execFile)(process.execPath, args, {
      // Nobody has to be at a certain place; of wrangler.toml itself it is the checkout.
      cwd: path.basename(config) === 'wrangler.toml' ? place.checkout.folder : ROOT,
      env: { ...process.env, WRANGLER_LOG: 'log' },
    })
    const names = fs.readdirSync(out).filter((file) => file.endsWith('.js'))
    const code = names
      .toSorted()
      .map((file) => [file, fs.readFileSync(path.join(out, file), 'utf8')])
    return { stdout, code }
  }

  it(
    'of production and of staging is one code, and the code of wrangler.toml',
    { timeout: 300_000 },
    async () => {
      const configOf = (name: 'production' | 'staging') =>
        writeConfig(place.checkout.folder, readDeployment(place.checkout.folder, name), null)
      const usual = await bundle(path.join(place.checkout.folder, 'wrangler.toml'), 'usual')
      const production = await bundle(configOf('production'), 'production')
      const staging = await bundle(configOf('staging'), 'staging')
      expect(usual.code.length).toBeGreaterThan(2)
      expect(production.code).toEqual(usual.code)
      expect(staging.code).toEqual(usual.code)
      expect(production.stdout).toMatch(/env\.DB \(makegood\) +D1 Database/)
      expect(staging.stdout).toMatch(/env\.DB \(makegood-staging\) +D1 Database/)
      expect(staging.stdout).toMatch(/env\.ADJUSTMENTS \(makegood-staging-adjustments\) +Queue/)
    },
  )

  it(
    'of staging has its own configuration in it, where there is one, and production has not',
    { timeout: 300_000 },
    async () => {
      const file = path.join(place.checkout.folder, 'makegood.staging.config.ts')
      fs.writeFileSync(file, EXAMPLE_CONFIG.replace('STRIPE_WEBHOOK_SECRET', 'STAGING_ONLY_SECRET'))
      try {
        const [staging, production] = (['staging', 'production'] as const).map((name) =>
          writeConfig(place.checkout.folder, readDeployment(place.checkout.folder, name), null),
        )
        const text = async (config = '', name = ''): Promise<string> =>
          (await bundle(config, name)).code.flat().join('\n')
        expect(await text(staging, 'own-staging')).toContain('STAGING_ONLY_SECRET')
        expect(await text(production, 'own-production')).not.toContain('STAGING_ONLY_SECRET')
      } finally {
        fs.rmSync(file)
      }
    },
  )

  it('has what deployment.toml says over it, table by table', () => {
    const own = `
[production]
account_id = "a1"
routes = [{ pattern = "credits.acme.example", custom_domain = true }]
vars = { PUBLIC_URL = "https://credits.acme.example" }
[production.observability.logs]
invocation_logs = true
[staging]
name = "credits-trial"
`
    const file = path.join(place.checkout.folder, 'deployment.toml')
    fs.writeFileSync(file, own)
    try {
      const production = readDeployment(place.checkout.folder, 'production')
      expect(production.vars).toEqual({ PUBLIC_URL: 'https://credits.acme.example' })
      expect(production.config).toMatchObject({
        account_id: 'a1',
        name: 'makegood',
        no_bundle: true,
      })
      expect(production.config['routes']).toHaveLength(1)
      const staging = readDeployment(place.checkout.folder, 'staging')
      expect([staging.worker, staging.database.name]).toEqual(['credits-trial', 'makegood-staging'])
      expect(staging.vars).toEqual({})
      fs.writeFileSync(file, '[prod]\nname = "x"\n')
      expect(() => readDeployment(place.checkout.folder, 'production')).toThrow(
        /deployment\.toml: /,
      )
    } finally {
      fs.rmSync(file)
    }
  })

  it('keeps the database that a "Deploy to Cloudflare" button has written into wrangler.toml', () => {
    const file = path.join(place.checkout.folder, 'wrangler.toml')
    const before = fs.readFileSync(file, 'utf8')
    fs.writeFileSync(file, before.replace('binding = "DB"', 'binding = "DB"\ndatabase_id = "d1"'))
    try {
      const written = writeConfig(
        place.checkout.folder,
        readDeployment(place.checkout.folder, 'production'),
        null,
      )
      expect(fs.readFileSync(written, 'utf8')).toContain('"database_id": "d1"')
      const { config } = readDeployment(place.checkout.folder, 'staging')
      expect(config.d1_databases[0].database_id).toBeUndefined()
    } finally {
      fs.writeFileSync(file, before)
    }
  })
})
