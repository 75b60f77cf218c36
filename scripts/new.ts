// `npm run new -- source <name>`: the page, fixture, test and doc page of a new source, and the
// lines that list it. `npm run new -- rule <name>`: a rule of the user's own, its sample, its test,
// and its line in makegood.config.ts. The tests fail until they are filled in, as CONTRIBUTING.md
// says.

import * as fs from 'node:fs'
import * as path from 'node:path'
import { importLine, ruleTemplate, ruleTestTemplate, sampleTemplate, withRule } from './new-rule.ts'
import { docTemplate, fixtureTemplate, pageTemplate, testTemplate } from './new-source.ts'
import { ROOT } from './project.ts'
import { tellTrouble, Trouble } from './trouble.ts'

const EVENT = 'credit.requested'
const USAGE =
  'npm run new -- source <name>, such as acme: small letters and digits; ' +
  'or npm run new -- rule <name>, such as late-delivery: two words or more'

/** Before the first line of its kind that is greater; behind the last where none is. */
function withLine(text: string, line: string, peer: RegExp, file: string): string {
  const lines = text.split('\n')
  const peers = lines.flatMap((each, at) => (peer.test(each) ? [at] : []))
  const last = peers.at(-1)
  if (last === undefined) throw new Trouble(`${file} has no line like ${peer.source}`)
  const at = peers.find((each) => (lines[each] ?? '') > line) ?? last + 1
  return lines.toSpliced(at, 0, line).join('\n')
}

type Edit = readonly [file: string, line: string, peer: RegExp]

const editsFor = (name: string): readonly Edit[] => [
  ['src/sources/index.ts', `export { ${name} } from './${name}.ts'`, /^export \{/],
  ['test/sources/entries.ts', `  ${name},`, /^ {2}[a-z0-9]+,$/],
  [
    'test/sources/entries.ts',
    `import ${name}Sample from '../fixtures/${name}/${EVENT}.json'`,
    /^import \w+ from '..\/fixtures\//,
  ],
  [
    'test/sources/entries.ts',
    `  { name: '${name}', endpoint: ${name}(signed), body: ${name}Sample },`,
    /^ {2}\{ name: '/,
  ],
  [
    'sandbox/all-sources.ts',
    `    ${name}: sources.${name}(signed('${name}')),`,
    /^ {4}[a-z0-9]+: sources\./,
  ],
]

function makeSource(name: string): void {
  if (!/^[a-z][a-z0-9]{1,30}$/.test(name)) throw new Trouble(USAGE)
  const title = name.charAt(0).toUpperCase() + name.slice(1)
  const made = new Map([
    [`src/sources/${name}.ts`, pageTemplate(name, title)],
    [`test/fixtures/${name}/${EVENT}.json`, fixtureTemplate()],
    [`test/sources/${name}.test.ts`, testTemplate(name, EVENT)],
    [`docs/sources/${name}.md`, docTemplate(name, title)],
  ])
  refuseToOverwrite(made.keys())
  const changed = new Map<string, string>()
  for (const [file, line, peer] of editsFor(name)) {
    const text = changed.get(file) ?? fs.readFileSync(path.join(ROOT, file), 'utf8')
    changed.set(file, withLine(text, line, peer, file))
  }
  write(made, changed)
  console.log(
    `Next: fill in src/sources/${name}.ts, as CONTRIBUTING.md says, then what its tests name.`,
  )
}

/** Two words or more, so that the name of its variable is no word of the language. */
const RULE_NAME = /^(?=.{3,40}$)[a-z][a-z0-9]*(-[a-z0-9]+)+$/

function makeRule(name: string): void {
  if (!RULE_NAME.test(name)) throw new Trouble(USAGE)
  const variable = name.replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase())
  const made = new Map([
    [`rules/${name}.ts`, ruleTemplate(name, variable)],
    [`rules/${name}.sample.json`, sampleTemplate()],
    [`test/rules/${name}.test.ts`, ruleTestTemplate(name, variable)],
  ])
  // A ready-made rule's file is named after its id, which no other rule may have.
  refuseToOverwrite([...made.keys(), `src/rules/${name}.ts`])
  const config = 'makegood.config.ts'
  const changed = withRule(fs.readFileSync(path.join(ROOT, config), 'utf8'), name, variable)
  write(made, new Map(changed === null ? [] : [[config, changed]]))
  if (changed === null) {
    console.log(`Put into ${config}: ${importLine(name, variable)}`)
    console.log(`and into its rules, where it is to decide: ${variable},`)
  }
  console.log(`Next: fill in rules/${name}.ts, its sample and its test. Until then nothing starts.`)
}

function refuseToOverwrite(files: Iterable<string>): void {
  for (const file of files) {
    if (fs.existsSync(path.join(ROOT, file))) throw new Trouble(`${file} is there already`)
  }
}

/** Nothing is written before everything is known to fit. */
function write(made: ReadonlyMap<string, string>, changed: ReadonlyMap<string, string>): void {
  for (const [file, text] of [...made, ...changed]) {
    fs.mkdirSync(path.dirname(path.join(ROOT, file)), { recursive: true })
    fs.writeFileSync(path.join(ROOT, file), text)
  }
  for (const file of made.keys()) console.log(`made     ${file}`)
  for (const file of changed.keys()) console.log(`changed  ${file}`)
}

try {
  const [kind, name, ...rest] = process.argv.slice(2)
  const make = kind === 'source' ? makeSource : kind === 'rule' ? makeRule : null
  if (make === null || name === undefined || rest.length > 0) throw new Trouble(USAGE)
  make(name)
} catch (error) {
  console.error(tellTrouble(error))
  process.exit(1)
}
