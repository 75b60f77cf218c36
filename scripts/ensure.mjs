// Makes node_modules agree with package-lock.json, and says nothing when it already does.
// It runs before anything is installed: only Node's own modules, Node 18 or newer.
import { spawn } from 'node:child_process'
import * as fs from 'node:fs'
import * as path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const ROOT = path.resolve(fileURLToPath(new URL('..', import.meta.url)))
const LOG_FILE = path.join(ROOT, '.wrangler', 'npm-ci.log')
const LOCK_FILE = path.join(ROOT, '.wrangler', 'npm-ci.lock')
const INSTALL_DEADLINE_MS = 15 * 60_000
const PROGRESS_EVERY_MS = 5_000
const HEARTBEAT_MS = 1_000
const LOCK_STALE_AFTER_MS = 5_000
const KILL_AFTER_MS = 1_500
const LOCK_SETTLE_MS = 250

class InstallError extends Error {}

function readPackages(file) {
  try {
    return JSON.parse(fs.readFileSync(path.join(ROOT, file), 'utf8')).packages
  } catch {
    return undefined
  }
}

function suitsThisMachine(locked) {
  const names = (list) => (list === undefined ? [] : [list].flat())
  const allows = (list, word) =>
    !list.includes(`!${word}`) && (list.length === 0 || list.includes(word))
  return allows(names(locked.os), process.platform) && allows(names(locked.cpu), process.arch)
}

// npm leaves a package out when it is optional and meant for another system or C library.
function mayBeAbsent(locked) {
  if (!locked.optional) return false
  const isForSomeSystem = locked.os !== undefined || locked.cpu !== undefined
  return !isForSomeSystem || locked.libc !== undefined || !suitsThisMachine(locked)
}

// npm writes its hidden lock file as the last step, so an install that was cut off has none.
function isInstalled() {
  const locked = readPackages('package-lock.json')
  if (locked === undefined) throw new InstallError('package-lock.json is missing or unreadable')
  const installed = readPackages('node_modules/.package-lock.json')
  if (installed === undefined) return false
  return Object.entries(locked).every(([place, entry]) => {
    if (place === '') return true
    const found = installed[place]
    if (found === undefined) return mayBeAbsent(entry)
    if (found.version !== entry.version || found.integrity !== entry.integrity) return false
    return fs.existsSync(path.join(ROOT, place, 'package.json'))
  })
}

function isAlive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}

// The lock is a file that its holder touches every second. It holds the process id of npm,
// because npm may outlive the script that started it.
function isLockStale() {
  try {
    const age = Date.now() - fs.statSync(LOCK_FILE).mtimeMs
    const npmPid = Number.parseInt(fs.readFileSync(LOCK_FILE, 'utf8').split(' ')[1] ?? '', 10)
    if (age > INSTALL_DEADLINE_MS) return true
    return age > LOCK_STALE_AFTER_MS && !(npmPid > 0 && isAlive(npmPid))
  } catch {
    return false
  }
}

function holdsLock() {
  try {
    return fs.readFileSync(LOCK_FILE, 'utf8').split(' ')[0] === String(process.pid)
  } catch {
    return false
  }
}

async function takeLock() {
  fs.mkdirSync(path.dirname(LOCK_FILE), { recursive: true })
  const deadline = Date.now() + 2 * INSTALL_DEADLINE_MS
  for (let told = false; Date.now() < deadline; await sleep(HEARTBEAT_MS)) {
    if (isLockStale()) fs.rmSync(LOCK_FILE, { force: true })
    try {
      fs.writeFileSync(LOCK_FILE, `${process.pid}`, { flag: 'wx' })
      // Two that clear a stale lock together: the later one removed the earlier one's file.
      await sleep(LOCK_SETTLE_MS)
      if (holdsLock()) return
    } catch (error) {
      if (error.code !== 'EEXIST') throw error
    }
    if (!told) console.error('Waiting for another install in this folder to end ...')
    told = true
  }
  throw new InstallError(`another install never ended; remove ${LOCK_FILE} if there is none`)
}

function dropLock() {
  if (holdsLock()) fs.rmSync(LOCK_FILE, { force: true })
}

// npm must not run on the Node that it is about to delete from node_modules.
function environmentOfNpm() {
  const own = path.join(ROOT, 'node_modules', '.bin')
  const name = Object.keys(process.env).find((key) => key.toUpperCase() === 'PATH') ?? 'PATH'
  const entries = (process.env[name] ?? '').split(path.delimiter)
  const kept = entries.filter((entry) => path.resolve(entry) !== own)
  return { ...process.env, [name]: kept.join(path.delimiter) }
}

function lastLineThatTells() {
  const lines = fs.readFileSync(LOG_FILE, 'utf8').split('\n')
  const told = lines.filter((line) => /^npm (error|ERR!) (?!A complete log|code )\S/.test(line))
  return told[0]?.replace(/^npm (error|ERR!) /, '').trim() ?? lines.findLast?.(Boolean) ?? ''
}

function showProgress(startedAt) {
  const seconds = Math.round((Date.now() - startedAt) / 1000)
  if (process.stderr.isTTY) process.stderr.write(`\r  installing, ${seconds} s `)
  else process.stderr.write(`  installing, ${seconds} s\n`)
}

function runNpm() {
  const log = fs.openSync(LOG_FILE, 'w')
  const npm = spawn('npm', ['ci', '--include=dev', '--include=optional', '--no-progress'], {
    cwd: ROOT,
    env: environmentOfNpm(),
    stdio: ['ignore', log, log],
    shell: process.platform === 'win32',
  })
  fs.writeFileSync(LOCK_FILE, `${process.pid} ${npm.pid ?? ''}`)
  const startedAt = Date.now()
  const timers = [
    setInterval(() => fs.utimesSync(LOCK_FILE, new Date(), new Date()), HEARTBEAT_MS),
    setInterval(() => showProgress(startedAt), PROGRESS_EVERY_MS),
    setTimeout(() => npm.kill('SIGKILL'), INSTALL_DEADLINE_MS),
  ]
  let stoppedBy
  const onSignal = (signal) => {
    stoppedBy = signal
    npm.kill(signal)
    // npm ends what it has begun before it obeys; the next run repairs what is left half done.
    timers.push(setTimeout(() => npm.kill('SIGKILL'), KILL_AFTER_MS))
  }
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal)
  return new Promise((resolve) => {
    npm.once('error', (error) => resolve({ error }))
    npm.once('close', (code, signal) => resolve({ code, signal, stoppedBy }))
  }).finally(() => {
    for (const timer of timers) clearTimeout(timer)
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal)
    fs.closeSync(log)
    if (process.stderr.isTTY) process.stderr.write('\r')
  })
}

async function install() {
  const startedAt = Date.now()
  console.error(
    'Installing the packages of package-lock.json (npm ci). The first time takes up to 3 minutes.',
  )
  const ended = await runNpm()
  const log = path.relative(process.cwd(), LOG_FILE)
  if (ended.error?.code === 'ENOENT') throw new InstallError('npm was not found on PATH')
  if (ended.error) throw new InstallError(`npm could not be started: ${ended.error.message}`)
  if (ended.stoppedBy) throw new InstallError(`the install was stopped by ${ended.stoppedBy}`)
  if (ended.code !== 0) {
    const how = ended.signal ? `was ended by ${ended.signal}` : `failed with code ${ended.code}`
    throw new InstallError(`npm ci ${how}: ${lastLineThatTells()} (all of it: ${log})`)
  }
  if (!isInstalled()) {
    throw new InstallError(`npm ci ended well, but packages are missing (its output: ${log})`)
  }
  console.error(`Installed in ${Math.round((Date.now() - startedAt) / 1000)} s.`)
}

try {
  if (!isInstalled()) {
    await takeLock()
    try {
      if (!isInstalled()) await install()
    } finally {
      dropLock()
    }
  }
} catch (error) {
  const told = error instanceof InstallError ? error.message : (error.stack ?? String(error))
  console.error(`makegood: cannot install: ${told}`)
  process.exitCode = 1
}
