// Every command that README and docs/ show exists, and takes the arguments that it is shown with. Calls of
// the API are replayed by test/http/docs-calls.test.ts.

import { execFile, execFileSync } from 'node:child_process'
import * as fs from 'node:fs'
import * as path from 'node:path'
import { describe, expect, it } from 'vitest'
import { commandsOf, wordsOf } from '../markdown.ts'
import { PAGES, ROOT } from './pages.ts'

const SCRIPTS: Readonly<Record<string, string>> = JSON.parse(
  fs.readFileSync(path.join(ROOT, 'package.json'), 'utf8'),
).scripts

/** What is shown and not run, each with its reason. */
const NOT_RUN: readonly (readonly [command: RegExp, because: string])[] = [
  [/^git clone\b/, 'the address is the reader’s own'],
  [/^cd /, 'a step into the folder that the line before has made'],
  [/^git (?:remote|fetch|merge)\b/, 'done by test/scripts/upgrading.test.ts'],
  [/^npm install --no-save\b/, 'it asks the registry for a tool that no other command needs'],
]

const PUBLIC_KEY = 'makegood.example/audit+9970207e+AXm1Vi6P5lT5QHixEuipi6eQH4U65pW+1+DjkQutBJZk'

/** What stands for a value of the reader's. */
const PLACEHOLDERS: readonly (readonly [RegExp, string])[] = [
  [/<your worker>/g, 'makegood.example'],
  [/<source> <event>/g, 'zendesk makegood.ticket'],
  [/<name>/g, 'late-delivery'],
  [/--field value/g, '--amount 5'],
  [/ (?:K|N|S|FILE)\b/g, ' 1'],
  [/NAME\b/g, 'A_SECRET'],
  // What it prints goes into a file.
  [/ > [\w.-]+$/g, ''],
  [/https:\/\/…/g, 'https://makegood.example'],
  [/<public key>/g, PUBLIC_KEY],
  [/ PUB\b/g, ` ${PUBLIC_KEY}`],
  [/'makegood\.example\/audit\+9970207e\+AXm1…'/g, PUBLIC_KEY],
]
const filledIn = (command: string): string =>
  PLACEHOLDERS.reduce((text, [from, to]) => text.replaceAll(from, to), command)

/** `a|b` is one command with a and one with b. */
const alternatives = (command: string): readonly string[] => {
  const choice = / (\w+)\|([\w|]+)/.exec(command)
  if (!choice) return [command]
  const [whole, first = '', others = ''] = choice
  return [first, ...others.split('|')].map((each) => command.replace(whole, ` ${each}`))
}

type Shown = { readonly page: string; readonly line: number; readonly text: string }

const SHOWN: readonly Shown[] = [...PAGES].flatMap(([page, text]) =>
  commandsOf(text).flatMap((command) =>
    command.text
      .split(' && ')
      .flatMap((each) => alternatives(filledIn(each)))
      .map((each) => ({ page, line: command.line, text: each.replace(/^(?:[A-Z_]+=\S+ )+/, '') })),
  ),
)
const startingWith = (word: string) => SHOWN.filter(({ text }) => text.startsWith(`${word} `))
const where = ({ page, line, text }: Shown) => `${page}:${line} ${text}`

const isText = (each: string | undefined): each is string => each !== undefined

/** The script's files: its own, and those that are named after it. */
function filesOf(script: string): readonly string[] {
  const file = /(?:scripts|sim)\/[\w-]+\.\w+/.exec(SCRIPTS[script] ?? '')?.[0]
  if (file === undefined) return []
  const folder = path.dirname(file)
  const name = path.basename(file).replace(/\.\w+$/, '')
  const isOwn = (each: string) => each.startsWith(`${name}.`) || each.startsWith(`${name}-`)
  const apart: Readonly<Record<string, string>> = { setup: 'scripts/deploy-arguments.ts' }
  const shared = [folder === 'sim' ? 'sim/arguments.ts' : apart[script]].filter(isText)
  return [
    ...fs
      .readdirSync(path.join(ROOT, folder))
      .filter(isOwn)
      .map((each) => `${folder}/${each}`),
    ...shared,
  ]
}

/** The command's own reader of its arguments, where it has one apart. */
async function parserOf(script: string): Promise<((args: string[]) => unknown) | null> {
  for (const file of filesOf(script)) {
    if (!file.endsWith('arguments.ts')) continue
    const exported: Readonly<Record<string, unknown>> = await import(path.join(ROOT, file))
    const found = Object.keys(exported).filter((name) => /^(?:parse\w*|read)Arguments$/.test(name))
    const own = found.find((name) => name.toLowerCase() === `parse${script}arguments`) ?? found[0]
    const parse = exported[own ?? '']
    if (typeof parse === 'function') return (args) => parse(args, Date.UTC(2026, 9, 26))
  }
  return null
}

/** Why the script would not take the arguments; null where it would. */
async function troubleOf(script: string, args: readonly string[]): Promise<string | null> {
  if (!(script in SCRIPTS)) return 'there is no such script'
  const parse = await parserOf(script)
  if (parse) {
    try {
      // Without arguments it is the command that is meant, not a call of it; so is one of its verbs alone.
      const isMeant = args.length === 0 || (script === 'audit' && args.join() === 'verify')
      if (!isMeant) parse([...args])
      return null
    } catch (error) {
      return error instanceof Error ? error.message : String(error)
    }
  }
  const text = filesOf(script)
    .map((file) => fs.readFileSync(path.join(ROOT, file), 'utf8'))
    .join('\n')
  const flags = args
    .filter((each) => each.startsWith('--'))
    .map((each) => each.slice(2).split('=')[0])
  // As `parseArgs` is told of it, or as it is looked for among the arguments.
  const isRead = (flag: string): boolean =>
    new RegExp(`(?<![\\w-])${flag}'?: (?:text\\b|\\{ type: '|\\{\\s*type: ')|'--${flag}'`).test(
      text,
    )
  const unknown = flags.filter((flag) => flag === undefined || !isRead(flag))
  return unknown.length === 0 ? null : `it knows no --${unknown.join(', --')}`
}

/** `npm run x -- …`, `npm start -- …` and `npm test -- …`. */
function npmCall(text: string): { script: string; args: readonly string[] } | null {
  const [, run, short, rest = ''] =
    /^npm (?:run (?:-s )?([\w:]+)|(start|test))\b(.*)$/s.exec(text) ?? []
  const script = run ?? short
  if (script === undefined) return null
  const [, args = ''] = / -- (.*)$/s.exec(rest) ?? []
  return { script, args: wordsOf(args.trim()) }
}

describe('npm', () => {
  const calls = startingWith('npm').filter(({ text }) => npmCall(text) !== null)

  it('is shown with scripts that exist, and arguments that they take', async () => {
    expect(calls.length).toBeGreaterThan(40)
    const troubles: string[] = []
    for (const shown of calls) {
      const { script, args } = npmCall(shown.text) ?? { script: '', args: [] }
      const trouble = await troubleOf(script, args)
      if (trouble !== null) troubles.push(`${where(shown)}: ${trouble}`)
    }
    expect(troubles).toEqual([])
  })

  it('would be found out if it were not so', async () => {
    expect(await troubleOf('deploi', [])).toBe('there is no such script')
    expect(await troubleOf('chaos', ['--kill', '20'])).toBe('it knows no --kill')
    // Words of its code that are no options.
    expect(await troubleOf('drill', ['restore', '--url', 'x'])).toBe('it knows no --url')
    expect(await troubleOf('doctor', ['--key', 'x'])).toBe('it knows no --key')
    expect(await troubleOf('setup', ['--skip-tests'])).toContain('--skip-tests')
    expect(await troubleOf('deploy', ['--renew', 'LINK_KEY'])).toContain('--renew')
    expect(await troubleOf('send', ['zendesk'])).toContain('which event of zendesk?')
    expect(await troubleOf('backtest', ['--sinse', '90d'])).toContain('--sinse')
    expect(await troubleOf('chaos', ['--kills', '20', '--seed', '1'])).toBeNull()
  })
})

/** What Wrangler says of a command; its first line is the command itself, where it knows it. */
const wranglerHelp = (words: readonly string[]): Promise<string> =>
  new Promise((resolve) => {
    const bin = path.join(ROOT, 'node_modules/wrangler/bin/wrangler.js')
    const env = { ...process.env, WRANGLER_SEND_METRICS: 'false', WRANGLER_WRITE_LOGS: 'false' }
    execFile(process.execPath, [bin, ...words, '--help'], { cwd: ROOT, env }, (_, stdout) =>
      resolve(stdout),
    )
  })

describe('npx', () => {
  const calls = startingWith('npx').map((shown) => ({
    shown,
    words: wordsOf(shown.text)
      .slice(1)
      .filter((word) => word !== '--no-install'),
  }))

  it('is shown with tools that are installed', () => {
    expect(calls.length).toBeGreaterThan(5)
    for (const { shown, words } of calls) {
      const bin = path.join(ROOT, 'node_modules/.bin', words[0] ?? '')
      expect(fs.existsSync(bin), where(shown)).toBe(true)
      for (const file of words.filter((word) => word.startsWith('test/'))) {
        expect(fs.existsSync(path.join(ROOT, file)), where(shown)).toBe(true)
      }
    }
  })

  /** Words up to the first value or flag: `d1 migrations apply`. */
  const KNOWN =
    /^(?:d1|migrations|apply|execute|export|time-travel|info|restore|queues|create|secret|put|delete|list|deploy|login|versions|rollback|deployments|tail)$/
  const wrangler = calls
    .filter(({ words }) => words[0] === 'wrangler')
    .map(({ shown, words: [, ...words] }) => {
      const end = words.findIndex((word) => !KNOWN.test(word))
      const command = end === -1 ? words : words.slice(0, end)
      return { shown, command, flags: words.filter((word) => word.startsWith('--')) }
    })
  const commands = [...new Set(wrangler.map(({ command }) => command.join(' ')))]

  it.each(commands)('wrangler knows `%s`, and its flags', { timeout: 120_000 }, async (command) => {
    const help = await wranglerHelp(command.split(' '))
    const [first = ''] = help.trim().split('\n')
    expect(`${first} `).toContain(`wrangler ${command} `)
    const shown = wrangler.filter((each) => each.command.join(' ') === command)
    for (const flag of shown.flatMap(({ flags }) => flags))
      expect(help).toContain(flag.split('=')[0])
  })
})

it('a copied file is there, and its folder is one that the docs name', () => {
  for (const shown of startingWith('cp')) {
    const [, from = ''] = wordsOf(shown.text)
    expect(fs.existsSync(path.join(ROOT, from)), where(shown)).toBe(true)
  }
})

it('what Node is to print is printed', { timeout: 60_000 }, () => {
  const calls = startingWith('node')
  expect(calls.length).toBeGreaterThan(0)
  for (const shown of calls) {
    const [, ...args] = wordsOf(shown.text)
    const printed = execFileSync(process.execPath, args, { encoding: 'utf8' })
    expect(printed.trim(), where(shown)).toMatch(/^\S{40,}$/)
  }
})

it('everything else that is shown is a call of the API, or is left out for a reason', () => {
  const rest = SHOWN.filter(
    ({ text }) =>
      !/^(?:npx|cp|curl|node) /.test(text) &&
      npmCall(text) === null &&
      !NOT_RUN.some(([command]) => command.test(`${text} `)),
  )
  expect(rest.map((shown) => where(shown))).toEqual([])
})

it('nothing is left out that is not shown any more', () => {
  const unused = NOT_RUN.filter(([command]) => !SHOWN.some(({ text }) => command.test(`${text} `)))
  expect(unused.map(([, because]) => because)).toEqual([])
})
