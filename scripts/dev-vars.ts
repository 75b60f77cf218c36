// The local secrets: .dev.vars, in the form that Wrangler reads (dotenv: quotes, comments).
import * as fs from 'node:fs'
import * as path from 'node:path'
import { parseEnv } from 'node:util'
import { ROOT } from './project.ts'

/**
 * The values of .dev.vars, which is made from .dev.vars.example when it is missing and never
 * overwritten. The process's environment changes none of them.
 */
export function readDevVars(root: string = ROOT): { vars: Record<string, string>; made: boolean } {
  const file = path.join(root, '.dev.vars')
  const made = copyExample(path.join(root, '.dev.vars.example'), file)
  const vars: Record<string, string> = {}
  if (!fs.existsSync(file)) return { vars, made }
  for (const [name, value] of Object.entries(parseEnv(fs.readFileSync(file, 'utf8')))) {
    if (value !== undefined) vars[name] = value
  }
  return { vars, made }
}

function copyExample(example: string, file: string): boolean {
  if (fs.existsSync(file) || !fs.existsSync(example)) return false
  try {
    fs.writeFileSync(file, fs.readFileSync(example), { flag: 'wx', mode: 0o600 })
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  }
}
