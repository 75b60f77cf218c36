// One value of .dev.vars, changed in its place; everything else stays as it is, byte for byte.

import * as fs from 'node:fs'
import * as path from 'node:path'
import { parseEnv } from 'node:util'
import { SECRETS_PER_ENDPOINT_MAX } from '../src/domain/limits.ts'
import { secretList } from '../src/sources/secret-list.ts'
import { readDevVars } from './dev-vars.ts'
import { Trouble } from './trouble.ts'

/** Nothing that a quoted value of .dev.vars could be misread by. */
const PLAIN = /^[\w+/=.,:-]*$/

export type SecretFile = {
  read(name: string): string | undefined
  /** Makes it the current one of `current,previous`. False where it is already. */
  keepFirst(name: string, secret: string): boolean
  /** Takes this one out of the list, and the line where none is left. False where it isn't there. */
  drop(name: string, secret: string): boolean
}

/** The file of this checkout, made from its example where it is missing. */
export function secretFile(root: string): SecretFile {
  const file = path.join(root, '.dev.vars')
  const read = (name: string): string | undefined => readDevVars(root).vars[name]
  const write = (name: string, secrets: readonly string[]): void => {
    const value = secrets.join(',')
    if (!PLAIN.test(value)) throw new Trouble(`${name} can't be written into .dev.vars as it is`)
    const before = fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : ''
    const after = withValue(before, name, value)
    if ((parseEnv(after)[name] ?? '') !== value) {
      throw new Trouble(
        `.dev.vars has ${name} in a form that can't be changed here; remove that line`,
      )
    }
    // Never half written, and for nobody else to read.
    fs.writeFileSync(`${file}.new`, after, { mode: 0o600 })
    fs.renameSync(`${file}.new`, file)
  }
  return {
    read,
    keepFirst(name, secret) {
      const secrets = secretList(read(name))
      if (secrets[0] === secret) return false
      const others = secrets.filter((each) => each !== secret)
      write(name, [secret, ...others].slice(0, SECRETS_PER_ENDPOINT_MAX))
      return true
    },
    drop(name, secret) {
      const secrets = secretList(read(name))
      if (!secrets.includes(secret)) return false
      write(
        name,
        secrets.filter((each) => each !== secret),
      )
      return true
    },
  }
}

/** The text with the last line of this name changed; an empty value has no line. */
function withValue(text: string, name: string, value: string): string {
  const form = new RegExp(
    `^(\\s*(?:export\\s+)?${RegExp.escape(name)}\\s*=\\s*)(["'\`]?)(.*?)\\2(\\s*(?:#.*)?)$`,
  )
  const lines = text.split('\n')
  const at = lines.findLastIndex((line) => form.test(line))
  if (at === -1) return value === '' ? text : `${ended(text)}${name}="${value}"\n`
  if (value === '') return lines.toSpliced(at, 1).join('\n')
  const [, start = '', quote = '', , rest = ''] = form.exec(lines[at] ?? '') ?? []
  return lines.with(at, start + quote + value + quote + rest).join('\n')
}

const ended = (text: string): string => (text === '' || text.endsWith('\n') ? text : `${text}\n`)
