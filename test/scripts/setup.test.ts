// `npm run setup` as its user has it: in a copy of this checkout, against an account that the test holds.

import * as fs from 'node:fs'
import * as path from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import {
  publicKeyOf,
  readPublicKey,
  readSigningKey,
  writePublicKey,
} from '../../src/domain/signed-note.ts'
import { linkIdOf, slugOf } from '../../src/domain/link.ts'
import * as sources from '../../src/sources/index.ts'
import { defineConfig } from '../../src/config.ts'
import { slack } from '../../src/notices/slack.ts'
import { newAuditKey } from '../../scripts/audit-key.ts'
import type { Place } from '../../scripts/deployment.ts'
import { SOURCE_PLACES } from '../../scripts/secret-places.ts'
import { wantedSecrets } from '../../scripts/wanted-secrets.ts'
import { changesOf, deploying } from './deploying.ts'

const SECRETS = {
  COMMET_API_KEY: 'ck_sandbox_of_this_test_only',
  STRIPE_WEBHOOK_SECRET: 'whsec_of_this_test_only',
}

const place = deploying()
const { setup } = place
beforeEach(() => place.reset())
afterAll(async () => place.checkout.remove())

const PUBLIC = 'makegood.example/audit+9970207e+AXm1Vi6P5lT5QHixEuipi6eQH4U65pW+1+DjkQutBJZk'

const keptPath = (): string => path.join(place.checkout.folder, '.secrets.production')
const forget = (): void => fs.rmSync(keptPath())
const kept = (name: string): string => {
  const text = fs.readFileSync(keptPath(), 'utf8')
  return new RegExp(`^${name}="(.+)"$`, 'm').exec(text)?.[1] ?? ''
}

/** At which call of a first setup it is asked for that. */
const callOf = async (what: string): Promise<number> => {
  await setup([], SECRETS)
  const found = place.account.calls.findIndex(({ args }) => args.join(' ').startsWith(what))
  place.reset()
  return found + 1
}

const MAKING = ['d1 create', 'queues create', 'secret bulk']
const QUEUES = ['makegood-adjustments', 'makegood-notices', 'makegood-adjustments-dead']

function expectStored(name: string): void {
  expect(kept(name).length, name).toBeGreaterThan(40)
  expect(place.account.workers['makegood']?.secrets[name], name).toBe(kept(name))
}

function expectWhole(): void {
  const { databases, queues, workers } = place.account
  expect(Object.keys(databases)).toEqual(['makegood'])
  expect(queues).toEqual(QUEUES)
  const secrets = workers['makegood']?.secrets ?? {}
  expect(secrets).toMatchObject(SECRETS)
  // Whoever has the file has the keys that the Worker has, whenever the run was cut off.
  for (const name of ['BOOTSTRAP_KEY', 'LINK_KEY', 'AUDIT_KEY']) expectStored(name)
}

describe('npm run setup', () => {
  it('makes what is lacking, asks for what the configuration names, and prints the addresses', async () => {
    const { code, text } = await setup([], SECRETS)
    expect([code, text]).toEqual([0, expect.stringContaining('account     Acme')])
    expectWhole()
    expect(text).toMatch(/^database +makegood: made$/m)
    expect(text).toMatch(/^queue +makegood-notices: made$/m)
    expect(text).toMatch(/^address +https:\/\/makegood\.<.*\/webhooks\/stripe {2}for Stripe$/m)
    expect(text).toMatch(/SLACK_WEBHOOK_URL, so that Slack is told\n +api\.slack\.com/)
    expect(text).toMatch(/^next +npm run deploy$/m)
  })

  it('changes nothing the second time', async () => {
    await setup([], SECRETS)
    const before = structuredClone(place.account)
    const { code, text } = await setup([], SECRETS)
    expect(code).toBe(0)
    expect(changesOf(place.account)).toEqual(changesOf(before))
    expect(text).toMatch(/^secret +BOOTSTRAP_KEY: is set$/m)
    expect(text).toMatch(/^secret +COMMET_API_KEY: is set$/m)
    expectWhole()
  })

  it('shows no secret, in no argument and no line', async () => {
    const { text } = await setup([], SECRETS)
    const secrets = Object.values(place.account.workers['makegood']?.secrets ?? {})
    expect(secrets.length).toBe(5)
    const shown = JSON.stringify(place.account.calls.map(({ args }) => args)) + text
    for (const secret of secrets) expect(shown).not.toContain(secret)
    const file = path.join(place.checkout.folder, '.secrets.production')
    expect(fs.statSync(file).mode & 0o777).toBe(0o600)
  })

  it('cut off before or after anything that it makes, it goes on from there and leaves no half', async () => {
    await setup([], SECRETS)
    const changing = place.account.calls
      .map(({ args }, index) => ({ at: index + 1, what: args.slice(0, 2).join(' ') }))
      .filter(({ what }) => MAKING.includes(what))
    expect(changing.length).toBe(7)
    for (const step of changing) {
      for (const how of ['kill_before', 'kill_after'] as const) {
        place.reset()
        place.account.trouble = { at: step.at, how }
        const cut = await setup([], SECRETS)
        expect([step, cut.code], cut.text).toEqual([step, 'killed'])
        place.account.trouble = { at: 0, how }
        const { code, text } = await setup([], SECRETS)
        expect([step, code], text).toEqual([step, 0])
        expectWhole()
      }
    }
  })

  it('does the same as a process of its own, and goes on after a SIGKILL', async () => {
    const at = await callOf('secret bulk')
    place.account.trouble = { at, how: 'kill_after' }
    const cut = await place.setupProcess(SECRETS)
    expect([cut.code, place.account.calls.at(-1)?.args.slice(0, 2)], cut.text).toEqual([
      'killed',
      ['secret', 'bulk'],
    ])
    const { code, text } = await place.setupProcess(SECRETS)
    expect([code, text]).toEqual([0, expect.stringContaining('COMMET_API_KEY')])
    expectWhole()
    const secrets = Object.values(place.account.workers['makegood']?.secrets ?? {})
    const shown = JSON.stringify(place.account.calls.map(({ args }) => args)) + cut.text + text
    for (const secret of secrets) expect(shown).not.toContain(secret)
  })

  it('tells a refusal in one line, and goes on when it is over', async () => {
    const at = await callOf('queues info')
    place.account.trouble = { at, how: 'refuse' }
    const refused = await setup([], SECRETS)
    expect(refused.code).toBe(1)
    expect(refused.text).toMatch(/^makegood: the queue makegood-adjustments .*the network is down/m)
    place.account.trouble = { at: 0, how: 'refuse' }
    expect((await setup([], SECRETS)).code).toBe(0)
    expectWhole()
  })

  it('ends with 1 while nothing can be issued, and leaves off what has no secret yet', async () => {
    const { code, text } = await setup()
    expect(code).toBe(1)
    expect(text).toMatch(/^missing +COMMET_API_KEY: nothing is issued without it/m)
    expect(Object.keys(place.account.workers['makegood']?.secrets ?? {})).toEqual([
      'BOOTSTRAP_KEY',
      'LINK_KEY',
      'AUDIT_KEY',
    ])
  })

  it('refuses a value of another form before it is stored, and does not show it', async () => {
    const { code, text } = await setup([], { COMMET_API_KEY: 'ck_mg_0123456789abcdef' })
    expect(code).toBe(1)
    expect(text).toContain('makegood: COMMET_API_KEY: it is no key of Commet')
    expect(text).not.toContain('0123456789abcdef')
    expect(place.account.workers['makegood']?.secrets).not.toHaveProperty('COMMET_API_KEY')
  })

  it('asks again for one secret that is to be renewed, and for no other', async () => {
    await setup([], SECRETS)
    const before = place.account.workers['makegood']?.secrets
    const other = { COMMET_API_KEY: 'ck_another', STRIPE_WEBHOOK_SECRET: 'whsec_another' }
    await setup(['--renew', 'COMMET_API_KEY'], other)
    expect(place.account.workers['makegood']?.secrets).toEqual({
      ...before,
      COMMET_API_KEY: 'ck_another',
    })
    const { code, text } = await setup(['--renew', 'OTHER'])
    expect([code, text]).toEqual([1, expect.stringContaining('--renew OTHER: one of COMMET')])
  })

  it('leaves a secret as it is where nothing is given to renew it with, and says so', async () => {
    await setup([], SECRETS)
    const { code, text } = await setup(['--renew', 'COMMET_API_KEY'])
    expect([code, text]).toEqual([
      0,
      expect.stringMatching(/^ +not renewed: the one that is set stays$/m),
    ])
    expect(place.account.workers['makegood']?.secrets['COMMET_API_KEY']).toBe(
      SECRETS.COMMET_API_KEY,
    )
    expect(text).not.toMatch(/^missing/m)
  })

  it('draws a secret anew that is to be renewed, and keeps what its links are derived from', async () => {
    await setup([], SECRETS)
    const before = { ...place.account.workers['makegood']?.secrets }
    await setup(['--renew', 'LINK_KEY', '--renew', 'BOOTSTRAP_KEY'])
    const after = place.account.workers['makegood']?.secrets ?? {}
    expect(after['LINK_KEY']).toMatch(/^[\w-]{43},/)
    expect(after['LINK_KEY']?.split(',')[1]).toBe(before['LINK_KEY'])
    expect(after['BOOTSTRAP_KEY']).toMatch(/^ck_mg_[\w-]{43}$/)
    expect(after['BOOTSTRAP_KEY']).not.toBe(before['BOOTSTRAP_KEY'])
    expectWhole()
  })

  it('draws the key of the audit log, and says the half of it that auditors are given', async () => {
    const { text } = await setup([], SECRETS)
    const { AUDIT_KEY = '' } = place.account.workers['makegood']?.secrets ?? {}
    const drawn = readSigningKey(AUDIT_KEY)
    expect(drawn?.name).toBe('makegood/audit')
    const [, shown = ''] = /^ +for auditors: (\S+)$/m.exec(text) ?? []
    expect(readPublicKey(shown)).toEqual(await publicKeyOf(drawn!))
    const renewed = await setup(['--renew', 'AUDIT_KEY'])
    const [newest = '', former] = (
      place.account.workers['makegood']?.secrets['AUDIT_KEY'] ?? ''
    ).split(',')
    expect([former, newest === AUDIT_KEY]).toEqual([AUDIT_KEY, false])
    const verifier = writePublicKey(await publicKeyOf(readSigningKey(newest)!))
    expect(renewed.text).toContain(`for auditors: ${verifier}`)
  })

  it.each(['BOOTSTRAP_KEY', 'LINK_KEY', 'AUDIT_KEY'])(
    'renews %s as a whole, wherever it is cut off or refused: the next run stores what is kept',
    async (name) => {
      for (const how of ['kill_before', 'kill_after', 'refuse'] as const) {
        place.reset()
        await setup([], SECRETS)
        const former = kept(name)
        const at = place.account.calls.length
        place.account.trouble = { at: 0, how }
        await setup(['--renew', name])
        const renewing = place.account.calls
          .slice(at)
          .findIndex(({ args }) => args.join(' ').startsWith('secret bulk'))
        expect(kept(name).split(',').slice(1)).toEqual(name === 'BOOTSTRAP_KEY' ? [] : [former])
        const before = place.account.calls.length
        place.account.trouble = { at: before + renewing + 1, how }
        expect((await setup(['--renew', name])).code).not.toBe(0)
        const drawn = kept(name)
        place.account.trouble = { at: 0, how }
        const { code, text } = await setup()
        expect([code, kept(name)]).toEqual([0, drawn])
        expect(text).toContain(`${name}: stored`)
        expectWhole()
        expect((await setup()).text).toContain(`${name}: is set`)
      }
    },
  )

  it.each(['LINK_KEY', 'AUDIT_KEY'])(
    'renews %s only where the former one is known, or is given up',
    async (name) => {
      await setup([], SECRETS)
      const before = structuredClone(place.account.workers['makegood']?.secrets)
      forget()
      const { code, text } = await setup(['--renew', name])
      expect([code, text]).toEqual([1, expect.stringContaining(`wrangler secret delete ${name}`)])
      expect(place.account.workers['makegood']?.secrets).toEqual(before)
      Reflect.deleteProperty(place.account.workers['makegood']?.secrets ?? {}, name)
      expect((await setup(['--renew', name])).code).toBe(0)
      expect(kept(name)).not.toContain(',')
      expectStored(name)
    },
  )

  it.each([
    ['LINK_KEY', { link: 'lnk_1' }],
    ['AUDIT_KEY', { auditKey: PUBLIC }],
  ])('never draws %s unasked over a database that was made with one', async (name, made) => {
    await setup([], SECRETS)
    const former = kept(name)
    Object.assign(place.account.databases['makegood'] ?? {}, {
      applied: ['0000_tables.sql'],
      ...made,
    })
    // The Worker got another name, and the file is in somebody's password manager.
    place.account.workers = {}
    forget()
    const refused = await setup([], SECRETS)
    expect([refused.code, refused.text]).toEqual([
      1,
      expect.stringMatching(
        new RegExp(`${name} is not set, .* into \\.secrets\\.production, .* then --renew ${name}`),
      ),
    ])
    expect(place.account.workers).toEqual({})
    fs.writeFileSync(keptPath(), `${name}="${former}"\n`)
    expect((await setup([], SECRETS)).code).toBe(0)
    expect(place.account.workers['makegood']?.secrets[name]).toBe(former)
    forget()
    place.account.workers = {}
    expect((await setup(['--renew', name], SECRETS)).code).toBe(0)
    expect(kept(name)).not.toBe(former)
    if (name === 'AUDIT_KEY')
      expect(readSigningKey(kept(name))?.name).toBe('makegood.example/audit')
  })

  /** What another checkout has renewed since: the Worker and its database know it, the kept file doesn't. */
  async function renewElsewhere(name: 'AUDIT_KEY' | 'LINK_KEY'): Promise<void> {
    await setup([], SECRETS)
    const older = fs.readFileSync(keptPath(), 'utf8')
    await setup(['--renew', name])
    const [newest = '', former = ''] = kept(name).split(',')
    fs.writeFileSync(keptPath(), older)
    const database = place.account.databases['makegood']!
    database.applied = ['0000_tables.sql']
    if (name === 'LINK_KEY') {
      const link = { invoiceId: 'inv_1', nth: 0 }
      database.newestLink = { id: await linkIdOf(await slugOf('inv_1', 0, newest)), ...link }
      return
    }
    const halves = [newest, former].map(async (key) => publicHalf(key))
    database.signing = (await Promise.all(halves)).map((half, n) => ({ public: half, at: 9 - n }))
  }
  const publicHalf = async (key: string) => writePublicKey(await publicKeyOf(readSigningKey(key)!))
  const stored = (name: string) => place.account.workers['makegood']?.secrets[name]

  it.each(['AUDIT_KEY', 'LINK_KEY'] as const)(
    'never drops a %s that is in use, where the kept list is older than the Worker’s',
    async (name) => {
      await renewElsewhere(name)
      const before = structuredClone(place.account.workers)
      const renewed = await setup(['--renew', name])
      expect([renewed.code, renewed.text]).toEqual([
        1,
        expect.stringContaining(`${name} in .secrets.production lacks`),
      ])
      expect((await setup(['--renew', name, '--dry-run'])).code).toBe(1)
      // Nor where nothing is set, as after a change of the Worker's name.
      place.account.workers = {}
      expect((await setup([], SECRETS)).text).toContain('it is an older list')
      expect(place.account.workers).toEqual({})
      place.account.workers = structuredClone(before)
      fs.writeFileSync(keptPath(), `${name}="${stored(name)}"\n`)
      const { code, text } = await setup(['--renew', name])
      expect([code, kept(name).split(',').slice(1).join()], text).toEqual([
        0,
        before['makegood']?.secrets[name],
      ])
    },
  )

  it('stores a list without a former AUDIT_KEY, and none without the newest one but as AUDIT_KEY_FORMER', async () => {
    await renewElsewhere('AUDIT_KEY')
    const [newest = '', former = ''] = (stored('AUDIT_KEY') ?? '').split(',')
    const before = structuredClone(place.account.workers)
    const refused = await setup(['--store', 'AUDIT_KEY'])
    expect([refused.code, refused.text]).toEqual([
      1,
      expect.stringContaining(`lacks ${await publicHalf(newest)}, which signs the log now`),
    ])
    expect(place.account.workers).toEqual(before)
    fs.writeFileSync(keptPath(), `AUDIT_KEY="${newest}"\n`)
    const cut = await setup(['--store', 'AUDIT_KEY'])
    expect([cut.code, cut.text]).toEqual([
      0,
      expect.stringContaining(`AUDIT_KEY: from then on without ${await publicHalf(former)}`),
    ])
    expect(stored('AUDIT_KEY')).toBe(newest)
    // Whoever has lost it says so.
    const file = path.join(place.checkout.folder, 'deployment.toml')
    const halves = `${await publicHalf(newest)},${await publicHalf(former)}`
    fs.writeFileSync(file, `[production.vars]\nAUDIT_KEY_FORMER = "${halves}"\n`)
    fs.writeFileSync(keptPath(), `AUDIT_KEY="${former}"\n`)
    const lost = await setup(['--renew', 'AUDIT_KEY'])
    fs.rmSync(file)
    expect([lost.code, kept('AUDIT_KEY').split(',')[1]], lost.text).toEqual([0, former])
  })

  it('stores a list without the LINK_KEY of the newest link where its owner has cut it, and says so', async () => {
    await renewElsewhere('LINK_KEY')
    const { code, text } = await setup(['--store', 'LINK_KEY'])
    expect([code, text]).toEqual([
      0,
      expect.stringContaining('LINK_KEY: from then on without the key of the newest link'),
    ])
    expectStored('LINK_KEY')
  })

  it('gives a new key of the log the name that the log has', async () => {
    await setup([], SECRETS)
    const own = await newAuditKey('acme.example/audit')
    place.account.workers['makegood']!.secrets['AUDIT_KEY'] = own.signing
    fs.writeFileSync(keptPath(), `AUDIT_KEY="${own.signing}"\n`)
    await setup(['--renew', 'AUDIT_KEY'])
    const names = kept('AUDIT_KEY')
      .split(',')
      .map((key) => readSigningKey(key)?.name)
    expect(names).toEqual(['acme.example/audit', 'acme.example/audit'])
  })

  it('never makes a list longer than what is read of it', async () => {
    await setup([], SECRETS)
    for (let each = 0; each < 3; each++) await setup(['--renew', 'LINK_KEY'])
    const { code, text } = await setup(['--renew', 'LINK_KEY'])
    expect([code, text]).toEqual([1, expect.stringContaining('LINK_KEY has 4 keys in .secrets')])
    expectStored('LINK_KEY')
  })

  it('stores a list as its owner has cut it, by --store', async () => {
    await setup([], SECRETS)
    await setup(['--renew', 'AUDIT_KEY'])
    const [newest = ''] = kept('AUDIT_KEY').split(',')
    fs.writeFileSync(keptPath(), `AUDIT_KEY="${newest}"\n`)
    expect((await setup(['--store', 'AUDIT_KEY'])).code).toBe(0)
    expectStored('AUDIT_KEY')
    expect(kept('AUDIT_KEY')).toBe(newest)
    forget()
    for (const [name, why] of [
      ['AUDIT_KEY', 'it is not in .secrets.production'],
      ['COMMET_API_KEY', 'one of BOOTSTRAP_KEY, LINK_KEY, AUDIT_KEY'],
    ]) {
      const { code, text } = await setup(['--store', name!])
      expect([code, text]).toEqual([1, expect.stringContaining(`--store ${name}: ${why}`)])
    }
  })

  it('says the public half for as long as the key is kept', async () => {
    const { text } = await setup([], SECRETS)
    const [shown = ''] = /for auditors: \S+$/m.exec(text) ?? []
    expect((await setup([], SECRETS)).text).toContain(shown)
    forget()
    expect((await setup([], SECRETS)).text).not.toContain('for auditors')
  })

  it('stops where the secrets can not be listed, whatever was not found', async () => {
    await setup([], SECRETS)
    const before = structuredClone(place.account.workers)
    place.account.refusing = { call: 'secret list', why: 'A route was not found [code: 10000]' }
    const { code, text } = await setup([], SECRETS)
    expect([code, text]).toEqual([1, expect.stringContaining('can not be listed')])
    expect(place.account.workers).toEqual(before)
  })

  it('says what to do where the newest version is not the one that runs, as after a rollback', async () => {
    await setup([], SECRETS)
    place.account.workers['makegood']!.isNewest = false
    const { code, text } = await setup(['--renew', 'COMMET_API_KEY'], SECRETS)
    expect([code, text]).toEqual([1, expect.stringMatching(/as after a rollback; deploy first$/m)])
  })

  it('makes staging beside production, with names of its own and a sandbox key', async () => {
    await setup([], SECRETS)
    const live = { ...SECRETS, COMMET_API_KEY: 'ck_live_key' }
    const refused = await setup(['--env', 'staging'], live)
    expect(refused.text).toContain('COMMET_API_KEY: staging takes a sandbox key only')
    const { code, text } = await setup(['--env', 'staging'], SECRETS)
    expect([code, text]).toEqual([0, expect.stringContaining('in no [staging.vars]')])
    const { databases, queues, workers } = place.account
    expect(Object.keys(databases)).toEqual(['makegood', 'makegood-staging'])
    expect(queues).toContain('makegood-staging-adjustments-dead')
    const [production, staging] = [workers['makegood'], workers['makegood-staging']]
    expect(staging?.secrets['LINK_KEY']).not.toBe(production?.secrets['LINK_KEY'])
  })

  it.each([
    ['nobody is logged in', null, {}, 'nobody is logged in to Cloudflare: `npx wrangler login`'],
    ['there are two accounts', ['Acme', 'Other'], {}, 'which account? CLOUDFLARE_ACCOUNT_ID'],
  ])('stops before anything is made where %s', async (_, names, env, why) => {
    place.account.accounts = names?.map((name, index) => ({ id: `a${index}`, name })) ?? null
    const { code, text } = await setup([], { ...SECRETS, ...env })
    expect([code, text]).toEqual([1, expect.stringContaining(why)])
    expect(changesOf(place.account)).toEqual([])
  })
})

describe('npm run setup -- --dry-run', () => {
  it('changes nothing and asks for nothing, whether somebody is logged in or not', async () => {
    const logged = await setup(['--dry-run'], SECRETS)
    expect([logged.code, logged.text]).toEqual([
      0,
      expect.stringMatching(/makegood: would be made$/m),
    ])
    place.account.accounts = null
    const alone = await setup(['--dry-run'], SECRETS)
    expect([alone.code, alone.text]).toEqual([
      0,
      expect.stringMatching(/makegood: would be made, unless it is there$/m),
    ])
    expect(changesOf(place.account)).toEqual([])
    expect(fs.existsSync(path.join(place.checkout.folder, '.secrets.production'))).toBe(false)
  })
})

describe('the secrets that are asked for', () => {
  const config = defineConfig({
    currency: 'usd',
    timeZone: 'UTC',
    endpoints: {
      stripe: sources.stripe({ secret: 'STRIPE_WEBHOOK_SECRET' }),
      standard: sources.standard({ secret: 'STANDARD_WEBHOOK_SECRET', mode: 'test' }),
    },
    rules: [],
    notices: [slack()],
  })
  const faultOf = (name: string, value: string, where: Place = 'production') =>
    wantedSecrets(config, where)
      .find((each) => each.name === name)
      ?.fault(value)

  it.each([
    ['COMMET_API_KEY', 'sk_live_1', 'it is no key of Commet, which begin ck_'],
    ['COMMET_API_KEY', 'ck_mg_0123456789abcdef', 'it is no key of Commet, which begin ck_'],
    ['COMMET_API_KEY', 'ck_live_1', null],
    ['SLACK_WEBHOOK_URL', 'hooks.slack.com/1', 'an https address is wanted'],
    ['SLACK_WEBHOOK_URL', 'https://hooks.slack.com/1', null],
    ['STRIPE_WEBHOOK_SECRET', 'one\ntwo', 'one line of text is wanted'],
    ['STRIPE_WEBHOOK_SECRET', 'whsec_new,whsec_old', null],
    ['STANDARD_WEBHOOK_SECRET', 'whsec_short', expect.stringContaining('not of the form')],
    ['STANDARD_WEBHOOK_SECRET', `whsec_${Buffer.alloc(32, 7).toString('base64')}`, null],
  ])('%s of the form %s: %s', (name, value, fault) => {
    expect(faultOf(name, value)).toEqual(fault)
  })

  it('of staging take no key that bills', () => {
    expect(faultOf('COMMET_API_KEY', 'ck_live_1', 'staging')).toMatch(/a sandbox key only/)
    expect(faultOf('COMMET_API_KEY', 'ck_sandbox_1', 'staging')).toBe(null)
  })

  it('that a vendor publishes for tests open no live endpoint', () => {
    const zendesk = sources.zendesk({ secret: 'Z', mode: 'live' })
    const live = { ...config, endpoints: new Map([['zendesk', zendesk]]) }
    const [published = ''] = zendesk.source.publicSecrets ?? []
    const fault = wantedSecrets(live, 'production').find(({ name }) => name === 'Z')?.fault
    expect(fault?.(published)).toMatch(/publishes for tests/)
  })
})

describe('a configuration of its own', () => {
  const CONFIG = `import { defineConfig } from './src/config.ts'
import { github } from './src/sources/index.ts'
export default defineConfig({
  currency: 'eur', timeZone: 'UTC', rules: [],
  endpoints: { hub: github({ secret: 'HUB_SECRET', mode: 'live' }) },
})
`
  it('is asked for its own secrets, and never for those of anybody else', async () => {
    const own = deploying({ 'makegood.config.ts': CONFIG })
    const { code, text } = await own.setup(['--dry-run'])
    await own.checkout.remove()
    expect(code).toBe(0)
    expect(text).toMatch(/HUB_SECRET, so that \/webhooks\/hub takes deliveries of GitHub/)
    expect(text).not.toMatch(/stripe|zendesk|slack/i)
  })

  it('of staging alone is taken there, and nowhere else', async () => {
    const own = deploying({ 'makegood.staging.config.ts': CONFIG })
    const staging = await own.setup(['--dry-run', '--env', 'staging'])
    const production = await own.setup(['--dry-run'])
    await own.checkout.remove()
    expect(staging.text).toMatch(/^place +staging: .*makegood\.staging\.config\.ts$/m)
    expect(staging.text).toContain('HUB_SECRET')
    expect(production.text).not.toContain('HUB_SECRET')
  })

  it('has no secret in deployment.toml, where everybody reads it', async () => {
    const toml = '[production.vars]\nSTRIPE_WEBHOOK_SECRET = "whsec_shown"\n'
    const own = deploying({ 'deployment.toml': toml })
    const { code, text } = await own.setup(['--dry-run'])
    await own.checkout.remove()
    expect(code).toBe(1)
    expect(text).toContain('deployment.toml has STRIPE_WEBHOOK_SECRET in its vars')
    expect(text).not.toContain('whsec_shown')
  })
})

it('every source says where its secret is', () => {
  expect(Object.keys(SOURCE_PLACES).toSorted()).toEqual(Object.keys(sources).toSorted())
})
