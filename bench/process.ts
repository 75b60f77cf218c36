// What Linux says of a process: its time on the processor and its memory. Null elsewhere, and of none.

import * as fs from 'node:fs'

/** USER_HZ of every Linux that Node runs on. */
const TICKS_PER_SECOND = 100

/** Seconds of processor time since it began, its threads' included. */
export function cpuSeconds(pid: number): number | null {
  const stat = read(`/proc/${pid}/stat`)
  // The name stands in brackets and may hold anything; the times are the 12th and 13th behind it.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')
  return fields ? (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND : null
}

/** Milliseconds of processor time of the threads that it has now, exact: for a process that has ended none yet. */
export function threadsMs(pid: number): number | null {
  const folder = `/proc/${pid}/task`
  if (!fs.existsSync(folder)) return null
  const taken = fs.readdirSync(folder).map((id) => read(`${folder}/${id}/schedstat`) ?? '0')
  return taken.reduce((sum, line) => sum + Number.parseInt(line, 10), 0) / 1_000_000
}

/** What of it is in memory now, in MiB. */
export function memoryMib(pid: number): number | null {
  const [, kib] = /^VmRSS:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/status`) ?? '') ?? []
  return kib === undefined ? null : Number(kib) / 1_024
}

function read(file: string): string | null {
  try {
    return fs.readFileSync(file, 'utf8')
  } catch {
    return null
  }
}
