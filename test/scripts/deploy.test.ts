// `npm run deploy` against an account that the test holds; Wrangler's dry runs for real.

import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import * as fs from 'node:fs'
import * as path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { readDeployment, writeConfig } from '../../scripts/deployment.ts'
import { BREAKING_MIGRATIONS, planMigrations } from '../../scripts/migration-plan.ts'
import { migrationFiles } from '../../scripts/migrations.ts'
import { smokeTest } from '../../scripts/smoke-test.ts'
import { lockFolder } from '../../scripts/state-lock.ts'
import type { Wrangler } from '../../scripts/run-wrangler.ts'
import { ADDRESS, changesOf, deploying } from './deploying.ts'
import { EXAMPLE_CONFIG } from './example-config.ts'
import { wranglerOf } from './fake-wrangler.ts'

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
const database = () => place.account.databases['makegood']!
/** At which call it is asked for `d1 migrations`, say. */
const callOf = async (what: string): Promise<number> => {
  const before = structuredClone(place.account)
  await deploy()
  const found = place.account.calls.findIndex(({ args }) => args.join(' ').startsWith(what))
  place.account = before
  return found + 1
}
const use = (...names: readonly string[]) => (database().applied = [...names])

describe('npm run deploy', () => {
  it('checks, tests, migrates, deploys and tries it, in this order', async () => {
    const { code, text } = await deploy()
    expect([code, text]).toEqual([0, expect.stringContaining(`smoke test  ${ADDRESS}`)])
    expect(place.npmCalls).toEqual(['run check', 'test'])
    expect(applied()).toEqual(FILES)
    expect(versions()).toEqual(['v-1'])
    const [migrated, uploaded] = changesOf(place.account)
    expect(migrated).toMatch(
      /^d1 migrations apply makegood --remote --config .*production\/look\.json$/,
    )
    expect(uploaded).toMatch(
      /^deploy --config .*production\/wrangler\.json --message makegood of no commit$/,
    )
    expect(text).toMatch(/as it is now: database makegood, bookmark 00000085-0000024c$/m)
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
    expect(text).toMatch(/^test +skipped: --skip-tests; these very files have passed them$/m)
    expect(text).toMatch(/^deploy +makegood, version v-1$/m)
    expect(place.npmCalls.at(-1)).toBe('run check')
  })

  it.each(['run check', 'test'])('deploys nothing where npm %s fails', async (failing) => {
    const npm = async (args: readonly string[]) => args.join(' ') !== failing
    const { code, text } = await deploy([], { npm })
    expect([code, text]).toEqual([1, expect.stringContaining('failed; nothing was deployed')])
    expect(changesOf(place.account)).toEqual([])
  })

  it('deploys nothing else than what was tested', async () => {
    const file = path.join(place.checkout.folder, 'src', 'meanwhile.ts')
    const npm = async ([what]: readonly string[]) => {
      if (what === 'test') fs.writeFileSync(file, 'export const edited = 1\n')
      return true
    }
    const { code, text } = await deploy([], { npm })
    fs.rmSync(file)
    expect([code, text]).toEqual([1, expect.stringContaining('was changed while it was tested')])
    expect(changesOf(place.account)).toEqual([])
  })

  const edited = path.join(place.checkout.folder, 'src', 'edited.ts')
  const edit = (): void => fs.writeFileSync(edited, 'export const edited = 1\n')

  it('says of files that no deployment has tested that they are not, whatever is left out', async () => {
    await deploy()
    edit()
    const [tried, dry] = [
      await deploy(['--skip-tests']),
      await deploy(['--skip-tests', '--dry-run']),
    ]
    const failed = await deploy([], { npm: async ([what]) => what !== 'test' })
    const again = await deploy(['--skip-tests'])
    fs.rmSync(edited)
    expect(failed.code).toBe(1)
    for (const { text } of [tried, dry, again]) {
      expect(text).toMatch(
        /^test +skipped: --skip-tests; THESE FILES WERE NOT TESTED: no deployment/m,
      )
    }
    for (const { text } of [tried, again]) {
      expect(text).toMatch(/^deploy +makegood, version v-1, not tested$/m)
    }
  })

  it.each([
    ['built', 'deploy --dry-run', 'since it was checked; nothing was deployed', []],
    ['migrated', 'd1 migrations', 'migrations are applied, no code is deployed', ['d1']],
    ['uploaded', 'deploy --config', 'changed     files were, during the upload', ['d1', 'deploy']],
  ])('does not go on where a file is changed while it is %s', async (_, kind, why, changes) => {
    const wrangler: Wrangler = async (args, more) => {
      if (args.join(' ').startsWith(kind)) edit()
      return wranglerOf(() => place.account)(args, more)
    }
    const { code, text } = await deploy([], { wrangler })
    fs.rmSync(edited)
    expect([code, text]).toEqual([1, expect.stringContaining(why)])
    expect(changesOf(place.account).map((call) => call.split(' ')[0])).toEqual(changes)
  })

  it('changes no table where the code can not be built', async () => {
    place.account.refusing = { call: 'deploy --dry-run', why: 'the Worker cannot be bundled' }
    const { code, text } = await deploy()
    expect([code, text]).toEqual([1, expect.stringContaining('dry-run failed: the Worker cannot')])
    expect(changesOf(place.account)).toEqual([])
  })

  it('is alone with its place in a checkout', async () => {
    const folder = path.join(place.checkout.folder, '.wrangler/makegood/production')
    const lock = lockFolder(folder, 'taken')
    const refused = await deploy()
    const refusedSetup = await setup()
    lock.release()
    expect([refused.code, refused.text]).toEqual([1, expect.stringContaining('is under way')])
    expect([refusedSetup.code, refusedSetup.text]).toEqual([
      1,
      expect.stringContaining('under way'),
    ])
    expect(place.account.calls).toEqual([])
    expect((await deploy()).code).toBe(0)
  })

  it.each([
    ['a database', (held: typeof place) => (held.account.databases = {}), 'there is no database'],
    [
      'its secrets',
      (held: typeof place) => (held.account.workers = {}),
      'BOOTSTRAP_KEY, LINK_KEY, AUDIT_KEY',
    ],
    ['anybody logged in', (held: typeof place) => (held.account.accounts = null), 'wrangler login'],
    [
      'a queue, such as one that a release adds',
      (held: typeof place) => held.account.queues.pop(),
      'makegood-adjustments-dead: not there yet; npm run setup',
    ],
    [
      'its queues to itself, as under another name for the Worker',
      (held: typeof place) => (held.account.consumers['makegood-notices'] = 'credits'),
      'the queue makegood-notices is of the Worker credits, and can',
    ],
    [
      'a rule that has made adjustments',
      () => use(...FILES) && (database().rules = [{ id: 'late-delivery', at: 1_793_000_000_000 }]),
      "write was: ['late-delivery'] into the rule",
    ],
    [
      'the account that was meant',
      (held: typeof place) => (held.account.accounts = [{ id: 'other', name: 'Other' }]),
      'this login has no account a1; it has\n  other  Other',
    ],
  ])('begins nothing without %s, and runs no test before it says so', async (_, take, why) => {
    vi.stubEnv('CLOUDFLARE_ACCOUNT_ID', 'a1')
    take(place)
    const { code, text } = await deploy()
    vi.unstubAllEnvs()
    expect([code, text]).toEqual([1, expect.stringContaining(why)])
    expect(changesOf(place.account)).toEqual([])
    expect(place.npmCalls).toEqual([])
  })

  it.each([
    ['a database', () => (place.account.databases = {}), 'there is no database yet: npm run setup'],
    ['a queue', () => place.account.queues.shift(), 'makegood-adjustments: not there yet'],
    ['secrets', () => (place.account.workers = {}), 'LINK_KEY, AUDIT_KEY, COMMET_API_KEY: not'],
    [
      'a rule that has made adjustments',
      () => use(...FILES) && (database().rules = [{ id: 'late-delivery', at: 1_793_000_000_000 }]),
      "write was: ['late-delivery'] into the rule",
    ],
    [
      'the account that is meant',
      () => place.account.accounts?.push({ id: 'b2', name: 'Try-out' }),
      'which account?',
    ],
  ])('says in a dry run that it would stop without %s, and still builds', async (_, take, why) => {
    take()
    const { code, text } = await deploy(['--dry-run'])
    const [tried = '', stop = ''] = text.split('would stop')
    expect([code, stop]).toEqual([1, expect.stringContaining(why)])
    expect(tried).toContain('Total Upload')
    expect([changesOf(place.account), place.npmCalls]).toEqual([[], []])
  })

  it('says in a dry run what would be applied, and changes nothing; without a login, that it is not known', async () => {
    const { code, text } = await deploy(['--dry-run'])
    expect([code, text]).toEqual([0, expect.stringContaining('missing: 0000_tables.sql')])
    place.account.accounts = null
    const alone = await deploy(['--dry-run'])
    expect([alone.code, alone.text]).toEqual([0, expect.stringContaining('is not known')])
    expect([changesOf(place.account), place.npmCalls]).toEqual([[], []])
  })

  it('takes no secret from the vars of deployment.toml, where all can read it', async () => {
    const file = path.join(place.checkout.folder, 'deployment.toml')
    fs.writeFileSync(file, '[production.vars]\nLINK_KEY = "shown"\n')
    const refused = [await deploy(), await deploy(['--dry-run'])]
    fs.rmSync(file)
    for (const { code, text } of refused) {
      expect([code, text]).toEqual([1, expect.stringContaining('has LINK_KEY in its vars')])
    }
    expect(place.account.calls).toEqual([])
  })

  it('begins nothing where deployment.toml and the environment name two accounts, as Wrangler takes the former', async () => {
    const file = path.join(place.checkout.folder, 'deployment.toml')
    fs.writeFileSync(file, '[production]\naccount_id = "a1"\n')
    place.account.accounts?.push({ id: 'b2', name: 'Try-out' })
    vi.stubEnv('CLOUDFLARE_ACCOUNT_ID', 'b2')
    const refused = [await deploy(), await deploy(['--dry-run']), await setup(['--dry-run'])]
    const calls = place.account.calls.length
    const staging = await deploy(['--env', 'staging'])
    vi.stubEnv('CLOUDFLARE_ACCOUNT_ID', '')
    const { code, text } = await deploy()
    vi.unstubAllEnvs()
    fs.rmSync(file)
    for (const { code: ended, text: said } of refused) {
      expect([ended, said]).toEqual([
        1,
        expect.stringMatching(/account_id a1 for production, and CLOUDFLARE_ACCOUNT_ID is b2/),
      ])
    }
    expect(calls).toBe(0)
    expect(staging.text).toMatch(/^account +Try-out$/m)
    expect([code, text]).toEqual([0, expect.stringMatching(/^account +Acme$/m)])
  })

  it('takes queues that are its own, and one of which Wrangler can not say whose it is', async () => {
    await deploy()
    expect(Object.values(place.account.consumers)).toContain('makegood')
    place.account.consumers['makegood-notices'] = 'undefined'
    expect((await deploy()).code).toBe(0)
  })

  it('takes an account that is set and empty for none, as CI has it of a secret that nobody has set', async () => {
    vi.stubEnv('CLOUDFLARE_ACCOUNT_ID', '')
    const { text } = await deploy()
    vi.unstubAllEnvs()
    expect(text).toMatch(/^account +Acme$/m)
  })

  it('deploys no code where a migration is refused, and goes on behind those that were applied', async () => {
    const at = await callOf('d1 migrations')
    place.account.trouble = { at, how: 'half' }
    const { code, text } = await deploy()
    expect([code, text]).toEqual([1, expect.stringContaining('makegood: a migration was refused')])
    expect(versions()).toEqual([])
    expect([0, FILES.length]).not.toContain(applied()?.length)
    place.account.trouble = { at: 0, how: 'half' }
    expect((await deploy()).code).toBe(0)
    expect([applied(), versions()]).toEqual([FILES, ['v-1']])
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

  it('stops before a migration that the code of before can not work with, unless all is paused by then', async () => {
    const [breaking = ''] = Object.keys(BREAKING_MIGRATIONS)
    const before = FILES.slice(0, FILES.indexOf(breaking))
    use(...before)
    database().isUsed = true
    const refused = await deploy()
    expect([refused.code, refused.text]).toEqual([
      1,
      expect.stringContaining(`makegood: ${breaking}: the code of before can't open a link`),
    ])
    expect(refused.text).toMatch(
      /^pause +0009_links\.sql: .* pause everything at makegood \(PUT .*\) before these are applied$/m,
    )
    expect(refused.text).toMatch(/, then npm run deploy -- --skip-tests$/)
    expect([changesOf(place.account), place.npmCalls]).toEqual([[], ['run check', 'test']])
    // Paused while the tests run: so nothing waits for them.
    const npm = async ([what]: readonly string[]) => {
      if (what === 'test') database().isPaused = true
      return true
    }
    const { code, text } = await deploy([], { npm })
    expect([code, applied()], text).toEqual([0, FILES])
    expect(text).toMatch(/^paused +nothing is issued until you resume: DELETE/m)
    // Also of whoever was cut off after the migration, and of a pause for any other reason.
    expect((await deploy()).text).toMatch(/^paused +nothing is issued until you resume: DELETE/m)
    use(...before)
    place.site['POST /webhooks/stripe'] = [202, {}]
    expect((await deploy()).text).toMatch(
      /^to go back +not over 0009_links\.sql, 0011_erasure\.sql: deploy a mended/m,
    )
    use(...before)
    expect((await deploy(['--dry-run'])).text).toMatch(/^pause +0009_links\.sql/m)
    expect(applied()).toEqual(before)
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
    expect(text).toMatch(/^next +npm run doctor -- --env staging --url https:/m)
    expect(place.account.workers['makegood-staging']?.versions).toEqual(['v-1'])
    expect([versions(), applied()]).toEqual([[], []])
    const { databases, queues } = place.account
    expect(databases['makegood-staging']?.applied).toEqual(FILES)
    expect(queues.filter((name) => name.startsWith('makegood-staging-')).length).toBe(3)
  })

  it('of staging advises nothing that would be done to production', async () => {
    const [breaking = ''] = Object.keys(BREAKING_MIGRATIONS)
    await setup(['--env', 'staging'], SECRETS)
    const staging = place.account.databases['makegood-staging']!
    staging.applied = FILES.slice(0, FILES.indexOf(breaking))
    staging.isUsed = true
    const { code, text } = await deploy(['--env', 'staging'])
    expect([code, text]).toEqual([
      1,
      expect.stringContaining('pause everything at makegood-staging'),
    ])
    expect(text).toMatch(/, then npm run deploy -- --env staging --skip-tests$/)
    expect(text.match(/npm run (?:deploy|setup|doctor)(?! -- --env staging)/g)).toBeNull()
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
  ] as const)('fails where %s, and says how to go on or back', async (_, what, answer, told) => {
    await deploy()
    await setup(['--renew', 'COMMET_API_KEY'], SECRETS)
    const before = place.account.workers['makegood']?.current

    place.site[what] = answer
    const { code, text } = await deploy()
    expect([code, text]).toEqual([1, expect.stringMatching(told)])
    // What ran directly before it has the secrets of now; a missing one is no reason to go back.
    const on = /^next +npm run doctor -- --url https:/m
    const back = new RegExp(
      `^to go back {2}npx wrangler rollback ${before} --config .wrangler/makegood/production/wrangler.json`,
      'm',
    )
    expect(before).toMatch(/^secrets-/)
    expect(text).toMatch(told.source.startsWith('not ready') ? on : back)
    expect(versions()).toEqual(['v-1', 'v-1'])
  })

  it('of a first deployment says that nothing could be gone back to, also after one that was cut off', async () => {
    const [bad, none] = [[202, {}] as const, /^to go back {2}to nothing: no version ran alone/m]
    place.site['POST /webhooks/stripe'] = bad
    const at = await callOf('deploy --config')
    place.account.trouble = { at, how: 'kill_before' }
    expect((await deploy()).code).toBe('killed')
    // The tables are there, and the empty Worker that setup has stored its secrets in.
    expect([applied(), versions()]).toEqual([FILES, []])
    place.account.trouble = { at: 0, how: 'refuse' }
    const { code, text } = await deploy()
    expect([code, text]).toEqual([1, expect.stringMatching(none)])
    place.reset()
    await setup([], SECRETS)
    place.account.deployed = { version: 'v-1', targets: [ADDRESS] }
    place.site['POST /webhooks/stripe'] = bad
    expect((await deploy()).text).toMatch(none)
    expect((await deploy()).text).toMatch(/^to go back {2}npx wrangler rollback v-1 /m)
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

  /** What takes away from the code of before what it reads or writes. */
  const TAKES_AWAY =
    /\bRENAME\b|\bDROP (?:TABLE|COLUMN)\b|\bADD\b(?! CONSTRAINT)(?!.*DEFAULT).*NOT NULL/i
  /** Triggers that refuse something on a table that was there before, and why the code of before does none of it. */
  const NEW_GUARDS: Readonly<Record<string, string>> = {
    '0001_guards.sql': 'nothing was ever deployed without it',
    '0003_money_guards.sql': 'likewise',
    '0006_requeue_guards.sql':
      'before it nothing raised a generation, and nothing that failed or was in doubt went on',
    '0009_links.sql': 'it is breaking',
    '0011_erasure.sql': 'it is breaking',
  }
  const textOf = (name: string) => fs.readFileSync(path.join(ROOT, 'migrations', name), 'utf8')

  it('has on its list each that takes something away, so that nobody has to remember it', () => {
    const found = FILES.filter((name) => TAKES_AWAY.test(textOf(name)))
    expect(found).toEqual(Object.keys(BREAKING_MIGRATIONS))
    for (const [sql, isTaken] of [
      ['ALTER TABLE `events` RENAME COLUMN `a` TO `b`', true],
      ['DROP TABLE x', true],
      ['ALTER TABLE x DROP COLUMN y', true],
      ['ALTER TABLE `x` ADD `y` text NOT NULL', true],
      ['ALTER TABLE `x` ADD `y` text', false],
      ["ALTER TABLE `x` ADD `y` text DEFAULT '' NOT NULL", false],
      ['CREATE TABLE `x` (`y` text NOT NULL)', false],
    ] as const) {
      expect(TAKES_AWAY.test(sql), sql).toBe(isTaken)
    }
  })

  it('knows of each that refuses more than before why nothing of before does it', () => {
    const tables = new Set<string>()
    const found = FILES.filter((name) => {
      const text = textOf(name)
      const guards = [...text.matchAll(/CREATE TRIGGER \w+ BEFORE [^;]*?\bON (\w+)[^]*?END;/g)]
      const older = guards.some(
        ([guard, table = '']) => guard.includes('RAISE(ABORT') && tables.has(table),
      )
      for (const [, made = ''] of text.matchAll(/CREATE TABLE `(\w+)`/g)) tables.add(made)
      return older
    })
    expect(found).toEqual(Object.keys(NEW_GUARDS))
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
    const texts = names
      .toSorted()
      .map((file) => [file, fs.readFileSync(path.join(out, file), 'utf8')] as const)
    const hashes = texts.map(([file, text]) => [
      file,
      createHash('sha256').update(text).digest('hex'),
    ])
    return { stdout, text: texts.flat().join('\n'), hashes }
  }

  it(
    'of production and of staging is one code, and the code of wrangler.toml',
    { timeout: 300_000 },
    async () => {
      const configOf = (name: 'production' | 'staging') =>
        writeConfig(
          place.checkout.folder,
          readDeployment(place.checkout.folder, name),
          'wrangler.json',
        )
      const usual = await bundle(path.join(place.checkout.folder, 'wrangler.toml'), 'usual')
      const production = await bundle(configOf('production'), 'production')
      const staging = await bundle(configOf('staging'), 'staging')
      expect(usual.hashes.length).toBeGreaterThan(2)
      expect([production.hashes, staging.hashes]).toEqual([usual.hashes, usual.hashes])
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
          writeConfig(
            place.checkout.folder,
            readDeployment(place.checkout.folder, name),
            'wrangler.json',
          ),
        )
        const text = async (config = '', name = ''): Promise<string> =>
          (await bundle(config, name)).text
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
        'look.json',
      )
      expect(fs.readFileSync(written, 'utf8')).toContain('"database_id": "d1"')
      const { config } = readDeployment(place.checkout.folder, 'staging')
      expect(config.d1_databases[0].database_id).toBeUndefined()
    } finally {
      fs.writeFileSync(file, before)
    }
  })
})
